#include "keytrans/history_structures.h"

#include "base/status_macros.h"
#include "keytrans/structure_codec.h"
#include "keytrans/tls_codec.h"

namespace sealbook::keytrans {
namespace {

HistoryVersion ReadHistoryVersion(TlsReader& reader,
                                  const Configuration& configuration) {
  HistoryVersion version;
  version.position = ReadOptionalU64(reader);
  version.opening = reader.Get<crypto::Opening>();
  version.value = ReadString(reader, 4);
  version.suffix = ReadUpdateSuffix(reader, configuration);
  return version;
}

}  // namespace

std::string HistoryRequest::Encode() const {
  TlsWriter writer;
  Write(writer, last);
  writer.Opaque(label, 1);
  Write(writer, newest);
  return writer.Take();
}

absl::StatusOr<HistoryRequest> HistoryRequest::Parse(absl::string_view bytes) {
  TlsReader reader(bytes);
  HistoryRequest request;
  request.last = ReadOptionalU64(reader);
  request.label = ReadString(reader, 1);
  request.newest = ReadOptionalU32(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("HistoryRequest"));
  return request;
}

absl::StatusOr<std::string> HistoryResponse::Encode() const {
  TlsWriter writer;
  Write(writer, full_tree_head);
  if (newest.has_value()) writer.U32(*newest);
  writer.Count(versions.size(), 1, "versions");
  for (const HistoryVersion& version : versions) {
    Write(writer, version.position);
    writer.Bytes(version.opening);
    writer.Opaque(version.value, 4);
    Write(writer, version.suffix);
  }
  Write(writer, binary_ladder, 2);
  Write(writer, history);
  return writer.Finish("HistoryResponse");
}

absl::StatusOr<HistoryResponse> HistoryResponse::Parse(
    const Configuration& configuration, const HistoryRequest& request,
    absl::string_view bytes) {
  TlsReader reader(bytes);
  HistoryResponse response;
  response.full_tree_head = ReadFullTreeHead(reader, configuration);
  if (!request.newest.has_value()) response.newest = reader.U32();
  // A version takes 21 bytes at least: presence, opening, length.
  response.versions = ReadVector(
      reader, 1, 1 + crypto::Opening::kSize + 4, [&reader, &configuration] {
        return ReadHistoryVersion(reader, configuration);
      });
  if (reader.ok() && response.versions.empty()) {
    reader.Fail("versions has no elements, at least 1 is expected");
  }
  response.binary_ladder = ReadBinaryLadder(reader, configuration, 2);
  response.history = ReadCombinedTreeProof(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("HistoryResponse"));
  return response;
}

std::string AsOfRequest::Encode() const {
  TlsWriter writer;
  Write(writer, last);
  writer.Opaque(label, 1);
  writer.U64(time);
  return writer.Take();
}

absl::StatusOr<AsOfRequest> AsOfRequest::Parse(absl::string_view bytes) {
  TlsReader reader(bytes);
  AsOfRequest request;
  request.last = ReadOptionalU64(reader);
  request.label = ReadString(reader, 1);
  request.time = reader.U64();
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("AsOfRequest"));
  return request;
}

absl::StatusOr<std::string> AsOfResponse::Encode() const {
  TlsWriter writer;
  Write(writer, full_tree_head);
  Write(writer, position);
  writer.U8(in_force.has_value() ? 1 : 0);
  if (in_force.has_value()) {
    writer.U32(in_force->version);
    writer.Bytes(in_force->opening);
    writer.Opaque(in_force->value, 4);
    Write(writer, in_force->suffix);
  }
  Write(writer, binary_ladder, 1);
  Write(writer, search);
  return writer.Finish("AsOfResponse");
}

absl::StatusOr<AsOfResponse> AsOfResponse::Parse(
    const Configuration& configuration, absl::string_view bytes) {
  TlsReader reader(bytes);
  AsOfResponse response;
  response.full_tree_head = ReadFullTreeHead(reader, configuration);
  response.position = ReadOptionalU64(reader);
  if (reader.Present()) {
    response.in_force.emplace();
    response.in_force->version = reader.U32();
    response.in_force->opening = reader.Get<crypto::Opening>();
    response.in_force->value = ReadString(reader, 4);
    response.in_force->suffix = ReadUpdateSuffix(reader, configuration);
  }
  response.binary_ladder = ReadBinaryLadder(reader, configuration, 1);
  response.search = ReadCombinedTreeProof(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("AsOfResponse"));
  return response;
}

}  // namespace sealbook::keytrans

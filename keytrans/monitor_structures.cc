#include "keytrans/monitor_structures.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/structure_codec.h"
#include "keytrans/tls_codec.h"

namespace sealbook::keytrans {
namespace {

constexpr size_t kMonitorMapEntrySize = 12;

void Write(TlsWriter& writer, const std::vector<MonitorMapEntry>& entries) {
  writer.Count(entries.size(), 1, "entries");
  for (const MonitorMapEntry& entry : entries) {
    writer.U64(entry.position);
    writer.U32(entry.version);
  }
}

// "sorted in ascending order by `position`", "no `position` or `version` is
// duplicate".
std::vector<MonitorMapEntry> ReadMonitorMap(TlsReader& reader) {
  std::set<uint32_t> versions;
  std::optional<uint64_t> previous;
  return ReadVector(reader, 1, kMonitorMapEntrySize, [&] {
    MonitorMapEntry entry;
    entry.position = reader.U64();
    entry.version = reader.U32();
    if (previous.has_value() && entry.position <= *previous) {
      reader.Fail(absl::StrCat("entries are not ascending: position ",
                               entry.position, " stands after ", *previous));
    }
    if (!versions.insert(entry.version).second) {
      reader.Fail(absl::StrCat("entries have version ", entry.version,
                               " more than once"));
    }
    previous = entry.position;
    return entry;
  });
}

}  // namespace

absl::StatusOr<std::string> ContactMonitorRequest::Encode() const {
  TlsWriter writer;
  Write(writer, last);
  writer.Opaque(label, 1, "label");
  Write(writer, entries);
  return writer.Finish("ContactMonitorRequest");
}

absl::StatusOr<ContactMonitorRequest> ContactMonitorRequest::Parse(
    absl::string_view bytes) {
  TlsReader reader(bytes);
  ContactMonitorRequest request;
  request.last = ReadOptionalU64(reader);
  request.label = ReadString(reader, 1);
  request.entries = ReadMonitorMap(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("ContactMonitorRequest"));
  return request;
}

absl::StatusOr<std::string> ContactMonitorResponse::Encode() const {
  TlsWriter writer;
  Write(writer, full_tree_head);
  Write(writer, monitor);
  return writer.Finish("ContactMonitorResponse");
}

absl::StatusOr<ContactMonitorResponse> ContactMonitorResponse::Parse(
    const Configuration& configuration, absl::string_view bytes) {
  TlsReader reader(bytes);
  ContactMonitorResponse response;
  response.full_tree_head = ReadFullTreeHead(reader, configuration);
  response.monitor = ReadCombinedTreeProof(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("ContactMonitorResponse"));
  return response;
}

absl::StatusOr<std::string> OwnerInitRequest::Encode() const {
  TlsWriter writer;
  Write(writer, last);
  writer.Opaque(label, 1, "label");
  writer.U64(start);
  return writer.Finish("OwnerInitRequest");
}

absl::StatusOr<OwnerInitRequest> OwnerInitRequest::Parse(
    absl::string_view bytes) {
  TlsReader reader(bytes);
  OwnerInitRequest request;
  request.last = ReadOptionalU64(reader);
  request.label = ReadString(reader, 1);
  request.start = reader.U64();
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("OwnerInitRequest"));
  return request;
}

absl::StatusOr<std::string> OwnerInitResponse::Encode() const {
  TlsWriter writer;
  Write(writer, full_tree_head);
  writer.Count(greatest_versions.size(), 1, "greatest_versions");
  for (uint32_t version : greatest_versions) writer.U32(version);
  Write(writer, binary_ladder, 2);
  Write(writer, init);
  return writer.Finish("OwnerInitResponse");
}

absl::StatusOr<OwnerInitResponse> OwnerInitResponse::Parse(
    const Configuration& configuration, absl::string_view bytes) {
  TlsReader reader(bytes);
  OwnerInitResponse response;
  response.full_tree_head = ReadFullTreeHead(reader, configuration);
  response.greatest_versions =
      ReadVector(reader, 1, 4, [&] { return reader.U32(); });
  response.binary_ladder = ReadBinaryLadder(reader, configuration, 2);
  response.init = ReadCombinedTreeProof(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("OwnerInitResponse"));
  return response;
}

absl::StatusOr<std::string> OwnerMonitorRequest::Encode() const {
  TlsWriter writer;
  Write(writer, last);
  writer.Opaque(label, 1, "label");
  Write(writer, entries);
  writer.U64(start);
  Write(writer, greatest_version);
  return writer.Finish("OwnerMonitorRequest");
}

absl::StatusOr<OwnerMonitorRequest> OwnerMonitorRequest::Parse(
    absl::string_view bytes) {
  TlsReader reader(bytes);
  OwnerMonitorRequest request;
  request.last = ReadOptionalU64(reader);
  request.label = ReadString(reader, 1);
  request.entries = ReadMonitorMap(reader);
  request.start = reader.U64();
  request.greatest_version = ReadOptionalU32(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("OwnerMonitorRequest"));
  return request;
}

absl::StatusOr<std::string> OwnerMonitorResponse::Encode() const {
  TlsWriter writer;
  Write(writer, full_tree_head);
  Write(writer, monitor);
  return writer.Finish("OwnerMonitorResponse");
}

absl::StatusOr<OwnerMonitorResponse> OwnerMonitorResponse::Parse(
    const Configuration& configuration, absl::string_view bytes) {
  TlsReader reader(bytes);
  OwnerMonitorResponse response;
  response.full_tree_head = ReadFullTreeHead(reader, configuration);
  response.monitor = ReadCombinedTreeProof(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("OwnerMonitorResponse"));
  return response;
}

}  // namespace sealbook::keytrans

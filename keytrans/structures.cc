#include "keytrans/structures.h"

#include "base/status_macros.h"
#include "crypto/commitment.h"
#include "crypto/hash.h"
#include "crypto/vrf.h"
#include "keytrans/structure_codec.h"
#include "keytrans/tls_codec.h"

namespace sealbook::keytrans {

using crypto::Commitment;
using crypto::Hash;

Hash LogEntry::LeafValue() const {
  TlsWriter writer;
  writer.U64(timestamp);
  writer.Bytes(prefix_root);
  return crypto::Sha256(writer.Take());
}

absl::StatusOr<std::string> AuditorTreeHead::Encode() const {
  TlsWriter writer;
  Write(writer, *this);
  return writer.Finish("AuditorTreeHead");
}

absl::StatusOr<AuditorTreeHead> AuditorTreeHead::Parse(
    absl::string_view bytes) {
  TlsReader reader(bytes);
  AuditorTreeHead head = ReadAuditorTreeHead(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("AuditorTreeHead"));
  return head;
}

std::string SearchRequest::Encode() const {
  TlsWriter writer;
  Write(writer, last);
  writer.Opaque(label, 1, "label");
  Write(writer, version);
  return writer.Take();
}

absl::StatusOr<SearchRequest> SearchRequest::Parse(absl::string_view bytes) {
  TlsReader reader(bytes);
  SearchRequest request;
  request.last = ReadOptionalU64(reader);
  request.label = ReadString(reader, 1);
  request.version = ReadOptionalU32(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("SearchRequest"));
  return request;
}

absl::StatusOr<std::string> SearchResponse::Encode() const {
  TlsWriter writer;
  Write(writer, full_tree_head);
  if (version.has_value()) writer.U32(*version);
  writer.Bytes(opening);
  writer.Opaque(value, 4, "UpdateValue.value");
  Write(writer, suffix);
  Write(writer, binary_ladder, 1);
  Write(writer, search);
  return writer.Finish("SearchResponse");
}

absl::StatusOr<SearchResponse> SearchResponse::Parse(
    const Configuration& configuration, const SearchRequest& request,
    absl::string_view bytes) {
  TlsReader reader(bytes);
  SearchResponse response;
  response.full_tree_head = ReadFullTreeHead(reader, configuration);
  if (!request.version.has_value()) response.version = reader.U32();
  response.opening = reader.Get<crypto::Opening>();
  response.value = ReadString(reader, 4);
  response.suffix = ReadUpdateSuffix(reader, configuration);
  response.binary_ladder = ReadBinaryLadder(reader, configuration, 1);
  response.search = ReadCombinedTreeProof(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("SearchResponse"));
  return response;
}

absl::StatusOr<std::string> AbsenceResponse::Encode() const {
  TlsWriter writer;
  Write(writer, full_tree_head);
  writer.Bytes(proof.bytes);
  Write(writer, search);
  return writer.Finish("AbsenceResponse");
}

absl::StatusOr<AbsenceResponse> AbsenceResponse::Parse(
    const Configuration& configuration, absl::string_view bytes) {
  TlsReader reader(bytes);
  AbsenceResponse response;
  response.full_tree_head = ReadFullTreeHead(reader, configuration);
  response.proof.bytes = std::string(
      reader.Bytes(crypto::VrfProofSize(configuration.ciphersuite)));
  response.search = ReadCombinedTreeProof(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("AbsenceResponse"));
  return response;
}

std::string EncodeTreeHeadTbs(const Configuration& configuration,
                              uint64_t tree_size, const Hash& root) {
  TlsWriter writer;
  writer.Bytes(configuration.Encode());
  writer.U64(tree_size);
  writer.Bytes(root);
  return writer.Take();
}

std::string EncodeAuditorTreeHeadTbs(const Configuration& configuration,
                                     uint64_t timestamp, uint64_t tree_size,
                                     const Hash& root) {
  TlsWriter writer;
  writer.Bytes(configuration.Encode());
  writer.U64(timestamp);
  writer.U64(tree_size);
  writer.Bytes(root);
  return writer.Take();
}

std::string EncodeUpdateTbs(const Configuration& configuration,
                            absl::string_view label, uint32_t version,
                            absl::string_view value) {
  TlsWriter writer;
  writer.Bytes(configuration.Encode());
  writer.Opaque(label, 1, "label");
  writer.U32(version);
  writer.Opaque(value, 4, "value");
  return writer.Take();
}

std::string EncodeVrfInput(absl::string_view label, uint32_t version) {
  TlsWriter writer;
  writer.Opaque(label, 1, "label");
  writer.U32(version);
  return writer.Take();
}

Commitment CommitToValue(const crypto::Opening& opening,
                         absl::string_view label, uint32_t version,
                         absl::string_view value, const UpdateSuffix& suffix) {
  TlsWriter writer;
  writer.Bytes(opening);
  writer.Opaque(label, 1, "label");
  writer.U32(version);
  writer.Opaque(value, 4, "UpdateValue.value");
  Write(writer, suffix);
  return crypto::ComputeCommitment(writer.Take());
}

}  // namespace sealbook::keytrans

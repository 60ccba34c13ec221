#include "keytrans/structures.h"

#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/commitment.h"
#include "crypto/hash.h"
#include "crypto/vrf.h"
#include "keytrans/tls_codec.h"

namespace sealbook::keytrans {
namespace {

using crypto::Commitment;
using crypto::Hash;
using crypto::VrfOutput;
using merkle::PrefixProof;
using merkle::PrefixSearchResult;
using merkle::PrefixSearchResultType;

enum FullTreeHeadType : uint8_t { kSame = 1, kUpdated = 2 };

void WriteOptional(TlsWriter& writer, const std::optional<uint64_t>& value) {
  writer.U8(value.has_value() ? 1 : 0);
  if (value.has_value()) writer.U64(*value);
}

void Write(TlsWriter& writer, const FullTreeHead& head) {
  writer.U8(head.updated.has_value() ? kUpdated : kSame);
  if (!head.updated.has_value()) return;
  writer.U64(head.updated->tree_size);
  writer.Opaque(head.updated->signature, 2);
}

FullTreeHead ReadFullTreeHead(TlsReader& reader) {
  FullTreeHead head;
  uint8_t type = reader.U8();
  if (type == kUpdated) {
    head.updated.emplace();
    head.updated->tree_size = reader.U64();
    head.updated->signature = std::string(reader.Opaque(2));
  } else if (type != kSame) {
    reader.Fail(absl::StrCat("unknown FullTreeHeadType ", type));
  }
  return head;
}

void Write(TlsWriter& writer, const PrefixProof& proof) {
  writer.Count(proof.results.size(), 1);
  for (const PrefixSearchResult& result : proof.results) {
    writer.U8(static_cast<uint8_t>(result.type));
    if (result.type == PrefixSearchResultType::kNonInclusionLeaf) {
      writer.Bytes(result.leaf->vrf_output);
      writer.Bytes(result.leaf->commitment);
    }
    writer.U8(result.depth);
  }
  writer.Count(proof.elements.size(), 2);
  for (const Hash& element : proof.elements) writer.Bytes(element);
}

PrefixSearchResult ReadSearchResult(TlsReader& reader) {
  PrefixSearchResult result;
  uint8_t type = reader.U8();
  switch (type) {
    case static_cast<uint8_t>(PrefixSearchResultType::kInclusion):
    case static_cast<uint8_t>(PrefixSearchResultType::kNonInclusionParent):
      break;
    case static_cast<uint8_t>(PrefixSearchResultType::kNonInclusionLeaf):
      result.leaf.emplace();
      result.leaf->vrf_output = reader.Get<VrfOutput>();
      result.leaf->commitment = reader.Get<Commitment>();
      break;
    default:
      reader.Fail(absl::StrCat("unknown PrefixSearchResultType ", type));
      return result;
  }
  result.type = static_cast<PrefixSearchResultType>(type);
  result.depth = reader.U8();
  return result;
}

std::vector<Hash> ReadHashes(TlsReader& reader, size_t width) {
  std::vector<Hash> hashes(reader.Count(width, Hash::kSize));
  for (Hash& hash : hashes) hash = reader.Get<Hash>();
  return hashes;
}

PrefixProof ReadPrefixProof(TlsReader& reader) {
  PrefixProof proof;
  // A result takes two bytes at least: type and depth.
  size_t count = reader.Count(1, 2);
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    proof.results.push_back(ReadSearchResult(reader));
  }
  proof.elements = ReadHashes(reader, 2);
  return proof;
}

void Write(TlsWriter& writer, const CombinedTreeProof& proof) {
  writer.Count(proof.timestamps.size(), 1);
  for (uint64_t timestamp : proof.timestamps) writer.U64(timestamp);
  writer.Count(proof.prefix_proofs.size(), 1);
  for (const PrefixProof& prefix : proof.prefix_proofs) Write(writer, prefix);
  writer.Count(proof.prefix_roots.size(), 1);
  for (const Hash& root : proof.prefix_roots) writer.Bytes(root);
  writer.Count(proof.inclusion.size(), 2);
  for (const Hash& element : proof.inclusion) writer.Bytes(element);
}

CombinedTreeProof ReadCombinedTreeProof(TlsReader& reader) {
  CombinedTreeProof proof;
  proof.timestamps.resize(reader.Count(1, 8));
  for (uint64_t& timestamp : proof.timestamps) timestamp = reader.U64();
  // A PrefixProof takes three bytes at least: its two counts.
  size_t count = reader.Count(1, 3);
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    proof.prefix_proofs.push_back(ReadPrefixProof(reader));
  }
  proof.prefix_roots = ReadHashes(reader, 1);
  proof.inclusion = ReadHashes(reader, 2);
  return proof;
}

absl::Status CheckCount(absl::string_view what, size_t count, size_t limit) {
  if (count <= limit) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      what, " has ", count, " elements, the draft allows ", limit));
}

// The draft's ceilings ("Tree Proofs"; KEYTRANS rule 16), when building.
absl::Status CheckCeilings(const CombinedTreeProof& proof) {
  SEALBOOK_RETURN_IF_ERROR(
      CheckCount("timestamps", proof.timestamps.size(), 255));
  SEALBOOK_RETURN_IF_ERROR(
      CheckCount("prefix_proofs", proof.prefix_proofs.size(), 255));
  SEALBOOK_RETURN_IF_ERROR(
      CheckCount("prefix_roots", proof.prefix_roots.size(), 255));
  SEALBOOK_RETURN_IF_ERROR(
      CheckCount("inclusion", proof.inclusion.size(), 65535));
  for (const PrefixProof& prefix : proof.prefix_proofs) {
    SEALBOOK_RETURN_IF_ERROR(
        CheckCount("PrefixProof.results", prefix.results.size(), 255));
    SEALBOOK_RETURN_IF_ERROR(
        CheckCount("PrefixProof.elements", prefix.elements.size(), 65535));
  }
  return absl::OkStatus();
}

}  // namespace

Hash LogEntry::LeafValue() const {
  TlsWriter writer;
  writer.U64(timestamp);
  writer.Bytes(prefix_root);
  return crypto::Sha256(writer.Take());
}

std::string SearchRequest::Encode() const {
  TlsWriter writer;
  WriteOptional(writer, last);
  writer.Opaque(label, 1);
  writer.U8(version.has_value() ? 1 : 0);
  if (version.has_value()) writer.U32(*version);
  return writer.Take();
}

absl::StatusOr<SearchRequest> SearchRequest::Parse(absl::string_view bytes) {
  TlsReader reader(bytes);
  SearchRequest request;
  if (reader.Present()) request.last = reader.U64();
  request.label = std::string(reader.Opaque(1));
  if (reader.Present()) request.version = reader.U32();
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("SearchRequest"));
  return request;
}

absl::StatusOr<std::string> SearchResponse::Encode() const {
  SEALBOOK_RETURN_IF_ERROR(CheckCeilings(search));
  SEALBOOK_RETURN_IF_ERROR(
      CheckCount("binary_ladder", binary_ladder.size(), 255));
  SEALBOOK_RETURN_IF_ERROR(CheckCount("UpdateValue.value", value.size(),
                                      std::numeric_limits<uint32_t>::max()));
  TlsWriter writer;
  Write(writer, full_tree_head);
  if (version.has_value()) writer.U32(*version);
  writer.Bytes(opening);
  writer.Opaque(value, 4);
  writer.Count(binary_ladder.size(), 1);
  for (const BinaryLadderStep& step : binary_ladder) {
    writer.Bytes(step.proof.bytes);
    writer.U8(step.commitment.has_value() ? 1 : 0);
    if (step.commitment.has_value()) writer.Bytes(*step.commitment);
  }
  Write(writer, search);
  return writer.Take();
}

absl::StatusOr<SearchResponse> SearchResponse::Parse(
    const Configuration& configuration, const SearchRequest& request,
    absl::string_view bytes) {
  const size_t proof_size = crypto::VrfProofSize(configuration.ciphersuite);
  TlsReader reader(bytes);
  SearchResponse response;
  response.full_tree_head = ReadFullTreeHead(reader);
  if (!request.version.has_value()) response.version = reader.U32();
  response.opening = reader.Get<crypto::Opening>();
  response.value = std::string(reader.Opaque(4));
  size_t count = reader.Count(1, proof_size + 1);
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    BinaryLadderStep& step = response.binary_ladder.emplace_back();
    step.proof.bytes = std::string(reader.Bytes(proof_size));
    if (reader.Present()) step.commitment = reader.Get<Commitment>();
  }
  response.search = ReadCombinedTreeProof(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("SearchResponse"));
  return response;
}

absl::StatusOr<std::string> AbsenceResponse::Encode() const {
  SEALBOOK_RETURN_IF_ERROR(CheckCeilings(search));
  TlsWriter writer;
  Write(writer, full_tree_head);
  writer.Bytes(proof.bytes);
  Write(writer, search);
  return writer.Take();
}

absl::StatusOr<AbsenceResponse> AbsenceResponse::Parse(
    const Configuration& configuration, absl::string_view bytes) {
  TlsReader reader(bytes);
  AbsenceResponse response;
  response.full_tree_head = ReadFullTreeHead(reader);
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

std::string EncodeVrfInput(absl::string_view label, uint32_t version) {
  TlsWriter writer;
  writer.Opaque(label, 1);
  writer.U32(version);
  return writer.Take();
}

Commitment CommitToValue(const crypto::Opening& opening,
                         absl::string_view label, uint32_t version,
                         absl::string_view value) {
  TlsWriter writer;
  writer.Bytes(opening);
  writer.Opaque(label, 1);
  writer.U32(version);
  writer.Opaque(value, 4);
  return crypto::ComputeCommitment(writer.Take());
}

}  // namespace sealbook::keytrans

#include "keytrans/structure_codec.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "crypto/vrf.h"

namespace sealbook::keytrans {
namespace {

using crypto::Commitment;
using crypto::Hash;
using crypto::VrfOutput;
using merkle::PrefixLeaf;
using merkle::PrefixProof;
using merkle::PrefixSearchResult;
using merkle::PrefixSearchResultType;

enum FullTreeHeadType : uint8_t { kSame = 1, kUpdated = 2 };

void Write(TlsWriter& writer, const PrefixSearchResult& result) {
  writer.U8(static_cast<uint8_t>(result.type));
  const bool has_leaf =
      result.type == PrefixSearchResultType::kNonInclusionLeaf;
  if (has_leaf != result.leaf.has_value()) {
    writer.Fail(
        absl::InvalidArgumentError("a PrefixSearchResult has a leaf exactly "
                                   "where it is nonInclusionLeaf"));
  } else if (has_leaf) {
    Write(writer, *result.leaf);
  }
  writer.U8(result.depth);
}

PrefixSearchResult ReadSearchResult(TlsReader& reader) {
  PrefixSearchResult result;
  const uint8_t type = reader.U8();
  switch (type) {
    case static_cast<uint8_t>(PrefixSearchResultType::kInclusion):
    case static_cast<uint8_t>(PrefixSearchResultType::kNonInclusionParent):
      break;
    case static_cast<uint8_t>(PrefixSearchResultType::kNonInclusionLeaf):
      result.leaf = ReadPrefixLeaf(reader);
      break;
    default:
      reader.Fail(absl::StrCat("unknown PrefixSearchResultType ", type));
      return result;
  }
  result.type = static_cast<PrefixSearchResultType>(type);
  result.depth = reader.U8();
  return result;
}

}  // namespace

void Write(TlsWriter& writer, const std::optional<uint64_t>& value) {
  writer.Present(value.has_value());
  if (value.has_value()) writer.U64(*value);
}

void Write(TlsWriter& writer, const std::optional<uint32_t>& value) {
  writer.Present(value.has_value());
  if (value.has_value()) writer.U32(*value);
}

std::optional<uint64_t> ReadOptionalU64(TlsReader& reader) {
  if (!reader.Present()) return std::nullopt;
  return reader.U64();
}

std::optional<uint32_t> ReadOptionalU32(TlsReader& reader) {
  if (!reader.Present()) return std::nullopt;
  return reader.U32();
}

std::string ReadString(TlsReader& reader, size_t width) {
  return std::string(reader.Opaque(width));
}

void Write(TlsWriter& writer, const std::vector<Hash>& hashes, size_t width,
           absl::string_view what) {
  writer.Count(hashes.size(), width, what);
  for (const Hash& hash : hashes) writer.Bytes(hash);
}

std::vector<Hash> ReadHashes(TlsReader& reader, size_t width) {
  std::vector<Hash> hashes(reader.Count(width, Hash::kSize));
  for (Hash& hash : hashes) hash = reader.Get<Hash>();
  return hashes;
}

void Write(TlsWriter& writer, const TreeHead& head) {
  writer.U64(head.tree_size);
  writer.Opaque(head.signature, 2, "TreeHead.signature");
}

TreeHead ReadTreeHead(TlsReader& reader) {
  TreeHead head;
  head.tree_size = reader.U64();
  head.signature = ReadString(reader, 2);
  return head;
}

void Write(TlsWriter& writer, const AuditorTreeHead& head) {
  writer.U64(head.timestamp);
  writer.U64(head.tree_size);
  writer.Opaque(head.signature, 2, "AuditorTreeHead.signature");
}

AuditorTreeHead ReadAuditorTreeHead(TlsReader& reader) {
  AuditorTreeHead head;
  head.timestamp = reader.U64();
  head.tree_size = reader.U64();
  head.signature = ReadString(reader, 2);
  return head;
}

void Write(TlsWriter& writer, const FullTreeHead& head) {
  writer.U8(head.updated.has_value() ? kUpdated : kSame);
  if (head.updated.has_value()) {
    Write(writer, *head.updated);
    if (head.auditor.has_value()) Write(writer, *head.auditor);
  } else if (head.auditor.has_value()) {
    writer.Fail(absl::InvalidArgumentError(
        "head_type `same` carries no auditor_tree_head"));
  }
}

FullTreeHead ReadFullTreeHead(TlsReader& reader,
                              const Configuration& configuration) {
  FullTreeHead head;
  const uint8_t type = reader.U8();
  if (type == kUpdated) {
    head.updated = ReadTreeHead(reader);
    if (configuration.mode == DeploymentMode::kThirdPartyAuditing) {
      head.auditor = ReadAuditorTreeHead(reader);
    }
  } else if (type != kSame) {
    reader.Fail(absl::StrCat("unknown FullTreeHeadType ", type));
  }
  return head;
}

void Write(TlsWriter& writer, const UpdateSuffix& suffix) {
  if (!suffix.signature.has_value()) return;
  writer.Opaque(*suffix.signature, 2, "UpdateSuffix.signature");
}

UpdateSuffix ReadUpdateSuffix(TlsReader& reader,
                              const Configuration& configuration) {
  UpdateSuffix suffix;
  if (configuration.mode == DeploymentMode::kThirdPartyManagement) {
    suffix.signature = ReadString(reader, 2);
  }
  return suffix;
}

void Write(TlsWriter& writer, const PrefixLeaf& leaf) {
  writer.Bytes(leaf.vrf_output);
  writer.Bytes(leaf.commitment);
}

PrefixLeaf ReadPrefixLeaf(TlsReader& reader) {
  PrefixLeaf leaf;
  leaf.vrf_output = reader.Get<VrfOutput>();
  leaf.commitment = reader.Get<Commitment>();
  return leaf;
}

void Write(TlsWriter& writer, const PrefixProof& proof) {
  writer.Count(proof.results.size(), 1, "PrefixProof.results");
  for (const PrefixSearchResult& result : proof.results) Write(writer, result);
  Write(writer, proof.elements, 2, "PrefixProof.elements");
}

PrefixProof ReadPrefixProof(TlsReader& reader) {
  PrefixProof proof;
  // A result takes two bytes at least: type and depth.
  proof.results =
      ReadVector(reader, 1, 2, [&] { return ReadSearchResult(reader); });
  proof.elements = ReadHashes(reader, 2);
  return proof;
}

void Write(TlsWriter& writer, const CombinedTreeProof& proof) {
  writer.Count(proof.timestamps.size(), 1, "timestamps");
  for (uint64_t timestamp : proof.timestamps) writer.U64(timestamp);
  writer.Count(proof.prefix_proofs.size(), 1, "prefix_proofs");
  for (const PrefixProof& prefix : proof.prefix_proofs) Write(writer, prefix);
  Write(writer, proof.prefix_roots, 1, "prefix_roots");
  Write(writer, proof.inclusion, 2, "inclusion");
}

CombinedTreeProof ReadCombinedTreeProof(TlsReader& reader) {
  CombinedTreeProof proof;
  proof.timestamps = ReadVector(reader, 1, 8, [&] { return reader.U64(); });
  // A PrefixProof takes three bytes at least: its two counts.
  proof.prefix_proofs =
      ReadVector(reader, 1, 3, [&] { return ReadPrefixProof(reader); });
  proof.prefix_roots = ReadHashes(reader, 1);
  proof.inclusion = ReadHashes(reader, 2);
  return proof;
}

void Write(TlsWriter& writer, const std::vector<BinaryLadderStep>& ladder,
           size_t width) {
  writer.Count(ladder.size(), width, "binary_ladder");
  for (const BinaryLadderStep& step : ladder) {
    writer.Bytes(step.proof.bytes);
    writer.Present(step.commitment.has_value());
    if (step.commitment.has_value()) writer.Bytes(*step.commitment);
  }
}

std::vector<BinaryLadderStep> ReadBinaryLadder(
    TlsReader& reader, const Configuration& configuration, size_t width) {
  const size_t proof_size = crypto::VrfProofSize(configuration.ciphersuite);
  return ReadVector(reader, width, proof_size + 1, [&] {
    BinaryLadderStep step;
    step.proof.bytes = std::string(reader.Bytes(proof_size));
    if (reader.Present()) step.commitment = reader.Get<Commitment>();
    return step;
  });
}

}  // namespace sealbook::keytrans

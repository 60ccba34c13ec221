// The parts of structures.h that other structures contain, field by field.
#ifndef SEALBOOK_TESTS_REFERENCE_VISIT_H_
#define SEALBOOK_TESTS_REFERENCE_VISIT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/reference/codec.h"
#include "tests/reference/structures.h"

namespace sealbook::reference {

template <typename C>
void VisitHashes(C& codec, std::vector<std::string>& hashes, size_t width) {
  codec.Vector(hashes, width,
               [&](std::string& hash) { codec.Fixed(hash, kHashSize); });
}

template <typename C>
void Visit(C& codec, Configuration& s) {
  codec.Enum(s.ciphersuite, kSuiteP256, kSuiteEd25519, 2);
  codec.Enum(s.mode, 1, 3, 1);
  codec.Opaque(s.signature_public_key, 2);
  codec.Opaque(s.vrf_public_key, 2);
  if (s.mode == DeploymentMode::kThirdPartyManagement) {
    codec.Opaque(s.leaf_public_key, 2);
  } else if (s.mode == DeploymentMode::kThirdPartyAuditing) {
    codec.Number(s.max_auditor_lag, 8);
    codec.Number(s.auditor_start_pos, 8);
    codec.Opaque(s.auditor_public_key, 2);
  }
  codec.Number(s.max_ahead, 8);
  codec.Number(s.max_behind, 8);
  codec.Number(s.reasonable_monitoring_window, 8);
  codec.Optional(s.maximum_lifetime,
                 [&](uint64_t& lifetime) { codec.Number(lifetime, 8); });
}

template <typename C>
void Visit(C& codec, TreeHead& s) {
  codec.Number(s.tree_size, 8);
  codec.Opaque(s.signature, 2);
}

template <typename C>
void Visit(C& codec, AuditorTreeHead& s) {
  codec.Number(s.timestamp, 8);
  codec.Number(s.tree_size, 8);
  codec.Opaque(s.signature, 2);
}

template <typename C>
void Visit(C& codec, FullTreeHead& s) {
  codec.Enum(s.head_type, 1, 2, 1);
  if (s.head_type != FullTreeHeadType::kUpdated) return;
  Visit(codec, s.tree_head);
  if (codec.mode() == DeploymentMode::kThirdPartyAuditing) {
    Visit(codec, s.auditor_tree_head);
  }
}

template <typename C>
void Visit(C& codec, UpdateSuffix& s) {
  if (codec.mode() == DeploymentMode::kThirdPartyManagement) {
    codec.Opaque(s.signature, 2);
  }
}

template <typename C>
void Visit(C& codec, UpdateValue& s) {
  codec.Opaque(s.value, 4);
  Visit(codec, s.suffix);
}

template <typename C>
void Visit(C& codec, InclusionProof& s) {
  VisitHashes(codec, s.elements, 2);
}

template <typename C>
void Visit(C& codec, PrefixLeaf& s) {
  codec.Fixed(s.vrf_output, kVrfOutputSize);
  codec.Fixed(s.commitment, kHashSize);
}

template <typename C>
void Visit(C& codec, PrefixSearchResult& s) {
  codec.Enum(s.result_type, 1, 3, 1);
  if (s.result_type == PrefixSearchResultType::kNonInclusionLeaf) {
    Visit(codec, s.leaf);
  }
  codec.Number(s.depth, 1);
}

template <typename C>
void Visit(C& codec, PrefixProof& s) {
  codec.Vector(s.results, 1,
               [&](PrefixSearchResult& result) { Visit(codec, result); });
  VisitHashes(codec, s.elements, 2);
}

template <typename C>
void Visit(C& codec, CombinedTreeProof& s) {
  codec.Vector(s.timestamps, 1,
               [&](uint64_t& timestamp) { codec.Number(timestamp, 8); });
  codec.Vector(s.prefix_proofs, 1,
               [&](PrefixProof& proof) { Visit(codec, proof); });
  VisitHashes(codec, s.prefix_roots, 1);
  Visit(codec, s.inclusion);
}

template <typename C>
void Visit64(C& codec, std::optional<uint64_t>& optional) {
  codec.Optional(optional, [&](uint64_t& number) { codec.Number(number, 8); });
}

template <typename C>
void Visit32(C& codec, std::optional<uint32_t>& optional) {
  codec.Optional(optional, [&](uint32_t& number) { codec.Number(number, 4); });
}

template <typename C>
void Visit(C& codec, BinaryLadderStep& s) {
  codec.VrfProof(s.proof);
  codec.Optional(s.commitment,
                 [&](std::string& hash) { codec.Fixed(hash, kHashSize); });
}

template <typename C>
void VisitLadder(C& codec, std::vector<BinaryLadderStep>& ladder,
                 size_t width) {
  codec.Vector(ladder, width,
               [&](BinaryLadderStep& step) { Visit(codec, step); });
}

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_VISIT_H_

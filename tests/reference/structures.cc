#include "tests/reference/structures.h"

#include "tests/reference/codec.h"
#include "tests/reference/visit.h"

namespace sealbook::reference {

template <typename C>
void Visit(C& codec, TreeHeadTBS& s) {
  Visit(codec, s.config);
  codec.Number(s.tree_size, 8);
  codec.Fixed(s.root, kHashSize);
}

template <typename C>
void Visit(C& codec, AuditorTreeHeadTBS& s) {
  Visit(codec, s.config);
  codec.Number(s.timestamp, 8);
  codec.Number(s.tree_size, 8);
  codec.Fixed(s.root, kHashSize);
}

template <typename C>
void Visit(C& codec, UpdateTBS& s) {
  Visit(codec, s.config);
  codec.Opaque(s.label, 1);
  codec.Number(s.version, 4);
  codec.Opaque(s.value, 4);
}

template <typename C>
void Visit(C& codec, CommitmentValue& s) {
  codec.Fixed(s.opening, kOpeningSize);
  codec.Opaque(s.label, 1);
  codec.Number(s.version, 4);
  Visit(codec, s.update);
}

template <typename C>
void Visit(C& codec, VrfInput& s) {
  codec.Opaque(s.label, 1);
  codec.Number(s.version, 4);
}

template <typename C>
void Visit(C& codec, LogEntry& s) {
  codec.Number(s.timestamp, 8);
  codec.Fixed(s.prefix_tree, kHashSize);
}

template <typename C>
void Visit(C& codec, SearchRequest& s) {
  Visit64(codec, s.last);
  codec.Opaque(s.label, 1);
  Visit32(codec, s.version);
}

template <typename C>
void Visit(C& codec, SearchResponse& s) {
  Visit(codec, s.full_tree_head);
  codec.Number(s.version, 4);
  codec.Fixed(s.opening, kOpeningSize);
  Visit(codec, s.value);
  VisitLadder(codec, s.binary_ladder, 1);
  Visit(codec, s.search);
}

template <typename C>
void Visit(C& codec, FixedVersionResponse& s) {
  Visit(codec, s.full_tree_head);
  codec.Fixed(s.opening, kOpeningSize);
  Visit(codec, s.value);
  VisitLadder(codec, s.binary_ladder, 1);
  Visit(codec, s.search);
}

template <typename C>
void Visit(C& codec, DistinguishedRequest& s) {
  Visit64(codec, s.last);
  Visit64(codec, s.stop);
}

template <typename C>
void Visit(C& codec, DistinguishedResponse& s) {
  Visit(codec, s.full_tree_head);
  Visit(codec, s.distinguished);
}

template <typename C>
void Visit(C& codec, DistinguishedHead& s) {
  VisitHashes(codec, s.heads, 1);
}

SEALBOOK_REFERENCE_STRUCTURE(Configuration);
SEALBOOK_REFERENCE_STRUCTURE(TreeHead);
SEALBOOK_REFERENCE_STRUCTURE(TreeHeadTBS);
SEALBOOK_REFERENCE_STRUCTURE(AuditorTreeHead);
SEALBOOK_REFERENCE_STRUCTURE(AuditorTreeHeadTBS);
SEALBOOK_REFERENCE_STRUCTURE(FullTreeHead);
SEALBOOK_REFERENCE_STRUCTURE(UpdateSuffix);
SEALBOOK_REFERENCE_STRUCTURE(UpdateValue);
SEALBOOK_REFERENCE_STRUCTURE(UpdateTBS);
SEALBOOK_REFERENCE_STRUCTURE(CommitmentValue);
SEALBOOK_REFERENCE_STRUCTURE(VrfInput);
SEALBOOK_REFERENCE_STRUCTURE(LogEntry);
SEALBOOK_REFERENCE_STRUCTURE(InclusionProof);
SEALBOOK_REFERENCE_STRUCTURE(PrefixLeaf);
SEALBOOK_REFERENCE_STRUCTURE(PrefixSearchResult);
SEALBOOK_REFERENCE_STRUCTURE(PrefixProof);
SEALBOOK_REFERENCE_STRUCTURE(CombinedTreeProof);
SEALBOOK_REFERENCE_STRUCTURE(SearchRequest);
SEALBOOK_REFERENCE_STRUCTURE(BinaryLadderStep);
SEALBOOK_REFERENCE_STRUCTURE(SearchResponse);
SEALBOOK_REFERENCE_STRUCTURE(FixedVersionResponse);
SEALBOOK_REFERENCE_STRUCTURE(DistinguishedRequest);
SEALBOOK_REFERENCE_STRUCTURE(DistinguishedResponse);
SEALBOOK_REFERENCE_STRUCTURE(DistinguishedHead);

}  // namespace sealbook::reference

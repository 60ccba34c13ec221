#include "tests/reference/own_structures.h"

#include "tests/reference/codec.h"
#include "tests/reference/visit.h"

namespace sealbook::reference {

template <typename C>
void Visit(C& codec, AbsenceResponse& s) {
  Visit(codec, s.full_tree_head);
  codec.VrfProof(s.proof);
  Visit(codec, s.search);
}

template <typename C>
void Visit(C& codec, HistoryRequest& s) {
  Visit64(codec, s.last);
  codec.Opaque(s.label, 1);
  Visit32(codec, s.newest);
}

template <typename C>
void Visit(C& codec, HistoryVersion& s) {
  Visit64(codec, s.position);
  codec.Fixed(s.opening, kOpeningSize);
  Visit(codec, s.value);
}

template <typename C>
void VisitVersions(C& codec, std::vector<HistoryVersion>& versions) {
  codec.Vector(
      versions, 1, [&](HistoryVersion& version) { Visit(codec, version); }, 1);
}

template <typename C>
void Visit(C& codec, HistoryResponse& s) {
  Visit(codec, s.full_tree_head);
  codec.Number(s.newest, 4);
  VisitVersions(codec, s.versions);
  VisitLadder(codec, s.binary_ladder, 2);
  Visit(codec, s.history);
}

template <typename C>
void Visit(C& codec, HistoryPageResponse& s) {
  Visit(codec, s.full_tree_head);
  VisitVersions(codec, s.versions);
  VisitLadder(codec, s.binary_ladder, 2);
  Visit(codec, s.history);
}

template <typename C>
void Visit(C& codec, AsOfRequest& s) {
  Visit64(codec, s.last);
  codec.Opaque(s.label, 1);
  codec.Number(s.time, 8);
}

template <typename C>
void Visit(C& codec, AsOfResponse& s) {
  Visit(codec, s.full_tree_head);
  Visit64(codec, s.position);
  Visit32(codec, s.version);
  if (s.version.has_value()) {
    codec.Fixed(s.opening, kOpeningSize);
    Visit(codec, s.value);
  }
  VisitLadder(codec, s.binary_ladder, 1);
  Visit(codec, s.search);
}

SEALBOOK_REFERENCE_STRUCTURE(AbsenceResponse);
SEALBOOK_REFERENCE_STRUCTURE(HistoryRequest);
SEALBOOK_REFERENCE_STRUCTURE(HistoryVersion);
SEALBOOK_REFERENCE_STRUCTURE(HistoryResponse);
SEALBOOK_REFERENCE_STRUCTURE(HistoryPageResponse);
SEALBOOK_REFERENCE_STRUCTURE(AsOfRequest);
SEALBOOK_REFERENCE_STRUCTURE(AsOfResponse);

}  // namespace sealbook::reference

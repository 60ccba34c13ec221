#include "tests/reference/update_structures.h"

#include "tests/reference/codec.h"
#include "tests/reference/visit.h"

namespace sealbook::reference {

template <typename C>
void Visit(C& codec, LabelValue& s) {
  codec.Opaque(s.value, 4);
}

template <typename C>
void Visit(C& codec, UpdateRequest& s) {
  Visit64(codec, s.last);
  codec.Opaque(s.label, 1);
  Visit32(codec, s.greatest_version);
  codec.Vector(s.values, 1, [&](LabelValue& value) { Visit(codec, value); });
}

template <typename C>
void Visit(C& codec, UpdateInfo& s) {
  codec.Fixed(s.opening, kOpeningSize);
  Visit(codec, s.suffix);
}

template <typename C>
void Visit(C& codec, UpdateResponse& s) {
  Visit(codec, s.full_tree_head);
  codec.Number(s.position, 8);
  if (codec.mode() == DeploymentMode::kThirdPartyManagement) {
    codec.Number(s.skipped_versions, 4);
  }
  codec.Vector(s.values, 1, [&](LabelValue& value) { Visit(codec, value); });
  codec.Vector(s.info, 1, [&](UpdateInfo& info) { Visit(codec, info); });
  VisitLadder(codec, s.binary_ladder, 1);
  Visit(codec, s.update);
}

template <typename C>
void Visit(C& codec, ManagerUpdateRequest& s) {
  Visit64(codec, s.last);
  codec.Opaque(s.label, 1);
  Visit32(codec, s.greatest_version);
  codec.Vector(s.values, 1, [&](UpdateValue& value) { Visit(codec, value); });
  codec.Number(s.signed_version, 4);
}

SEALBOOK_REFERENCE_STRUCTURE(LabelValue);
SEALBOOK_REFERENCE_STRUCTURE(UpdateRequest);
SEALBOOK_REFERENCE_STRUCTURE(UpdateInfo);
SEALBOOK_REFERENCE_STRUCTURE(UpdateResponse);
SEALBOOK_REFERENCE_STRUCTURE(ManagerUpdateRequest);

}  // namespace sealbook::reference

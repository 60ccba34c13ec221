#include "tests/reference/audit_structures.h"

#include "tests/reference/codec.h"
#include "tests/reference/visit.h"

namespace sealbook::reference {

template <typename C>
void Visit(C& codec, AuditorUpdate& s) {
  codec.Number(s.timestamp, 8);
  codec.Vector(s.added, 2, [&](PrefixLeaf& leaf) { Visit(codec, leaf); });
  codec.Vector(s.removed, 2, [&](PrefixLeaf& leaf) { Visit(codec, leaf); });
  Visit(codec, s.proof);
}

SEALBOOK_REFERENCE_STRUCTURE(AuditorUpdate);

}  // namespace sealbook::reference

#include "tests/reference/credential_structures.h"

#include "tests/reference/codec.h"
#include "tests/reference/visit.h"

namespace sealbook::reference {

template <typename C>
void Visit(C& codec, Credential& s) {
  codec.Opaque(s.label, 1);
  codec.Number(s.version, 4);
  codec.Fixed(s.opening, kOpeningSize);
  Visit(codec, s.value);
  VisitLadder(codec, s.binary_ladder, 1);
  codec.Number(s.position, 8);
  codec.Enum(s.credential_type, 1, 2, 1);
  if (s.credential_type == CredentialType::kStandard) {
    Visit(codec, s.distinguished);
  } else {
    Visit(codec, s.tree_head);
    Visit(codec, s.search);
  }
}

template <typename C>
void Visit(C& codec, CredentialUpdate& s) {
  Visit(codec, s.monitor);
}

SEALBOOK_REFERENCE_STRUCTURE(Credential);
SEALBOOK_REFERENCE_STRUCTURE(CredentialUpdate);

}  // namespace sealbook::reference

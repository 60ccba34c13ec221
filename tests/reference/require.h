// Aborts when the caller of the reference broke a documented precondition.
// Never used on bytes that a verifier reads.
#ifndef SEALBOOK_TESTS_REFERENCE_REQUIRE_H_
#define SEALBOOK_TESTS_REFERENCE_REQUIRE_H_

#include <cstdio>
#include <cstdlib>

namespace sealbook::reference {

inline void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "tests/reference: precondition: %s\n", what);
  std::abort();
}

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_REQUIRE_H_

// Path building and validation on OpenSSL's objects. For smime/ alone; what
// others use is smime/chain.h.
#ifndef SEALBOOK_SMIME_PATH_H_
#define SEALBOOK_SMIME_PATH_H_

#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/openssl_ptr.h"
#include "smime/types.h"

namespace sealbook::smime {

// What TrustAnchors (smime/chain.h) holds.
struct AnchorSet {
  crypto::X509StackPtr certificates;
};

// A certificate that several owners share; its bytes never change.
using SharedX509 = std::shared_ptr<X509>;
SharedX509 Share(crypto::X509Ptr certificate);

// Parses supplied intermediates. INVALID_ARGUMENT, check `chain-intermediates`.
absl::StatusOr<std::vector<SharedX509>> ParseIntermediates(
    absl::Span<const absl::string_view> ders);

// A path from `certificate` (first) to one of `trusted` (last), at least two
// long, checked as smime/chain.h says. INVALID_ARGUMENT, checks `chain-...`.
absl::StatusOr<crypto::X509StackPtr> FindPath(
    X509* certificate, STACK_OF(X509) * trusted,
    absl::Span<const SharedX509> intermediates, int64_t time_ms);

// As FindPath, for a `certificate` whose issuer was the second certificate of a
// path that FindPath found at a time when all of it was valid, and
// ShortcutAllowed of that path: checks `certificate` against that issuer alone.
absl::Status CheckBelowVerifiedIssuer(X509* certificate,
                                      const SharedX509& issuer,
                                      int64_t time_ms);

// False when something above the first issuer of `path` limits what an
// end-entity certificate may hold: name constraints above the issuer, policy
// constraints anywhere.
bool ShortcutAllowed(STACK_OF(X509) * path);

// The issuers of `path`, that is all but its first certificate.
std::shared_ptr<const Chain> ChainOf(STACK_OF(X509) * path);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_PATH_H_

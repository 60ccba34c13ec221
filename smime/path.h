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

// What is left to check of an end-entity certificate whose issuer heads a path
// that FindPath found, given that the whole path is valid now, ShortcutAllowed,
// and `certificate` came from ParseStrictly and passed CheckEndEntity: that
// `issuer` issued and signed it. `der` is `certificate`.
bool IsIssuedBy(X509* certificate, absl::string_view der, X509* issuer);

// False when an issuer of `path` limits what an end-entity certificate may
// hold: by name constraints or policy constraints.
bool ShortcutAllowed(STACK_OF(X509) * path);

// The issuers of `path`, that is all but its first certificate.
std::shared_ptr<const Chain> ChainOf(STACK_OF(X509) * path);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_PATH_H_

// Canonical mail domains: lower-case A-labels (RFC 5890), no trailing dot.
#ifndef SEALBOOK_SMIME_DOMAIN_H_
#define SEALBOOK_SMIME_DOMAIN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sealbook::smime {

// Declared for users in smime/address.h; `domain` alone, without "@".
absl::StatusOr<std::string> CanonicalizeDomain(absl::string_view domain);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_DOMAIN_H_

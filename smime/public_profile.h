// What the S/MIME BR ask of publicly trusted certificates beyond the private
// profile.
#ifndef SEALBOOK_SMIME_PUBLIC_PROFILE_H_
#define SEALBOOK_SMIME_PUBLIC_PROFILE_H_

#include <openssl/x509.h>

#include "absl/status/status.h"
#include "smime/end_entity.h"

namespace sealbook::smime {

// Checks `policy-...`, `eku-strict`, `eku-2027`, `key-usage-strict`,
// `validity-length`, `crl-distribution-point`, `authority-key-identifier`.
absl::Status CheckPublicProfile(X509* certificate, const EndEntityFacts& facts);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_PUBLIC_PROFILE_H_

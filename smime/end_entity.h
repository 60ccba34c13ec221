// What an end-entity certificate for mail must say of itself, in either
// profile.
#ifndef SEALBOOK_SMIME_END_ENTITY_H_
#define SEALBOOK_SMIME_END_ENTITY_H_

#include <openssl/x509.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "smime/types.h"

namespace sealbook::smime {

struct EndEntityFacts {
  Role role = Role::kSign;
  // Each label once, in order; not empty.
  std::vector<CertificateAddress> addresses;
  // Dotted object identifiers of extKeyUsage.
  std::vector<std::string> extended_key_usage;
  // Milliseconds since the Unix epoch.
  int64_t not_before_ms = 0;
  int64_t not_after_ms = 0;
};

inline constexpr char kEmailProtection[] = "1.3.6.1.5.5.7.3.4";

// Checks `end-entity`, `eku-...`, key and keyUsage, signature algorithm,
// `san-...` and `validity-...`; not the signature. `certificate` came from
// ParseStrictly.
absl::StatusOr<EndEntityFacts> CheckEndEntity(X509* certificate,
                                              int64_t now_ms);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_END_ENTITY_H_

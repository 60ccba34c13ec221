// The distinct values that this folder hands out.
#ifndef SEALBOOK_SMIME_TYPES_H_
#define SEALBOOK_SMIME_TYPES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/bytes.h"

namespace sealbook::smime {

// SHA-256 of a certificate's DER.
using CertificateHash = FixedBytes<struct CertificateHashTag, 32>;
// SHA-256 of a certificate's SubjectPublicKeyInfo (DER): stays the same when a
// CA's certificate is renewed with its key.
using KeyHash = FixedBytes<struct KeyHashTag, 32>;

// Larger certificates are refused everywhere.
inline constexpr size_t kMaxCertificateBytes = 32 << 10;

// At most this many intermediates may come with a certificate.
inline constexpr size_t kMaxSuppliedIntermediates = 8;

// What a certificate's key may be used for, from its keyUsage (S/MIME BR
// 7.1.2.3 e). The numbers are those of sealbook.v1.Role.
enum class Role : uint8_t {
  kSign = 1,
  kEncrypt = 2,
  kSignAndEncrypt = 3,
};

// "sign", "encrypt", "sign and encrypt".
absl::string_view RoleName(Role role);

// An e-mail address that a certificate names.
struct CertificateAddress {
  // Canonical (smime/address.h): what it is published under.
  std::string label;
  // As it stands in the certificate.
  std::string exact;

  friend bool operator==(const CertificateAddress&,
                         const CertificateAddress&) = default;
};

// One issuing certificate of a chain.
struct Issuer {
  std::string der;
  CertificateHash sha256;
  KeyHash key_sha256;
};

// The certificate's issuer first, the trust anchor last; never empty.
using Chain = std::vector<Issuer>;

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_TYPES_H_

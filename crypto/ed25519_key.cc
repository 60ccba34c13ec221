#include "crypto/ed25519_key.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/edwards25519.h"
#include "crypto/openssl_error.h"
#include "crypto/private_key_pem.h"

namespace sealbook::crypto {

absl::StatusOr<EvpPkeyPtr> GenerateEd25519Key() {
  ScopedOpenSslErrors errors;
  EvpPkeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (key == nullptr) {
    return OpenSslError(absl::StatusCode::kInternal,
                        "generating an Ed25519 key");
  }
  return key;
}

absl::StatusOr<EvpPkeyPtr> Ed25519KeyFromPem(absl::string_view pem) {
  SEALBOOK_ASSIGN_OR_RETURN(EvpPkeyPtr key, PrivateKeyFromPem(pem));
  if (EVP_PKEY_is_a(key.get(), "ED25519") != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected an Ed25519 key, got ", EVP_PKEY_get0_type_name(key.get())));
  }
  return key;
}

absl::StatusOr<std::string> Ed25519PublicKey(const EVP_PKEY* key) {
  ScopedOpenSslErrors errors;
  std::string bytes(kEd25519KeySize, '\0');
  size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<uint8_t*>(bytes.data()),
                                  &size) != 1 ||
      size != bytes.size()) {
    return OpenSslError(absl::StatusCode::kInternal,
                        "reading an Ed25519 public key");
  }
  return bytes;
}

absl::StatusOr<SecretBytes<kEd25519KeySize>> Ed25519Seed(const EVP_PKEY* key) {
  ScopedOpenSslErrors errors;
  SecretBytes<kEd25519KeySize> seed;
  size_t size = seed.size();
  if (EVP_PKEY_get_raw_private_key(key, seed.data(), &size) != 1 ||
      size != seed.size()) {
    return OpenSslError(absl::StatusCode::kInternal,
                        "reading an Ed25519 private key");
  }
  return seed;
}

absl::StatusOr<EvpPkeyPtr> Ed25519KeyFromPublic(absl::string_view encoded) {
  ScopedOpenSslErrors errors;
  // OpenSSL looks at the bytes at the first use only, and takes any point.
  SEALBOOK_ASSIGN_OR_RETURN(EdwardsPoint point, ParsePrimeOrderPoint(encoded));
  EvpPkeyPtr key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr,
                                                point.data(), point.size()));
  if (key == nullptr) {
    return OpenSslError(absl::StatusCode::kInternal,
                        "EVP_PKEY_new_raw_public_key_ex");
  }
  return key;
}

}  // namespace sealbook::crypto

#include "crypto/private_key_pem.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "crypto/openssl_error.h"

namespace sealbook::crypto {
namespace {

// No key of ours comes near; and OpenSSL counts in int.
constexpr size_t kMaxPemSize = 65536;

// In place of OpenSSL's own, which asks at the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

}  // namespace

absl::StatusOr<EvpPkeyPtr> PrivateKeyFromPem(absl::string_view pem) {
  ScopedOpenSslErrors errors;
  if (pem.size() > kMaxPemSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("a private key in PEM of ", pem.size(), " bytes"));
  }
  BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  RequireOpenSsl(bio != nullptr, "BIO_new_mem_buf");
  EvpPkeyPtr key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) {
    return OpenSslError(absl::StatusCode::kInvalidArgument,
                        "no unencrypted private key in PEM");
  }
  return key;
}

absl::StatusOr<SecretText> PrivateKeyToPem(const EVP_PKEY* key) {
  ScopedOpenSslErrors errors;
  // Its memory is cleared when it is freed.
  BioPtr bio(BIO_new(BIO_s_secmem()));
  RequireOpenSsl(bio != nullptr, "BIO_new");
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0,
                                    nullptr, nullptr) != 1) {
    return OpenSslError(absl::StatusCode::kInternal,
                        "writing a private key as PEM");
  }
  char* data = nullptr;
  long size = BIO_get_mem_data(bio.get(), &data);
  return SecretText(std::string(data, static_cast<size_t>(size)));
}

}  // namespace sealbook::crypto

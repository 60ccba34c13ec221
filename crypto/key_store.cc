#include "crypto/key_store.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"

namespace sealbook::crypto {
namespace {

constexpr size_t kMaxPemSize = 65536;

using StorePtr = std::unique_ptr<OSSL_STORE_CTX, OpenSslFree<OSSL_STORE_close>>;
using StoreInfoPtr =
    std::unique_ptr<OSSL_STORE_INFO, OpenSslFree<OSSL_STORE_INFO_free>>;
using UiMethodPtr = std::unique_ptr<UI_METHOD, OpenSslFree<UI_destroy_method>>;

// What a decoder asks for, and whether it asked.
struct Asked {
  const SecretText* passphrase = nullptr;
  bool asked = false;
};

// pem_password_cb. -1: there is none (OpenSSL's own would ask at the terminal).
int GivePassphrase(char* buffer, int size, int, void* state) {
  Asked& asked = *static_cast<Asked*>(state);
  asked.asked = true;
  if (asked.passphrase == nullptr) return -1;
  const absl::string_view text = asked.passphrase->view();
  if (size < 0 || text.size() > static_cast<size_t>(size)) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

absl::Status CannotRead(const Asked& asked, absl::StatusCode otherwise,
                        absl::string_view what) {
  if (!asked.asked) return OpenSslError(otherwise, what);
  // OpenSSL's words for a wrong passphrase are those of a failed decoding.
  return absl::FailedPreconditionError(
      asked.passphrase == nullptr
          ? "the key is encrypted, and no passphrase is configured"
          : "the key's passphrase is not the one that is configured");
}

absl::StatusOr<EvpPkeyPtr> ParsePem(const SecretText& pem, Asked& asked) {
  if (pem.view().size() > kMaxPemSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("a private key in PEM of ", pem.view().size(), " bytes"));
  }
  const BioPtr bio(
      BIO_new_mem_buf(pem.view().data(), static_cast<int>(pem.view().size())));
  RequireOpenSsl(bio != nullptr, "BIO_new_mem_buf");
  EvpPkeyPtr key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, GivePassphrase, &asked));
  if (key == nullptr) {
    return CannotRead(asked, absl::StatusCode::kInvalidArgument,
                      "no private key in PEM");
  }
  return key;
}

// PKCS#8 PEM; `cipher` null: not encrypted.
absl::StatusOr<SecretText> WritePem(EVP_PKEY* key, const EVP_CIPHER* cipher,
                                    absl::string_view passphrase) {
  // Its memory is cleared when it is freed.
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  RequireOpenSsl(bio != nullptr, "BIO_new");
  if (PEM_write_bio_PKCS8PrivateKey(
          bio.get(), key, cipher,
          cipher == nullptr ? nullptr : passphrase.data(),
          static_cast<int>(passphrase.size()), nullptr, nullptr) != 1) {
    return OpenSslError(absl::StatusCode::kFailedPrecondition,
                        "the key cannot be taken out of its store");
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return SecretText(std::string(bytes, static_cast<size_t>(size)));
}

}  // namespace

absl::StatusOr<SecretText> DecryptPem(const SecretText& pem,
                                      const SecretText* passphrase) {
  ScopedOpenSslErrors errors;
  Asked asked{.passphrase = passphrase};
  SEALBOOK_ASSIGN_OR_RETURN(const EvpPkeyPtr key, ParsePem(pem, asked));
  return WritePem(key.get(), nullptr, "");
}

absl::StatusOr<SecretText> EncryptPem(const SecretText& pem,
                                      const SecretText& passphrase) {
  ScopedOpenSslErrors errors;
  if (passphrase.view().empty()) {
    return absl::InvalidArgumentError("the passphrase is empty");
  }
  // What OpenSSL's buffer holds when the key is read again.
  if (passphrase.view().size() > PEM_BUFSIZE) {
    return absl::InvalidArgumentError(
        absl::StrCat("the passphrase has ", passphrase.view().size(),
                     " bytes, at most ", PEM_BUFSIZE, " are read"));
  }
  Asked asked;
  SEALBOOK_ASSIGN_OR_RETURN(const EvpPkeyPtr key, ParsePem(pem, asked));
  return WritePem(key.get(), EVP_aes_256_cbc(), passphrase.view());
}

bool IsKeyUri(absl::string_view name) {
  const size_t colon = name.find(':');
  if (colon == absl::string_view::npos || colon < 2) return false;
  return absl::ascii_isalpha(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.begin() + colon, [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '+' || c == '-' || c == '.';
         });
}

absl::StatusOr<SecretText> LoadKeyUri(const std::string& uri,
                                      const SecretText* passphrase) {
  ScopedOpenSslErrors errors;
  Asked asked{.passphrase = passphrase};
  const UiMethodPtr ui(UI_UTIL_wrap_read_pem_callback(GivePassphrase, 0));
  RequireOpenSsl(ui != nullptr, "UI_UTIL_wrap_read_pem_callback");
  const StorePtr store(
      OSSL_STORE_open(uri.c_str(), ui.get(), &asked, nullptr, nullptr));
  if (store == nullptr) {
    return OpenSslError(absl::StatusCode::kNotFound, "cannot open the key");
  }
  // Tells the loader what to look for; one that cannot tell shows all.
  OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY);
  while (OSSL_STORE_eof(store.get()) != 1) {
    const StoreInfoPtr info(OSSL_STORE_load(store.get()));
    // An object that cannot be decoded; the end is told by OSSL_STORE_eof.
    if (info == nullptr && OSSL_STORE_error(store.get()) == 1) break;
    if (info == nullptr ||
        OSSL_STORE_INFO_get_type(info.get()) != OSSL_STORE_INFO_PKEY) {
      continue;
    }
    return WritePem(OSSL_STORE_INFO_get0_PKEY(info.get()), nullptr, "");
  }
  return CannotRead(asked, absl::StatusCode::kNotFound,
                    "there is no private key");
}

}  // namespace sealbook::crypto

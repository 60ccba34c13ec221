// Private keys that are protected: PEM under a passphrase, and keys that
// OpenSSL fetches from elsewhere (OSSL_STORE). All become unencrypted PKCS#8
// PEM in memory, which the types of a cipher suite read.
//
//   SEALBOOK_ASSIGN_OR_RETURN(SecretText stored, ReadKeyFile(path));
//   SEALBOOK_ASSIGN_OR_RETURN(SecretText pem, DecryptPem(stored, &passphrase));
//   auto key = SignaturePrivateKey::FromPem(suite, pem.view());
//
// A key that its store does not give out cannot be used: the VRF computes with
// the scalar itself.
//
// Thread-safe.
#ifndef SEALBOOK_CRYPTO_KEY_STORE_H_
#define SEALBOOK_CRYPTO_KEY_STORE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/secret_text.h"

namespace sealbook::crypto {

// The key in `pem` without encryption. `passphrase` may be null and is not used
// for a key that is not encrypted. INVALID_ARGUMENT: no private key.
// FAILED_PRECONDITION: it is encrypted, and there is no passphrase or another.
absl::StatusOr<SecretText> DecryptPem(const SecretText& pem,
                                      const SecretText* passphrase);

// The private key in `pem`, which is not encrypted, as PKCS#8 PEM under
// `passphrase` (PBES2: PBKDF2 with HMAC-SHA-256 and a salt of its own,
// AES-256-CBC). INVALID_ARGUMENT: no private key, or an empty passphrase.
absl::StatusOr<SecretText> EncryptPem(const SecretText& pem,
                                      const SecretText& passphrase);

// Whether `name` is a URI ("file:", "pkcs11:" and so on) and no path: it begins
// with a scheme of at least two letters and a colon.
bool IsKeyUri(absl::string_view name);

// The first private key of `uri`, from whichever OSSL_STORE loader OpenSSL is
// configured with. NOT_FOUND: nothing there, or no loader for its scheme.
// FAILED_PRECONDITION: as DecryptPem, or the store does not give the key out.
absl::StatusOr<SecretText> LoadKeyUri(const std::string& uri,
                                      const SecretText* passphrase);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_KEY_STORE_H_

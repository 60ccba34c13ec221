// Signatures of a cipher suite ([KT] "KT Cipher Suites"). Values are immutable
// and thread-safe.
//
//   auto key = SignaturePublicKey::Parse(CipherSuite::kP256, encoded);
//   absl::Status ok = (*key)->Verify(message, signature);
//
// 0x0001: ECDSA over P-256 with SHA-256. Public key: uncompressed point of SEC
// 1, 2.3.3 (65 bytes). Signature: r || s, big endian (64 bytes).
// 0x0002: Ed25519 (RFC 8032). Public key: a point of prime order (32 bytes).
// Signature: R || S (64 bytes).
#ifndef SEALBOOK_CRYPTO_SIGNATURE_H_
#define SEALBOOK_CRYPTO_SIGNATURE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/secret_text.h"
#include "crypto/types.h"

namespace sealbook::crypto {

class SignaturePublicKey {
 public:
  // INVALID_ARGUMENT: not an encoding of a valid key. UNIMPLEMENTED: a cipher
  // suite that this build does not have.
  static absl::StatusOr<std::unique_ptr<SignaturePublicKey>> Parse(
      CipherSuite suite, absl::string_view encoded);

  virtual ~SignaturePublicKey() = default;
  // OK only for a valid signature; INVALID_ARGUMENT otherwise: another length,
  // r or s not in [1, n), S not below the order, or a signature of something
  // else.
  virtual absl::Status Verify(absl::string_view message,
                              absl::string_view signature) const = 0;
};

class SignaturePrivateKey {
 public:
  // UNIMPLEMENTED, here and below: as in SignaturePublicKey::Parse.
  static absl::StatusOr<std::unique_ptr<SignaturePrivateKey>> Generate(
      CipherSuite suite);
  // From PKCS#8 or (P-256) SEC 1 PEM text. INVALID_ARGUMENT: not a key of this
  // suite.
  static absl::StatusOr<std::unique_ptr<SignaturePrivateKey>> FromPem(
      CipherSuite suite, absl::string_view pem);

  virtual ~SignaturePrivateKey() = default;
  // Two signatures of one message may differ.
  virtual absl::StatusOr<std::string> Sign(absl::string_view message) const = 0;
  // The suite's encoding, as in Configuration.signature_public_key.
  virtual const std::string& public_key() const = 0;
  // PKCS#8 PEM text, for WriteKeyFile (crypto/key_file.h).
  virtual absl::StatusOr<SecretText> ToPem() const = 0;
};

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_SIGNATURE_H_

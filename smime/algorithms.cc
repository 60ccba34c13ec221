#include "smime/algorithms.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "smime/refusal.h"
#include "smime/x509.h"

namespace sealbook::smime {
namespace {

constexpr int kMinRsaBits = 2048;
// What OpenSSL verifies at most; a larger key would be of no use to anyone.
constexpr int kMaxRsaBits = 16384;

// S/MIME BR 7.1.3.1, hexadecimal.
constexpr std::array<absl::string_view, 6> kKeyAlgorithms = {
    "300d06092a864886f70d0101010500",              // RSA
    "301306072a8648ce3d020106082a8648ce3d030107",  // P-256
    "301006072a8648ce3d020106052b81040022",        // P-384
    "301006072a8648ce3d020106052b81040023",        // P-521
    "300506032b6570",                              // Ed25519
    "300506032b6571",                              // Ed448
};

// S/MIME BR 7.1.3.2, hexadecimal.
constexpr std::array<absl::string_view, 11> kSignatureAlgorithms = {
    "300d06092a864886f70d01010b0500",  // SHA-256 with RSA
    "300d06092a864886f70d01010c0500", "300d06092a864886f70d01010d0500",
    // RSASSA-PSS with SHA-256
    "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06"
    "092a864886f70d010108300d06096086480165030402010500a203020120",
    "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06"
    "092a864886f70d010108300d06096086480165030402020500a203020130",
    "304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06"
    "092a864886f70d010108300d06096086480165030402030500a203020140",
    "300a06082a8648ce3d040302",  // ECDSA with SHA-256
    "300a06082a8648ce3d040303", "300a06082a8648ce3d040304",
    "300506032b6570",  // Ed25519
    "300506032b6571",  // Ed448
};

std::string AlgorithmHex(const X509_ALGOR* algorithm) {
  unsigned char* raw = nullptr;
  int length = i2d_X509_ALGOR(algorithm, &raw);
  crypto::OpenSslBytesPtr owned(raw);
  crypto::RequireOpenSsl(length > 0, "i2d_X509_ALGOR");
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<char*>(raw), length));
}

bool Contains(absl::Span<const absl::string_view> list,
              absl::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// A name for people beside the exact bytes.
std::string Shown(const X509_ALGOR* algorithm, absl::string_view hex) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  char name[80];
  OBJ_obj2txt(name, sizeof(name), object, /*no_name=*/0);
  return absl::StrCat(name, ", AlgorithmIdentifier ", Quoted(hex));
}

absl::Status CheckRsa(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kMinRsaBits || bits > kMaxRsaBits || bits % 8 != 0) {
    return Refusal(
        "key-size", "S/MIME BR 6.1.5",
        absl::StrCat("RSA modulus of ", bits, " bits; between ", kMinRsaBits,
                     " and ", kMaxRsaBits, ", divisible by 8"));
  }
  BIGNUM* raw = nullptr;
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &raw);
  crypto::BnPtr exponent(raw);
  if (exponent == nullptr || !BN_is_odd(exponent.get()) ||
      BN_is_one(exponent.get())) {
    return Refusal("key-exponent", "S/MIME BR 6.1.6",
                   "RSA exponent that is not odd and at least 3");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckKey(X509* certificate) {
  crypto::ScopedOpenSslErrors errors;
  X509_ALGOR* algorithm = nullptr;
  const unsigned char* bytes = nullptr;
  int length = 0;
  X509_PUBKEY_get0_param(nullptr, &bytes, &length, &algorithm,
                         X509_get_X509_PUBKEY(certificate));
  const std::string hex = AlgorithmHex(algorithm);
  if (!Contains(kKeyAlgorithms, hex)) {
    return Refusal("key-algorithm", "S/MIME BR 7.1.3.1",
                   absl::StrCat("key of ", Shown(algorithm, hex)));
  }
  // Reading an elliptic-curve key checks that its point is on the curve, which
  // is enough where the order is prime, but for the point at infinity: one
  // octet (SEC 1, 2.3.3).
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) {
    return Refusal(
        "key-decode", "S/MIME BR 6.1.5",
        absl::StrCat("the public key cannot be read (", Shown(algorithm, hex),
                     "): ", crypto::TakeOpenSslErrors()));
  }
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return CheckRsa(key);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && length == 1) {
    return Refusal("key-decode", "S/MIME BR 6.1.5",
                   "the public key is the point at infinity");
  }
  return absl::OkStatus();
}

absl::Status CheckSignatureAlgorithm(const X509* certificate) {
  const X509_ALGOR* algorithm = X509_get0_tbs_sigalg(certificate);
  const std::string hex = AlgorithmHex(algorithm);
  if (Contains(kSignatureAlgorithms, hex)) return absl::OkStatus();
  return Refusal("signature-algorithm", "S/MIME BR 7.1.3.2",
                 absl::StrCat("signed with ", Shown(algorithm, hex)));
}

}  // namespace sealbook::smime

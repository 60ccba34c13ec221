#include "smime/algorithms.h"

#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "smime/der.h"
#include "smime/refusal.h"
#include "smime/x509.h"

namespace sealbook::smime {
namespace {

constexpr int kMinRsaBits = 2048;
// What OpenSSL verifies at most; a larger key would be of no use to anyone.
constexpr int kMaxRsaBits = 16384;

// S/MIME BR 7.1.3.1.
struct KeyAlgorithm {
  absl::string_view hex;  // AlgorithmIdentifier.
  int nid;                // OpenSSL's number of the algorithm or curve.
};
constexpr std::array<KeyAlgorithm, 6> kKeyAlgorithms = {{
    {"300d06092a864886f70d0101010500", NID_rsaEncryption},
    {"301306072a8648ce3d020106082a8648ce3d030107", NID_X9_62_prime256v1},
    {"301006072a8648ce3d020106052b81040022", NID_secp384r1},
    {"301006072a8648ce3d020106052b81040023", NID_secp521r1},
    {"300506032b6570", NID_ED25519},
    {"300506032b6571", NID_ED448},
}};

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

// A name for people beside the exact bytes.
std::string Shown(const X509_ALGOR* algorithm, absl::string_view hex) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  char name[80];
  OBJ_obj2txt(name, sizeof(name), object, /*no_name=*/0);
  return absl::StrCat(name, ", AlgorithmIdentifier ", Quoted(hex));
}

absl::Status KeyRefused(absl::string_view why) {
  return Refusal("key-decode", "S/MIME BR 6.1.5", why);
}

// The INTEGER that `element` is, else null, also when it is negative.
crypto::BnPtr NaturalNumber(const ASN1_TYPE* element) {
  if (element->type != V_ASN1_INTEGER ||
      ASN1_STRING_type(element->value.integer) != V_ASN1_INTEGER) {
    return nullptr;
  }
  return crypto::BnPtr(ASN1_INTEGER_to_BN(element->value.integer, nullptr));
}

// RFC 8017, A.1.1: SEQUENCE of modulus and exponent.
absl::Status CheckRsa(absl::string_view key) {
  if (absl::Status der = CheckDer(key); !der.ok()) {
    return KeyRefused(absl::StrCat("RSA key: ", der.message()));
  }
  const auto* next = reinterpret_cast<const unsigned char*>(key.data());
  Asn1SequencePtr parts(d2i_ASN1_SEQUENCE_ANY(nullptr, &next, key.size()));
  if (parts == nullptr || sk_ASN1_TYPE_num(parts.get()) != 2) {
    return KeyRefused("RSA key that is no pair of natural numbers");
  }
  const crypto::BnPtr modulus =
      NaturalNumber(sk_ASN1_TYPE_value(parts.get(), 0));
  const crypto::BnPtr exponent =
      NaturalNumber(sk_ASN1_TYPE_value(parts.get(), 1));
  if (modulus == nullptr || exponent == nullptr) {
    return KeyRefused("RSA key that is no pair of natural numbers");
  }
  const int bits = BN_num_bits(modulus.get());
  if (bits < kMinRsaBits || bits > kMaxRsaBits || bits % 8 != 0) {
    return Refusal(
        "key-size", "S/MIME BR 6.1.5",
        absl::StrCat("RSA modulus of ", bits, " bits; between ", kMinRsaBits,
                     " and ", kMaxRsaBits, ", divisible by 8"));
  }
  if (!BN_is_odd(exponent.get()) || BN_is_one(exponent.get())) {
    return Refusal("key-exponent", "S/MIME BR 6.1.6",
                   "RSA exponent that is not odd and at least 3");
  }
  return absl::OkStatus();
}

// Made once a curve: that takes longer than to check a point.
const EC_GROUP* GroupOf(int curve) {
  static const auto* const groups = [] {
    auto* made = new std::map<int, crypto::EcGroupPtr>;
    for (const KeyAlgorithm& known : kKeyAlgorithms) {
      EC_GROUP* group = EC_GROUP_new_by_curve_name(known.nid);
      if (group != nullptr) made->emplace(known.nid, group);
    }
    return made;
  }();
  auto found = groups->find(curve);
  crypto::RequireOpenSsl(found != groups->end(), "EC_GROUP_new_by_curve_name");
  return found->second.get();
}

// SEC 1, 2.3.4. All three curves have prime order: a point on the curve other
// than the one at infinity is in the group.
absl::Status CheckPoint(int curve, absl::string_view key) {
  const EC_GROUP* group = GroupOf(curve);
  crypto::EcPointPtr point(EC_POINT_new(group));
  crypto::RequireOpenSsl(point != nullptr, "EC_POINT_new");
  if (EC_POINT_oct2point(group, point.get(),
                         reinterpret_cast<const unsigned char*>(key.data()),
                         key.size(), nullptr) != 1) {
    return KeyRefused(
        absl::StrCat("no point on the curve ", OBJ_nid2sn(curve)));
  }
  if (EC_POINT_is_at_infinity(group, point.get())) {
    return KeyRefused("the public key is the point at infinity");
  }
  return absl::OkStatus();
}

// RFC 8410, 4.
absl::Status CheckLength(size_t length, absl::string_view key) {
  if (key.size() == length) return absl::OkStatus();
  return KeyRefused(
      absl::StrCat("EdDSA key of ", key.size(), " bytes, not ", length));
}

}  // namespace

absl::Status CheckKey(X509* certificate) {
  crypto::ScopedOpenSslErrors errors;
  X509_ALGOR* algorithm = nullptr;
  const unsigned char* bytes = nullptr;
  int length = 0;
  X509_PUBKEY_get0_param(nullptr, &bytes, &length, &algorithm,
                         X509_get_X509_PUBKEY(certificate));
  const absl::string_view key(reinterpret_cast<const char*>(bytes), length);
  const std::string hex = AlgorithmHex(algorithm);
  for (const KeyAlgorithm& known : kKeyAlgorithms) {
    if (known.hex != hex) continue;
    switch (known.nid) {
      case NID_rsaEncryption:
        return CheckRsa(key);
      case NID_ED25519:
        return CheckLength(32, key);
      case NID_ED448:
        return CheckLength(57, key);
      default:
        return CheckPoint(known.nid, key);
    }
  }
  return Refusal("key-algorithm", "S/MIME BR 7.1.3.1",
                 absl::StrCat("key of ", Shown(algorithm, hex)));
}

absl::Status CheckSignatureAlgorithm(const X509* certificate) {
  const X509_ALGOR* algorithm = X509_get0_tbs_sigalg(certificate);
  const std::string hex = AlgorithmHex(algorithm);
  if (std::find(kSignatureAlgorithms.begin(), kSignatureAlgorithms.end(),
                hex) != kSignatureAlgorithms.end()) {
    return absl::OkStatus();
  }
  return Refusal("signature-algorithm", "S/MIME BR 7.1.3.2",
                 absl::StrCat("signed with ", Shown(algorithm, hex)));
}

}  // namespace sealbook::smime

#include "smime/form.h"

#include <openssl/asn1t.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/openssl_error.h"
#include "smime/der.h"
#include "smime/refusal.h"
#include "smime/x509.h"

namespace sealbook::smime {
namespace {

constexpr long kVersion3 = 2;
constexpr int kMaxSerialBits = 159;

using ExtensionPtr =
    std::unique_ptr<X509_EXTENSION, crypto::OpenSslFree<X509_EXTENSION_free>>;

absl::Status CheckSerial(X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  crypto::BnPtr number(ASN1_INTEGER_to_BN(serial, nullptr));
  crypto::RequireOpenSsl(number != nullptr, "ASN1_INTEGER_to_BN");
  if (!BN_is_negative(number.get()) && !BN_is_zero(number.get()) &&
      BN_num_bits(number.get()) <= kMaxSerialBits) {
    return absl::OkStatus();
  }
  return Refusal("serial-number", "RFC 5280, 4.1.2.2",
                 absl::StrCat("serial number not positive and below 2^159: ",
                              Quoted(SerialText(certificate))));
}

absl::Status CheckSignatureAlgorithms(const X509* certificate) {
  const ASN1_BIT_STRING* signature = nullptr;
  const X509_ALGOR* outer = nullptr;
  X509_get0_signature(&signature, &outer, certificate);
  if (X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(certificate)) == 0) {
    return absl::OkStatus();
  }
  return Refusal(
      "signature-algorithm-match", "RFC 5280, 4.1.1.2",
      "the certificate names another signature algorithm inside than "
      "outside");
}

// What the admission checks of end-entity certificates look at.
bool IsKnown(const ASN1_OBJECT* extension) {
  switch (OBJ_obj2nid(extension)) {
    case NID_basic_constraints:
    case NID_key_usage:
    case NID_ext_key_usage:
    case NID_subject_alt_name:
    case NID_certificate_policies:
    case NID_crl_distribution_points:
      return true;
    default:
      return false;
  }
}

absl::string_view ValueOf(X509_EXTENSION* extension) {
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
  return absl::string_view(
      reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
      ASN1_STRING_length(value));
}

// The value of `extension`, decoded and encoded again; as it is when OpenSSL
// does not know its type; empty when it cannot be decoded.
std::string ReencodedValue(X509_EXTENSION* extension) {
  crypto::ScopedOpenSslErrors errors;
  const absl::string_view value = ValueOf(extension);
  const X509V3_EXT_METHOD* method = X509V3_EXT_get(extension);
  if (method == nullptr || method->it == nullptr) return std::string(value);
  const ASN1_ITEM* type = ASN1_ITEM_ptr(method->it);
  const auto* next = reinterpret_cast<const unsigned char*>(value.data());
  ASN1_VALUE* decoded = ASN1_item_d2i(nullptr, &next, value.size(), type);
  if (decoded == nullptr) return "";
  unsigned char* raw = nullptr;
  int length = ASN1_item_i2d(decoded, &raw, type);
  crypto::OpenSslBytesPtr owned(raw);
  ASN1_item_free(decoded, type);
  crypto::RequireOpenSsl(length > 0, "ASN1_item_i2d");
  return std::string(reinterpret_cast<char*>(raw), length);
}

// OpenSSL keeps a flag that says FALSE in so many words, so that re-encoding
// the certificate does not show it.
bool SpellsOutNotCritical(X509_EXTENSION* extension) {
  ExtensionPtr again(X509_EXTENSION_create_by_OBJ(
      nullptr, X509_EXTENSION_get_object(extension),
      X509_EXTENSION_get_critical(extension),
      X509_EXTENSION_get_data(extension)));
  crypto::RequireOpenSsl(again != nullptr, "X509_EXTENSION_create_by_OBJ");
  return i2d_X509_EXTENSION(again.get(), nullptr) !=
         i2d_X509_EXTENSION(extension, nullptr);
}

// X.690, 11.2.2: a list of named bits ends with its last set bit. `value` is
// DER.
bool HasTrailingZeroBits(absl::string_view value) {
  return value.size() > 3 && ((value.back() >> value[2]) & 1) == 0;
}

absl::Status CheckEncoding(X509_EXTENSION* extension, absl::string_view oid) {
  auto refused = [&](absl::string_view why) {
    return Refusal("extension-encoding", "RFC 5280, 4.2",
                   absl::StrCat("extension ", oid, ": ", why));
  };
  const absl::string_view value = ValueOf(extension);
  if (absl::Status der = CheckDer(value); !der.ok()) {
    return refused(der.message());
  }
  const std::string again = ReencodedValue(extension);
  if (again.empty()) return refused("cannot be decoded");
  if (again != value || SpellsOutNotCritical(extension)) {
    return refused("encodes to other bytes than it came in (X.690, 11.5)");
  }
  if (OBJ_obj2nid(X509_EXTENSION_get_object(extension)) == NID_key_usage &&
      HasTrailingZeroBits(value)) {
    return refused("ends with zero bits (X.690, 11.2.2)");
  }
  return absl::OkStatus();
}

absl::Status CheckExtension(X509_EXTENSION* extension,
                            std::set<std::string>& seen) {
  const ASN1_OBJECT* object = X509_EXTENSION_get_object(extension);
  const std::string oid = OidText(object);
  if (!seen.insert(oid).second) {
    return Refusal("extension-duplicate", "RFC 5280, 4.2",
                   absl::StrCat("extension ", oid, " stands twice"));
  }
  if (X509_EXTENSION_get_critical(extension) && !IsKnown(object)) {
    return Refusal("extension-critical", "RFC 5280, 4.2",
                   absl::StrCat("critical extension ", oid, " is unknown"));
  }
  return CheckEncoding(extension, oid);
}

absl::Status CheckExtensions(X509* certificate) {
  std::set<std::string> seen;
  for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
    SEALBOOK_RETURN_IF_ERROR(
        CheckExtension(X509_get_ext(certificate, i), seen));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<crypto::X509Ptr> ParseStrictly(absl::string_view der) {
  if (der.size() <= kMaxCertificateBytes) {
    SEALBOOK_RETURN_IF_ERROR(CheckDer(der));
  }
  SEALBOOK_ASSIGN_OR_RETURN(crypto::X509Ptr owned, ParseX509WithoutKey(der));
  X509* certificate = owned.get();
  if (X509_get_version(certificate) != kVersion3) {
    return Refusal("x509-version", "S/MIME BR 7.1.1",
                   absl::StrCat("version ", X509_get_version(certificate) + 1,
                                " where 3 is asked for"));
  }
  SEALBOOK_RETURN_IF_ERROR(CheckSerial(certificate));
  SEALBOOK_RETURN_IF_ERROR(CheckSignatureAlgorithms(certificate));
  SEALBOOK_RETURN_IF_ERROR(CheckExtensions(certificate));
  return owned;
}

}  // namespace sealbook::smime

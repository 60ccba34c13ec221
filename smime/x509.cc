#include "smime/x509.h"

#include <openssl/objects.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "crypto/hash.h"
#include "crypto/openssl_error.h"
#include "smime/refusal.h"

namespace sealbook::smime {
namespace {

using BitStringPtr =
    std::unique_ptr<ASN1_BIT_STRING, crypto::OpenSslFree<ASN1_BIT_STRING_free>>;

absl::string_view StringBytes(const ASN1_STRING* string) {
  return absl::string_view(
      reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
      ASN1_STRING_length(string));
}

absl::StatusOr<crypto::X509Ptr> ParseInto(crypto::X509Ptr certificate,
                                          absl::string_view der) {
  crypto::RequireOpenSsl(certificate != nullptr, "X509_new_ex");
  if (der.size() > kMaxCertificateBytes) {
    return Refusal("certificate-size", "RFC 5280, 4.1",
                   absl::StrCat("certificate of ", der.size(),
                                " bytes, at most ", kMaxCertificateBytes));
  }
  crypto::ScopedOpenSslErrors errors;
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* next = bytes;
  X509* raw = certificate.release();  // d2i_X509 frees it when it fails.
  certificate.reset(d2i_X509(&raw, &next, der.size()));
  if (certificate == nullptr) {
    return Refusal("certificate-parse", "RFC 5280, 4.1",
                   absl::StrCat("not a certificate (", der.size(),
                                " bytes): ", crypto::TakeOpenSslErrors()));
  }
  if (next != bytes + der.size()) {
    return Refusal("certificate-parse", "RFC 5280, 4.1",
                   absl::StrCat(bytes + der.size() - next,
                                " bytes after the certificate"));
  }
  return certificate;
}

// A library context without algorithms. Nine tenths of the time in which
// OpenSSL 3.0 reads a certificate go into finding a decoder for its key; here
// it finds none at once.
OSSL_LIB_CTX* ContextWithoutAlgorithms() {
  static OSSL_LIB_CTX* const context = [] {
    OSSL_LIB_CTX* made = OSSL_LIB_CTX_new();
    crypto::RequireOpenSsl(
        made != nullptr && OSSL_PROVIDER_load(made, "null") != nullptr,
        "OSSL_PROVIDER_load(null)");
    return made;
  }();
  return context;
}

}  // namespace

absl::StatusOr<crypto::X509Ptr> ParseX509(absl::string_view der) {
  return ParseInto(crypto::X509Ptr(X509_new()), der);
}

absl::StatusOr<crypto::X509Ptr> ParseX509WithoutKey(absl::string_view der) {
  return ParseInto(
      crypto::X509Ptr(X509_new_ex(ContextWithoutAlgorithms(), nullptr)), der);
}

std::string DerOf(const X509* certificate) {
  crypto::ScopedOpenSslErrors errors;
  unsigned char* raw = nullptr;
  int length = i2d_X509(certificate, &raw);
  crypto::OpenSslBytesPtr owned(raw);
  if (length <= 0) return "";
  return std::string(reinterpret_cast<char*>(raw), length);
}

std::string NameText(const X509_NAME* name) {
  crypto::ScopedOpenSslErrors errors;
  crypto::BioPtr out(BIO_new(BIO_s_mem()));
  // XN_FLAG_RFC2253 escapes control characters and whatever is not ASCII.
  if (out == nullptr ||
      X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) {
    return "(unreadable)";
  }
  char* text = nullptr;
  long length = BIO_get_mem_data(out.get(), &text);
  return std::string(text, length);
}

absl::string_view NameDer(const X509_NAME* name) {
  const unsigned char* bytes = nullptr;
  size_t length = 0;
  if (X509_NAME_get0_der(name, &bytes, &length) != 1) return "";
  return absl::string_view(reinterpret_cast<const char*>(bytes), length);
}

std::string SerialText(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  return absl::StrCat(ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? "-" : "",
                      absl::BytesToHexString(StringBytes(serial)));
}

absl::StatusOr<int64_t> TimeMs(const ASN1_TIME* time) {
  const absl::string_view text = StringBytes(time);
  auto refused = [&] {
    return Refusal("validity-encoding", "RFC 5280, 4.1.2.5",
                   absl::StrCat("bad time ", Quoted(text)));
  };
  const bool utc = ASN1_STRING_type(time) == V_ASN1_UTCTIME;
  const size_t year_digits = utc ? 2 : 4;
  if (text.size() != year_digits + 11 || text.back() != 'Z' ||
      !std::all_of(text.begin(), text.end() - 1, absl::ascii_isdigit)) {
    return refused();
  }
  int year = 0;
  bool parsed = absl::SimpleAtoi(text.substr(0, year_digits), &year);
  if (utc) year += year < 50 ? 2000 : 1900;
  int fields[5] = {};  // Month, day, hour, minute, second.
  for (size_t i = 0; i < 5; ++i) {
    parsed &= absl::SimpleAtoi(text.substr(year_digits + 2 * i, 2), &fields[i]);
  }
  absl::CivilSecond second(year, fields[0], fields[1], fields[2], fields[3],
                           fields[4]);
  // CivilSecond carries what is out of range into the next field.
  if (!parsed || second.month() != fields[0] || second.day() != fields[1] ||
      second.hour() != fields[2] || second.minute() != fields[3] ||
      second.second() != fields[4] || (!utc && year < 2050)) {
    return refused();
  }
  return absl::ToUnixMillis(absl::FromCivil(second, absl::UTCTimeZone()));
}

KeyHash SubjectKeyHash(const X509* certificate) {
  crypto::ScopedOpenSslErrors errors;
  unsigned char* raw = nullptr;
  int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &raw);
  crypto::OpenSslBytesPtr owned(raw);
  crypto::RequireOpenSsl(length > 0, "i2d_X509_PUBKEY");
  crypto::Hash hash = crypto::Sha256(absl::string_view(
      reinterpret_cast<char*>(raw), static_cast<size_t>(length)));
  return *KeyHash::FromBytes(hash.view());
}

absl::StatusOr<std::vector<Mailbox>> Mailboxes(const X509* certificate) {
  crypto::ScopedOpenSslErrors errors;
  int critical = 0;
  crypto::GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  std::vector<Mailbox> mailboxes;
  if (names == nullptr) {
    if (critical == -1) return mailboxes;  // There is none.
    return Refusal("san-encoding", "RFC 5280, 4.2.1.6",
                   "subjectAltName cannot be read or stands twice");
  }
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_EMAIL) {
      mailboxes.push_back(
          {.text = std::string(StringBytes(name->d.rfc822Name))});
    } else if (name->type == GEN_OTHERNAME &&
               OBJ_obj2nid(name->d.otherName->type_id) ==
                   NID_id_on_SmtpUTF8Mailbox) {
      const ASN1_TYPE* value = name->d.otherName->value;
      if (value->type != V_ASN1_UTF8STRING) {
        return Refusal("san-encoding", "RFC 9598, 3",
                       "SmtpUTF8Mailbox that is no UTF8String");
      }
      mailboxes.push_back(
          {.text = std::string(StringBytes(value->value.utf8string)),
           .utf8 = true});
    }
  }
  return mailboxes;
}

std::string OidText(const ASN1_OBJECT* object) {
  char text[128];
  int length = OBJ_obj2txt(text, sizeof(text), object, /*no_name=*/1);
  if (length <= 0) return "(unreadable)";
  return std::string(text, std::min<size_t>(length, sizeof(text) - 1));
}

AuthorityKeyIdPtr AuthorityKeyIdOf(const X509* certificate) {
  crypto::ScopedOpenSslErrors errors;
  return AuthorityKeyIdPtr(static_cast<AUTHORITY_KEYID*>(X509_get_ext_d2i(
      certificate, NID_authority_key_identifier, nullptr, nullptr)));
}

std::optional<uint32_t> KeyUsageOf(const X509* certificate) {
  crypto::ScopedOpenSslErrors errors;
  BitStringPtr bits(static_cast<ASN1_BIT_STRING*>(
      X509_get_ext_d2i(certificate, NID_key_usage, nullptr, nullptr)));
  if (bits == nullptr) return std::nullopt;
  uint32_t usage = 0;
  for (int i = 0; i < std::min(ASN1_STRING_length(bits.get()), 2); ++i) {
    usage |= static_cast<uint32_t>(ASN1_STRING_get0_data(bits.get())[i])
             << (8 * i);
  }
  return usage;
}

absl::StatusOr<Role> RoleOf(const X509* certificate) {
  crypto::ScopedOpenSslErrors errors;
  constexpr absl::string_view kSection = "S/MIME BR 7.1.2.3 e";
  const std::optional<uint32_t> found = KeyUsageOf(certificate);
  if (!found.has_value()) {
    return Refusal("key-usage", kSection, "keyUsage is missing");
  }
  const uint32_t usage = *found;
  ASN1_OBJECT* algorithm = nullptr;
  X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, nullptr,
                         X509_get_X509_PUBKEY(certificate));
  const int type = OBJ_obj2nid(algorithm);
  uint32_t encrypt = 0;
  uint32_t besides = 0;  // Allowed only beside `encrypt`.
  if (type == NID_rsaEncryption) {
    encrypt = KU_KEY_ENCIPHERMENT;
    besides = KU_DATA_ENCIPHERMENT;
  } else if (type == NID_X9_62_id_ecPublicKey) {
    encrypt = KU_KEY_AGREEMENT;
    besides = KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY;
  }
  uint32_t allowed = KU_DIGITAL_SIGNATURE | encrypt;
  if (usage & KU_DIGITAL_SIGNATURE) allowed |= KU_NON_REPUDIATION;
  if (usage & encrypt) allowed |= besides;
  if ((usage & ~allowed) != 0 ||
      (usage & (KU_DIGITAL_SIGNATURE | encrypt)) == 0) {
    return Refusal(
        "key-usage", kSection,
        absl::StrCat("keyUsage 0x", absl::Hex(usage, absl::kZeroPad4),
                     " does not fit a key of type ", OBJ_nid2sn(type)));
  }
  if ((usage & encrypt) == 0) return Role::kSign;
  return usage & KU_DIGITAL_SIGNATURE ? Role::kSignAndEncrypt : Role::kEncrypt;
}

}  // namespace sealbook::smime

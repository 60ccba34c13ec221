#include "smime/certificate.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "smime/refusal.h"
#include "smime/x509.h"

namespace sealbook::smime {
namespace {

using Pkcs7Ptr = std::unique_ptr<PKCS7, crypto::OpenSslFree<PKCS7_free>>;

constexpr absl::string_view kPemMark = "-----BEGIN ";

absl::Status NoCertificates(absl::string_view why) {
  return Refusal("certificate-file", "RFC 7468, 5", why);
}

// One PEM block (RFC 7468), with whatever stood before it skipped.
struct PemBlock {
  std::string name;
  std::string bytes;
};

// False at the end of the input.
absl::StatusOr<bool> ReadPemBlock(BIO* in, PemBlock* block) {
  crypto::ScopedOpenSslErrors errors;
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* bytes = nullptr;
  long length = 0;
  if (PEM_read_bio(in, &name, &header, &bytes, &length) != 1) {
    if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
      return false;
    }
    return NoCertificates(
        absl::StrCat("broken PEM: ", crypto::TakeOpenSslErrors()));
  }
  crypto::OpenSslBytesPtr owned_name(reinterpret_cast<unsigned char*>(name));
  crypto::OpenSslBytesPtr owned_header(
      reinterpret_cast<unsigned char*>(header));
  crypto::OpenSslBytesPtr owned_bytes(bytes);
  block->name = name;
  block->bytes.assign(reinterpret_cast<char*>(bytes), length);
  return true;
}

// Adds the certificates of a certs-only PKCS#7.
absl::Status ReadPkcs7(absl::string_view bytes,
                       std::vector<std::string>& ders) {
  crypto::ScopedOpenSslErrors errors;
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* end = p + bytes.size();
  Pkcs7Ptr pkcs7(d2i_PKCS7(nullptr, &p, static_cast<long>(bytes.size())));
  if (pkcs7 == nullptr || p != end || !PKCS7_type_is_signed(pkcs7.get()) ||
      pkcs7->d.sign == nullptr) {
    return NoCertificates("PKCS#7 that holds no certificates");
  }
  // A signed message is no list of certificates to be taken for its own sake.
  if (sk_PKCS7_SIGNER_INFO_num(pkcs7->d.sign->signer_info) > 0) {
    return NoCertificates("PKCS#7 with a signature, not certs-only");
  }
  const STACK_OF(X509)* certificates = pkcs7->d.sign->cert;
  if (certificates == nullptr || sk_X509_num(certificates) == 0) {
    return NoCertificates("PKCS#7 that holds no certificates");
  }
  for (int i = 0; i < sk_X509_num(certificates); ++i) {
    ders.push_back(DerOf(sk_X509_value(certificates, i)));
    SEALBOOK_RETURN_IF_ERROR(ParseX509(ders.back()).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ReadPem(absl::string_view contents) {
  crypto::BioPtr in(BIO_new_mem_buf(contents.data(), contents.size()));
  crypto::RequireOpenSsl(in != nullptr, "BIO_new_mem_buf");
  std::vector<std::string> ders;
  PemBlock block;
  while (true) {
    SEALBOOK_ASSIGN_OR_RETURN(bool found, ReadPemBlock(in.get(), &block));
    if (!found) break;
    if (block.name == PEM_STRING_PKCS7 || block.name == PEM_STRING_CMS) {
      SEALBOOK_RETURN_IF_ERROR(ReadPkcs7(block.bytes, ders));
      continue;
    }
    if (block.name != PEM_STRING_X509 && block.name != PEM_STRING_X509_OLD) {
      // Not the bytes: it may be a private key, put here by mistake.
      return NoCertificates(absl::StrCat("PEM block ", Quoted(block.name),
                                         " where a certificate belongs"));
    }
    SEALBOOK_RETURN_IF_ERROR(ParseX509(block.bytes).status());
    ders.push_back(std::move(block.bytes));
  }
  if (ders.empty()) return NoCertificates("no whole PEM block");
  return ders;
}

// The element at the front of the input.
struct Element {
  size_t length = 0;
  // It begins with an object identifier, as ContentInfo does and no
  // certificate.
  bool pkcs7 = false;
};

// From its header alone.
absl::StatusOr<Element> FirstElement(absl::string_view bytes) {
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* start = p;
  long length = 0;
  int tag = 0;
  int tag_class = 0;
  crypto::ScopedOpenSslErrors errors;
  // 0x80: an error; 0x01: an indefinite length.
  int flags = ASN1_get_object(&p, &length, &tag, &tag_class, bytes.size());
  if ((flags & 0x81) != 0 || tag != V_ASN1_SEQUENCE) {
    return NoCertificates("neither PEM nor DER certificates");
  }
  return Element{static_cast<size_t>(p - start) + static_cast<size_t>(length),
                 length > 0 && *p == V_ASN1_OBJECT};
}

std::string KeyText(X509* certificate) {
  crypto::ScopedOpenSslErrors errors;
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return "unknown";
  char group[64];
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
      EVP_PKEY_get_group_name(key, group, sizeof(group), nullptr) == 1) {
    return absl::StrCat("EC ", group);
  }
  absl::string_view type = OBJ_nid2sn(EVP_PKEY_get_base_id(key));
  if (absl::StartsWithIgnoreCase(type, "rsa")) {
    return absl::StrCat(
        EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ? "RSA " : "RSA-PSS ",
        EVP_PKEY_get_bits(key));
  }
  return std::string(type);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReadCertificates(
    absl::string_view contents) {
  if (absl::StrContains(contents, kPemMark)) return ReadPem(contents);
  if (contents.empty()) return NoCertificates("empty");
  std::vector<std::string> ders;
  while (!contents.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(const Element element, FirstElement(contents));
    absl::string_view der = contents.substr(0, element.length);
    if (element.pkcs7) {
      SEALBOOK_RETURN_IF_ERROR(ReadPkcs7(der, ders));
    } else {
      SEALBOOK_RETURN_IF_ERROR(ParseX509(der).status());
      ders.emplace_back(der);
    }
    contents.remove_prefix(element.length);
  }
  return ders;
}

std::string CertificateToPem(absl::string_view der) {
  constexpr size_t kLine = 64;  // RFC 7468, 2.
  const std::string base64 = absl::Base64Escape(der);
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  for (size_t i = 0; i < base64.size(); i += kLine) {
    absl::StrAppend(&pem, base64.substr(i, kLine), "\n");
  }
  return pem + "-----END CERTIFICATE-----\n";
}

CertificateHash HashCertificate(absl::string_view der) {
  return *CertificateHash::FromBytes(crypto::Sha256(der).view());
}

absl::StatusOr<KeyHash> HashSubjectKey(absl::string_view der) {
  SEALBOOK_ASSIGN_OR_RETURN(crypto::X509Ptr certificate,
                            ParseX509WithoutKey(der));
  return SubjectKeyHash(certificate.get());
}

absl::StatusOr<CertificateFacts> ReadCertificateFacts(absl::string_view der) {
  SEALBOOK_ASSIGN_OR_RETURN(crypto::X509Ptr owned, ParseX509(der));
  X509* certificate = owned.get();
  CertificateFacts facts;
  facts.sha256 = HashCertificate(der);
  facts.key_sha256 = SubjectKeyHash(certificate);
  facts.subject = NameText(X509_get_subject_name(certificate));
  facts.issuer = NameText(X509_get_issuer_name(certificate));
  facts.serial_hex = SerialText(certificate);
  SEALBOOK_ASSIGN_OR_RETURN(facts.not_before_ms,
                            TimeMs(X509_get0_notBefore(certificate)));
  SEALBOOK_ASSIGN_OR_RETURN(facts.not_after_ms,
                            TimeMs(X509_get0_notAfter(certificate)));
  if (absl::StatusOr<Role> role = RoleOf(certificate); role.ok()) {
    facts.role = *role;
  }
  absl::StatusOr<std::vector<Mailbox>> mailboxes = Mailboxes(certificate);
  if (mailboxes.ok()) {
    for (const Mailbox& mailbox : *mailboxes) {
      facts.addresses.push_back(mailbox.text);
    }
  }
  facts.key = KeyText(certificate);
  return facts;
}

}  // namespace sealbook::smime

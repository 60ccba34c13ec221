#include "smime/certificate.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crypto/openssl_ptr.h"
#include "smime/serial.h"
#include "smime/testing/test_ca.h"

namespace sealbook::smime {
namespace {

using testing::kDayMs;
using testing::kNowMs;
using testing::TestCa;
using testing::TestCertificate;

void ExpectRefused(const absl::Status& status, absl::string_view check,
                   absl::string_view word) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_TRUE(absl::StartsWith(status.message(), absl::StrCat(check, " (")))
      << status;
  EXPECT_TRUE(absl::StrContains(status.message(), word)) << status;
}

std::string DerOfPkcs7(PKCS7* pkcs7) {
  unsigned char* raw = nullptr;
  const int length = i2d_PKCS7(pkcs7, &raw);
  crypto::OpenSslBytesPtr owned(raw);
  return length > 0 ? std::string(reinterpret_cast<char*>(raw), length) : "";
}

crypto::X509Ptr X509Of(const std::string& der) {
  const auto* p = reinterpret_cast<const unsigned char*>(der.data());
  return crypto::X509Ptr(d2i_X509(nullptr, &p, static_cast<long>(der.size())));
}

using Pkcs7Ptr = std::unique_ptr<PKCS7, crypto::OpenSslFree<PKCS7_free>>;

// PKCS#7 SignedData with certificates and nothing else.
std::string Pkcs7Of(const std::vector<std::string>& ders) {
  Pkcs7Ptr pkcs7(PKCS7_new());
  PKCS7_set_type(pkcs7.get(), NID_pkcs7_signed);
  PKCS7_content_new(pkcs7.get(), NID_pkcs7_data);
  for (const std::string& der : ders) {
    PKCS7_add_certificate(pkcs7.get(), X509Of(der).get());
  }
  return DerOfPkcs7(pkcs7.get());
}

// A signed message, with the signer's certificate.
std::string SignedMessage(const TestCertificate& signer) {
  crypto::BioPtr pem(BIO_new_mem_buf(signer.private_key_pem.data(), -1));
  crypto::EvpPkeyPtr key(
      PEM_read_bio_PrivateKey(pem.get(), nullptr, nullptr, nullptr));
  crypto::BioPtr text(BIO_new_mem_buf("text", 4));
  Pkcs7Ptr pkcs7(PKCS7_sign(X509Of(signer.der).get(), key.get(), nullptr,
                            text.get(), PKCS7_BINARY));
  return pkcs7 == nullptr ? "" : DerOfPkcs7(pkcs7.get());
}

std::string PemOf(absl::string_view name, absl::string_view der) {
  return absl::StrCat("-----BEGIN ", name, "-----\n", absl::Base64Escape(der),
                      "\n-----END ", name, "-----\n");
}

class CertificateTest : public ::testing::Test {
 protected:
  const TestCa root_ = TestCa::Root({.common_name = "Root"});
  const TestCertificate leaf_ = root_.Issue({.emails = {"alice@example.org"}});
};

TEST_F(CertificateTest, ReadsPkcs7WithCertificatesOnly) {
  const std::string pkcs7 = Pkcs7Of({root_.der(), leaf_.der});
  const std::vector<std::string> both = {root_.der(), leaf_.der};
  for (const std::string& contents :
       {pkcs7, PemOf("PKCS7", pkcs7), PemOf("CMS", pkcs7)}) {
    const auto ders = ReadCertificates(contents);
    ASSERT_TRUE(ders.ok()) << ders.status();
    EXPECT_EQ(*ders, both);
  }
  // One after another, and mixed with certificates.
  EXPECT_EQ(ReadCertificates(pkcs7 + leaf_.der)->size(), 3u);
  EXPECT_EQ(ReadCertificates(PemOf("PKCS7", pkcs7) + leaf_.pem)->size(), 3u);
}

TEST_F(CertificateTest, RefusesPkcs7ThatIsNotCertsOnly) {
  const std::string pkcs7 = Pkcs7Of({leaf_.der});
  ExpectRefused(
      ReadCertificates(PemOf("PKCS7", pkcs7.substr(0, pkcs7.size() - 1)))
          .status(),
      "certificate-file", "PKCS#7");
  ExpectRefused(ReadCertificates(PemOf("PKCS7", leaf_.der)).status(),
                "certificate-file", "PKCS#7");
  ExpectRefused(ReadCertificates(SignedMessage(leaf_)).status(),
                "certificate-file", "with a signature");
}

TEST_F(CertificateTest, ReadsPemWithTextAround) {
  absl::StatusOr<std::vector<std::string>> ders = ReadCertificates(absl::StrCat(
      "Certificate:\n  Data: ...\n", root_.pem(), "between\n", leaf_.pem));
  ASSERT_TRUE(ders.ok()) << ders.status();
  EXPECT_EQ(*ders, (std::vector<std::string>{root_.der(), leaf_.der}));
}

TEST_F(CertificateTest, ReadsDerOneAfterAnother) {
  absl::StatusOr<std::vector<std::string>> ders =
      ReadCertificates(leaf_.der + root_.der());
  ASSERT_TRUE(ders.ok()) << ders.status();
  EXPECT_EQ(*ders, (std::vector<std::string>{leaf_.der, root_.der()}));
}

TEST_F(CertificateTest, WritesPemThatItReads) {
  absl::StatusOr<std::vector<std::string>> ders =
      ReadCertificates(CertificateToPem(leaf_.der));
  ASSERT_TRUE(ders.ok()) << ders.status();
  EXPECT_EQ(*ders, std::vector<std::string>{leaf_.der});
}

TEST_F(CertificateTest, RefusesFilesWithoutCertificates) {
  ExpectRefused(ReadCertificates("").status(), "certificate-file", "empty");
  ExpectRefused(ReadCertificates("hello").status(), "certificate-file",
                "neither PEM nor DER");
  ExpectRefused(ReadCertificates("-----BEGIN nothing").status(),
                "certificate-file", "no whole PEM block");
  ExpectRefused(ReadCertificates(leaf_.der + "x").status(), "certificate-file",
                "neither PEM nor DER");
  ExpectRefused(ReadCertificates(leaf_.der.substr(0, 100)).status(),
                "certificate-file", "neither PEM nor DER");
}

TEST_F(CertificateTest, RefusesOtherPemBlocksByName) {
  ExpectRefused(ReadCertificates(leaf_.pem + leaf_.private_key_pem).status(),
                "certificate-file", "\"PRIVATE KEY\"");
}

TEST_F(CertificateTest, RefusesBrokenPem) {
  std::string pem = leaf_.pem;
  pem[pem.find('\n') + 10] = '*';
  ExpectRefused(ReadCertificates(pem).status(), "certificate-file",
                "broken PEM");
}

TEST_F(CertificateTest, RefusesBytesThatAreNoCertificate) {
  ExpectRefused(ReadCertificates(CertificateToPem("\x30\x00")).status(),
                "certificate-parse", "not a certificate");
  ExpectRefused(ReadCertificates(CertificateToPem(leaf_.der + "x")).status(),
                "certificate-parse", "1 bytes after the certificate");
}

TEST_F(CertificateTest, RefusesAnOversizedCertificate) {
  TestCertificate large =
      root_.Issue({.emails = {"alice@example.org"},
                   .extensions = {{.oid = "1.2.3.4",
                                   .value = "\x04\x82\x7d\x00" +
                                            std::string(32000, 'x')}}});
  EXPECT_TRUE(ReadCertificates(large.der).ok());
  ExpectRefused(
      ReadCertificateFacts(large.der + std::string(1000, 'x')).status(),
      "certificate-size", "at most 32768");
}

TEST_F(CertificateTest, ReadsTheFactsOfACertificate) {
  TestCertificate leaf = root_.Issue({.common_name = "Alice \xc3\x84",
                                      .emails = {"Alice@Example.org", "b@x"},
                                      .utf8_emails = {"\xc3\xbc@x"},
                                      .not_before_ms = kNowMs,
                                      .not_after_ms = kNowMs + kDayMs,
                                      .serial = "\x01\xab"});
  absl::StatusOr<CertificateFacts> facts = ReadCertificateFacts(leaf.der);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->sha256, HashCertificate(leaf.der));
  EXPECT_EQ(facts->key_sha256, *HashSubjectKey(leaf.der));
  EXPECT_EQ(facts->subject, "CN=Alice \\C3\\84");
  EXPECT_EQ(facts->issuer, "CN=Root");
  EXPECT_EQ(facts->serial_hex, "01ab");
  EXPECT_EQ(*ReadSerialHex(leaf.der), "01ab");
  EXPECT_EQ(facts->not_before_ms, kNowMs);
  EXPECT_EQ(facts->not_after_ms, kNowMs + kDayMs);
  EXPECT_EQ(facts->role, Role::kSignAndEncrypt);
  EXPECT_EQ(facts->addresses, (std::vector<std::string>{"Alice@Example.org",
                                                        "b@x", "\xc3\xbc@x"}));
  EXPECT_EQ(facts->key, "EC prime256v1");
}

TEST_F(CertificateTest, ReadsTimesBefore1970AndAfter2050) {
  TestCertificate leaf = root_.Issue({.emails = {"a@x"},
                                      .not_before_ms = -86400000,
                                      .not_after_ms = 253402300799000});
  absl::StatusOr<CertificateFacts> facts = ReadCertificateFacts(leaf.der);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->not_before_ms, -86400000);
  EXPECT_EQ(facts->not_after_ms, 253402300799000);
}

TEST_F(CertificateTest, ShowsACertificateThatAdmissionWouldRefuse) {
  TestCertificate leaf = root_.Issue({.empty_subject = true,
                                      .key_type = testing::KeyType::kRsa1024,
                                      .serial = "\x05",
                                      .negative_serial = true,
                                      .key_usage = 0});
  absl::StatusOr<CertificateFacts> facts = ReadCertificateFacts(leaf.der);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->subject, "");
  EXPECT_EQ(facts->serial_hex, "-05");
  EXPECT_FALSE(facts->role.has_value());
  EXPECT_TRUE(facts->addresses.empty());
  EXPECT_EQ(facts->key, "RSA 1024");
}

TEST_F(CertificateTest, NamesRoles) {
  EXPECT_EQ(RoleName(Role::kSign), "sign");
  EXPECT_EQ(RoleName(Role::kEncrypt), "encrypt");
  EXPECT_EQ(RoleName(Role::kSignAndEncrypt), "sign and encrypt");
}

TEST_F(CertificateTest, KeyHashBelongsToTheKeyNotTheCertificate) {
  EXPECT_EQ(*HashSubjectKey(root_.der()), root_.key_hash());
  EXPECT_NE(*HashSubjectKey(leaf_.der), root_.key_hash());
  ExpectRefused(ReadSerialHex("x").status(), "certificate-parse",
                "not a certificate");
  ExpectRefused(HashSubjectKey("").status(), "certificate-parse",
                "not a certificate");
}

}  // namespace
}  // namespace sealbook::smime

#include "smime/admission.h"

#include <gtest/gtest.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crypto/openssl_ptr.h"
#include "smime/certificate.h"
#include "smime/live.h"
#include "smime/testing/test_ca.h"

namespace sealbook::smime {
namespace {

using testing::CertificateOptions;
using testing::Digest;
using testing::Extension;
using testing::kDayMs;
using testing::KeyType;
using testing::kNowMs;
using testing::PublicLeaf;
using testing::TestCa;
using testing::TestCertificate;
using Usages = std::vector<std::string>;

constexpr char kEmailProtection[] = "1.3.6.1.5.5.7.3.4";
constexpr char kClientAuth[] = "1.3.6.1.5.5.7.3.2";
constexpr int64_t kJuly2027Ms = 1814400000000;

// Leaves are issued below an intermediate, which comes with them.
class AdmissionTest : public ::testing::Test {
 protected:
  absl::StatusOr<AdmittedCertificate> Admit(absl::string_view der,
                                            int64_t now_ms = kNowMs) {
    return admission_.Admit(
        {.certificate = der, .intermediates = {issuing_.der()}}, publisher_,
        now_ms);
  }
  absl::StatusOr<AdmittedCertificate> Admit(const CertificateOptions& options) {
    return Admit(issuing_.Issue(options).der);
  }

  static void ExpectStatus(
      const absl::Status& status, absl::string_view check,
      absl::string_view word,
      absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_TRUE(absl::StartsWith(status.message(), absl::StrCat(check, " (")))
        << status;
    EXPECT_TRUE(absl::StrContains(status.message(), word)) << status;
  }
  void ExpectRefused(const CertificateOptions& options, absl::string_view check,
                     absl::string_view word) {
    ExpectStatus(Admit(options).status(), check, word);
  }
  void ExpectAdmitted(const CertificateOptions& options) {
    absl::Status status = Admit(options).status();
    EXPECT_TRUE(status.ok()) << status;
  }

  const TestCa root_ = TestCa::Root({.common_name = "Root"});
  const TestCa issuing_ = root_.IssueCa({.common_name = "Issuing"});
  PublisherPolicy publisher_ = {.id = "ca1",
                                .issuer_keys = {issuing_.key_hash()}};
  Admission admission_{*TrustAnchors::Read(root_.pem()), Profile::kPrivate};
};

CertificateOptions Alice() { return {.emails = {"alice@example.org"}}; }

// --- What is admitted

TEST_F(AdmissionTest, AdmitsACertificateAndTellsItsFacts) {
  TestCertificate leaf = issuing_.Issue(
      {.common_name = "Alice",
       .emails = {"Alice@Example.org", "a@example.com", "alice@example.org"},
       .serial = "\x12\x34"});
  absl::StatusOr<AdmittedCertificate> admitted = Admit(leaf.der);
  ASSERT_TRUE(admitted.ok()) << admitted.status();
  EXPECT_EQ(admitted->der, leaf.der);
  EXPECT_EQ(admitted->sha256, HashCertificate(leaf.der));
  EXPECT_EQ(admitted->role, Role::kSignAndEncrypt);
  // The third address is the first one again, in another case.
  EXPECT_EQ(admitted->addresses,
            (std::vector<CertificateAddress>{
                {.label = "alice@example.org", .exact = "Alice@Example.org"},
                {.label = "a@example.com", .exact = "a@example.com"}}));
  ASSERT_EQ(admitted->chain->size(), 2u);
  EXPECT_EQ(admitted->chain->at(0).der, issuing_.der());
  EXPECT_EQ(admitted->chain->at(1).der, root_.der());
  EXPECT_EQ(admitted->chain->at(1).sha256, HashCertificate(root_.der()));
  EXPECT_EQ(admitted->issuer_key_sha256(), issuing_.key_hash());
  EXPECT_EQ(admitted->not_before_ms, kNowMs - 30 * kDayMs);
  EXPECT_EQ(admitted->not_after_ms, kNowMs + 335 * kDayMs);
  EXPECT_EQ(admitted->subject, "CN=Alice");
  EXPECT_EQ(admitted->serial_hex, "1234");
}

TEST_F(AdmissionTest, AdmitsEveryKindOfKey) {
  for (KeyType type :
       {KeyType::kP256, KeyType::kP384, KeyType::kP521, KeyType::kEd25519,
        KeyType::kEd448, KeyType::kRsa2048, KeyType::kRsa3072}) {
    SCOPED_TRACE(static_cast<int>(type));
    ExpectAdmitted({.emails = {"a@x"}, .key_type = type});
  }
}

TEST_F(AdmissionTest, AdmitsEverySignatureAlgorithm) {
  for (KeyType type : {KeyType::kRsa2048, KeyType::kP256}) {
    TestCa ca = root_.IssueCa({.common_name = "CA", .key_type = type});
    publisher_.issuer_keys = {ca.key_hash()};
    for (bool pss : {false, true}) {
      if (pss && type == KeyType::kP256) continue;
      for (Digest digest :
           {Digest::kSha256, Digest::kSha384, Digest::kSha512}) {
        TestCertificate leaf =
            ca.Issue({.emails = {"a@x"}, .digest = digest, .rsa_pss = pss});
        absl::Status status =
            admission_
                .Admit({.certificate = leaf.der, .intermediates = {ca.der()}},
                       publisher_, kNowMs)
                .status();
        EXPECT_TRUE(status.ok()) << status;
      }
    }
  }
}

TEST_F(AdmissionTest, ReadsTheRoleOffKeyUsage) {
  using namespace testing;  // NOLINT: the bits' names.
  struct Case {
    KeyType type;
    int usage;
    Role role;
  };
  for (const Case& c : {
           Case{KeyType::kP256, kDigitalSignature, Role::kSign},
           Case{KeyType::kP256, kDigitalSignature | kNonRepudiation,
                Role::kSign},
           Case{KeyType::kP256, kKeyAgreement, Role::kEncrypt},
           Case{KeyType::kP256, kDigitalSignature | kKeyAgreement,
                Role::kSignAndEncrypt},
           Case{KeyType::kRsa2048, kDigitalSignature, Role::kSign},
           Case{KeyType::kRsa2048, kKeyEncipherment, Role::kEncrypt},
           Case{KeyType::kRsa2048, kKeyEncipherment | kDataEncipherment,
                Role::kEncrypt},
           Case{KeyType::kRsa2048, kDigitalSignature | kKeyEncipherment,
                Role::kSignAndEncrypt},
           Case{KeyType::kEd25519, kDigitalSignature, Role::kSign},
       }) {
    absl::StatusOr<AdmittedCertificate> admitted =
        Admit({.emails = {"a@x"},
               .key_type = c.type,
               .key_usage = static_cast<uint16_t>(c.usage)});
    ASSERT_TRUE(admitted.ok()) << admitted.status();
    EXPECT_EQ(admitted->role, c.role) << c.usage;
  }
}

TEST_F(AdmissionTest, AdmitsAnInternationalAddress) {
  absl::StatusOr<AdmittedCertificate> admitted =
      Admit({.utf8_emails = {"\xc3\xbcNAL@XN--BCHER-KVA.example"}});
  ASSERT_TRUE(admitted.ok()) << admitted.status();
  ASSERT_EQ(admitted->addresses.size(), 1u);
  EXPECT_EQ(admitted->addresses[0].label, "\xc3\xbcnal@xn--bcher-kva.example");
  EXPECT_EQ(admitted->addresses[0].exact, "\xc3\xbcNAL@XN--BCHER-KVA.example");
}

TEST_F(AdmissionTest, PublishesUnderTheAddressesAskedFor) {
  TestCertificate leaf =
      issuing_.Issue({.emails = {"a@x.org", "b@x.org", "c@x.org"}});
  Submission submission = {.certificate = leaf.der,
                           .intermediates = {issuing_.der()},
                           .addresses = {"C@x.org", "a@X.org.", "c@x.org"}};
  absl::StatusOr<AdmittedCertificate> admitted =
      admission_.Admit(submission, publisher_, kNowMs);
  ASSERT_TRUE(admitted.ok()) << admitted.status();
  EXPECT_EQ(admitted->addresses,
            (std::vector<CertificateAddress>{
                {.label = "a@x.org", .exact = "a@x.org"},
                {.label = "c@x.org", .exact = "c@x.org"}}));
  submission.addresses = {"d@x.org"};
  ExpectStatus(admission_.Admit(submission, publisher_, kNowMs).status(),
               "published-address", "does not name \"d@x.org\"");
  submission.addresses = {"d"};
  ExpectStatus(admission_.Admit(submission, publisher_, kNowMs).status(),
               "address-form", "no \"@\": \"d\"");
}

// --- 1: form

TEST_F(AdmissionTest, RefusesTrailingBytes) {
  ExpectStatus(Admit(issuing_.Issue(Alice()).der + "x").status(), "der",
               "trailing bytes");
}

TEST_F(AdmissionTest, RefusesTruncatedBytesAtEveryLength) {
  const std::string der = issuing_.Issue(Alice()).der;
  for (size_t length = 0; length < der.size(); ++length) {
    ExpectStatus(Admit(der.substr(0, length)).status(), "der", "truncated");
  }
}

TEST_F(AdmissionTest, RefusesDerThatIsNoCertificate) {
  ExpectStatus(Admit(std::string("\x30\x00", 2)).status(), "certificate-parse",
               "not a certificate");
}

TEST_F(AdmissionTest, RefusesMoreThan32KiB) {
  CertificateOptions options = Alice();
  options.extensions = {
      {.oid = "1.2.3.4",
       .value = std::string("\x04\x82\x80\x00", 4) + std::string(0x8000, 'x')}};
  ExpectRefused(options, "certificate-size", "at most 32768");
}

// The TBSCertificate of `der`, whose outer header has four bytes.
std::string TbsOf(absl::string_view der) {
  const auto* p = reinterpret_cast<const unsigned char*>(der.data()) + 4;
  const auto* start = p;
  long length = 0;
  int tag = 0;
  int tag_class = 0;
  ASN1_get_object(&p, &length, &tag, &tag_class, der.size() - 4);
  return std::string(der.substr(4, p - start + length));
}

// Puts `to` in place of `from`, which stands once.
std::string Replace(std::string tbs, const std::string& from,
                    const std::string& to) {
  size_t at = tbs.find(from);
  EXPECT_NE(at, std::string::npos);
  EXPECT_EQ(tbs.find(from, at + 1), std::string::npos);
  tbs.replace(at, from.size(), to);
  return tbs;
}

void AddToLength(std::string* der, size_t header_at, int delta) {
  ASSERT_EQ((*der)[header_at + 1], '\x82');
  auto* bytes = reinterpret_cast<uint8_t*>(der->data()) + header_at + 2;
  int length = (bytes[0] << 8 | bytes[1]) + delta;
  bytes[0] = length >> 8;
  bytes[1] = length & 0xff;
}

TEST_F(AdmissionTest, SignTbsMakesAnAdmissibleCertificate) {
  absl::StatusOr<AdmittedCertificate> admitted =
      Admit(issuing_.SignTbs(TbsOf(issuing_.Issue(Alice()).der)));
  EXPECT_TRUE(admitted.ok()) << admitted.status();
}

TEST_F(AdmissionTest, RefusesEncodingsThatAreNotDer) {
  // The length of the serial number in two octets instead of one.
  CertificateOptions options = Alice();
  options.serial = "\x12\x34\x56\x78";
  std::string tbs =
      Replace(TbsOf(issuing_.Issue(options).der), "\x02\x04\x12\x34\x56\x78",
              "\x02\x81\x04\x12\x34\x56\x78");
  AddToLength(&tbs, 0, 1);
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "der", "fewest octets");
}

TEST_F(AdmissionTest, RefusesADefaultValueSpelledOut) {
  CertificateOptions options = Alice();
  options.serial = "\x12\x34\x56\x78";
  // A critical extension whose flag is set to FALSE afterwards.
  options.extensions = {{.oid = "2.5.29.32",
                         .value = "\x30\x06\x30\x04\x06\x02\x2a\x03",
                         .critical = true}};
  std::string tbs = Replace(TbsOf(issuing_.Issue(options).der),
                            std::string("\x55\x1d\x20\x01\x01\xff", 6),
                            std::string("\x55\x1d\x20\x01\x01\x00", 6));
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "extension-encoding",
               "2.5.29.32: encodes to other bytes");
  // basicConstraints with cA FALSE.
  options.extensions = {
      {.oid = "2.5.29.19", .value = std::string("\x30\x03\x01\x01\x00", 5)}};
  ExpectRefused(options, "extension-encoding",
                "2.5.29.19: encodes to other bytes");
}

TEST_F(AdmissionTest, RefusesKeyUsageWithTrailingZeroBits) {
  CertificateOptions options = Alice();
  options.key_usage = 0;
  options.extensions = {
      {.oid = "2.5.29.15", .value = std::string("\x03\x02\x00\x80", 4)}};
  ExpectRefused(options, "extension-encoding", "X.690, 11.2.2");
  options.extensions[0].value = "\x03\x02\x07\x80";
  ExpectAdmitted(options);
}

TEST_F(AdmissionTest, RefusesOtherVersions) {
  // Version 1 has no extensions and thus no addresses; the version is named.
  CertificateOptions options = Alice();
  options.version = 0;
  ExpectRefused(options, "x509-version", "version 1");
  std::string tbs = Replace(TbsOf(issuing_.Issue(Alice()).der),
                            std::string("\xa0\x03\x02\x01\x02", 5),
                            std::string("\xa0\x03\x02\x01\x01", 5));
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "x509-version",
               "version 2");
}

TEST_F(AdmissionTest, RefusesSerialNumbersOutOfRange) {
  CertificateOptions options = Alice();
  options.serial = std::string(1, '\0');
  ExpectRefused(options, "serial-number", "\"00\"");
  options.serial = "\x05";
  options.negative_serial = true;
  ExpectRefused(options, "serial-number", "\"-05\"");
  options.negative_serial = false;
  options.serial = "\x80" + std::string(19, '\0');  // 2^159.
  ExpectRefused(options, "serial-number", "\"8000");
  options.serial = "\x7f" + std::string(19, '\xff');  // 2^159 - 1.
  ExpectAdmitted(options);
}

TEST_F(AdmissionTest, RefusesAnotherAlgorithmInsideThanOutside) {
  std::string der = issuing_.Issue(Alice()).der;
  // ECDSA with SHA-256 becomes SHA-384 in the second place only.
  const std::string sha256 = "\x2a\x86\x48\xce\x3d\x04\x03\x02";
  der[der.rfind(sha256) + sha256.size() - 1] = '\x03';
  ExpectStatus(Admit(der).status(), "signature-algorithm-match", "inside");
}

TEST_F(AdmissionTest, RefusesADuplicateExtension) {
  CertificateOptions options = Alice();
  options.extensions = {
      {.oid = "1.2.3.4", .value = std::string("\x05\x00", 2)},
      {.oid = "1.2.3.4", .value = std::string("\x05\x00", 2)}};
  ExpectRefused(options, "extension-duplicate", "1.2.3.4 stands twice");
}

TEST_F(AdmissionTest, RefusesAnUnknownCriticalExtension) {
  CertificateOptions options = Alice();
  options.extensions = {{.oid = "1.2.3.4",
                         .value = std::string("\x05\x00", 2),
                         .critical = true}};
  ExpectRefused(options, "extension-critical", "1.2.3.4 is unknown");
  options.extensions[0].critical = false;
  ExpectAdmitted(options);
}

TEST_F(AdmissionTest, RefusesAnExtensionThatIsNotDer) {
  CertificateOptions options = Alice();
  options.extensions = {{.oid = "1.2.3.4", .value = "hello"}};
  ExpectRefused(options, "extension-encoding", "1.2.3.4: der (X.690");
  // DER, but no keyUsage.
  options.key_usage = 0;
  options.extensions = {
      {.oid = "2.5.29.15", .value = std::string("\x05\x00", 2)}};
  ExpectRefused(options, "extension-encoding", "2.5.29.15: cannot be decoded");
  // Decodes, but no end entity has a path length, let alone a negative one.
  options = Alice();
  options.extensions = {
      {.oid = "2.5.29.19", .value = "\x30\x06\x01\x01\xff\x02\x01\xff"}};
  ExpectRefused(options, "end-entity", "path length");
}

// --- 2: chain (its own checks: chain_test.cc)

TEST_F(AdmissionTest, RefusesACertificateOfAnUnknownCa) {
  TestCa stranger = TestCa::Root({.common_name = "Stranger"});
  ExpectStatus(Admit(stranger.Issue(Alice()).der).status(), "chain-anchor",
               "CN=Stranger");
}

TEST_F(AdmissionTest, RefusesABrokenSignature) {
  CertificateOptions options = Alice();
  options.break_signature = true;
  ExpectRefused(options, "chain-signature", "CN=alice");
  // Also when the issuer is known and verified.
  ExpectAdmitted(Alice());
  ExpectRefused(options, "chain-signature", "CN=alice");
}

TEST_F(AdmissionTest, RefusesASelfSignedCertificate) {
  TestCa self = TestCa::Root({.common_name = "alice",
                              .emails = {"alice@example.org"},
                              .key_usage = testing::kDigitalSignature,
                              .extended_key_usage = Usages{kEmailProtection},
                              .ca = false});
  ExpectStatus(Admit(self.der()).status(), "chain-anchor", "CN=alice");
}

TEST_F(AdmissionTest, RemembersIntermediates) {
  TestCertificate leaf = issuing_.Issue(Alice());
  Submission alone = {.certificate = leaf.der};
  ExpectStatus(admission_.Admit(alone, publisher_, kNowMs).status(),
               "chain-anchor", "CN=Issuing");
  ASSERT_TRUE(Admit(issuing_.Issue({.emails = {"b@x"}}).der).ok());
  absl::StatusOr<AdmittedCertificate> admitted =
      admission_.Admit(alone, publisher_, kNowMs);
  ASSERT_TRUE(admitted.ok()) << admitted.status();
  EXPECT_EQ(admitted->chain->size(), 2u);
}

TEST_F(AdmissionTest, UsesKnownIntermediatesWithoutTrustingThem) {
  TestCa second = issuing_.IssueCa({.common_name = "Second"});
  TestCa stranger = TestCa::Root({.common_name = "Stranger"});
  publisher_.issuer_keys = {second.key_hash(), stranger.key_hash()};
  for (const TestCa& ca : {issuing_, second, stranger}) {
    absl::Status added = admission_.AddKnownIntermediate(ca.der());
    ASSERT_TRUE(added.ok()) << added;
  }
  TestCertificate leaf = second.Issue(Alice());
  absl::StatusOr<AdmittedCertificate> admitted =
      admission_.Admit({.certificate = leaf.der}, publisher_, kNowMs);
  ASSERT_TRUE(admitted.ok()) << admitted.status();
  EXPECT_EQ(admitted->chain->size(), 3u);
  ExpectStatus(admission_
                   .Admit({.certificate = stranger.Issue(Alice()).der},
                          publisher_, kNowMs)
                   .status(),
               "chain-anchor", "CN=Stranger");
}

TEST_F(AdmissionTest, RefusesToKnowWhatIsNoCa) {
  ExpectStatus(admission_.AddKnownIntermediate(issuing_.Issue(Alice()).der),
               "intermediate-ca", "CN=alice");
  ExpectStatus(admission_.AddKnownIntermediate("x"), "certificate-parse",
               "not a certificate");
}

// What was learned from one certificate must not let the next one through.
TEST_F(AdmissionTest, JudgesEveryCertificateByTheConstraintsAboveItsIssuer) {
  TestCa limited = root_.IssueCa(
      {.common_name = "Limited", .permitted_emails = {"example.org"}});
  TestCa below = limited.IssueCa({.common_name = "Below"});
  publisher_.issuer_keys = {below.key_hash(), limited.key_hash()};
  for (const TestCa& ca : {below, limited}) {
    auto admit = [&](absl::string_view email) {
      TestCertificate leaf = ca.Issue({.emails = {std::string(email)}});
      return admission_
          .Admit({.certificate = leaf.der,
                  .intermediates = {below.der(), limited.der()}},
                 publisher_, kNowMs)
          .status();
    };
    absl::Status inside = admit("alice@example.org");
    EXPECT_TRUE(inside.ok()) << inside;
    ExpectStatus(admit("alice@example.com"), "chain-name-constraints",
                 "permitted subtree");
  }
}

TEST_F(AdmissionTest, TellsIssuersOfOneNameApart) {
  for (bool key_id : {true, false}) {
    SCOPED_TRACE(key_id);
    CertificateOptions options = Alice();
    options.authority_key_id = key_id;
    // A CA that changed its key, each with a certificate that came first.
    TestCa old_key = root_.IssueCa({.common_name = "Renewed"});
    TestCa new_key = root_.IssueCa({.common_name = "Renewed"});
    publisher_.issuer_keys = {old_key.key_hash(), new_key.key_hash()};
    for (int round = 0; round < 2; ++round) {
      for (const TestCa& ca : {new_key, old_key}) {
        TestCertificate leaf = ca.Issue(options);
        absl::StatusOr<AdmittedCertificate> admitted = admission_.Admit(
            {.certificate = leaf.der, .intermediates = {ca.der()}}, publisher_,
            kNowMs);
        ASSERT_TRUE(admitted.ok()) << admitted.status();
        EXPECT_EQ(admitted->issuer_key_sha256(), ca.key_hash());
      }
    }
  }
}

TEST_F(AdmissionTest, AdmitsFromManyThreads) {
  std::vector<TestCa> cas;
  std::vector<std::string> leaves;
  for (int i = 0; i < 4; ++i) {
    cas.push_back(root_.IssueCa({.common_name = absl::StrCat("CA ", i)}));
    publisher_.issuer_keys.insert(cas.back().key_hash());
    leaves.push_back(cas.back().Issue(Alice()).der);
  }
  std::atomic<int> admitted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const size_t which = (i + t) % cas.size();
        absl::Status status = admission_
                                  .Admit({.certificate = leaves[which],
                                          .intermediates = {cas[which].der()}},
                                         publisher_, kNowMs)
                                  .status();
        if (status.ok()) ++admitted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, 80);
}

TEST_F(AdmissionTest, JudgesVerifiedIssuersByTheirTimes) {
  TestCa brief = root_.IssueCa({.common_name = "Brief",
                                .not_before_ms = kNowMs - 40 * kDayMs,
                                .not_after_ms = kNowMs + kDayMs});
  TestCa below = brief.IssueCa({.common_name = "Below"});
  publisher_.issuer_keys = {below.key_hash()};
  TestCertificate leaf = below.Issue(Alice());
  Submission submission = {.certificate = leaf.der,
                           .intermediates = {below.der(), brief.der()}};
  absl::Status now = admission_.Admit(submission, publisher_, kNowMs).status();
  EXPECT_TRUE(now.ok()) << now;
  ExpectStatus(
      admission_.Admit(submission, publisher_, kNowMs + 2 * kDayMs).status(),
      "chain-validity", "CN=Brief");
}

// --- 3: the publisher

TEST_F(AdmissionTest, RefusesAnIssuerThatThePublisherDoesNotSpeakFor) {
  publisher_.issuer_keys = {root_.key_hash()};
  ExpectStatus(Admit(Alice()).status(), "publisher-issuer",
               issuing_.key_hash().ToHex(),
               absl::StatusCode::kPermissionDenied);
}

TEST_F(AdmissionTest, RefusesAnotherMailDomain) {
  publisher_.mail_domains = {"example.org", "xn--bcher-kva.example"};
  ExpectAdmitted({.emails = {"a@example.org", "b@EXAMPLE.org",
                             "c@xn--bcher-kva.example"}});
  for (absl::string_view email : {"a@example.com", "a@sub.example.org"}) {
    ExpectStatus(
        Admit(
            CertificateOptions{.emails = {"b@example.org", std::string(email)}})
            .status(),
        "publisher-mail-domain", email, absl::StatusCode::kPermissionDenied);
  }
}

// --- 4: end entity and extended key usage

TEST_F(AdmissionTest, RefusesACa) {
  CertificateOptions options = Alice();
  options.ca = true;
  ExpectRefused(options, "end-entity", "cA");
  options.ca = false;
  ExpectAdmitted(options);
}

TEST_F(AdmissionTest, RefusesMissingExtendedKeyUsage) {
  CertificateOptions options = Alice();
  options.extended_key_usage = Usages{};
  ExpectRefused(options, "eku-present", "missing");
}

TEST_F(AdmissionTest, RefusesExtendedKeyUsageWithoutEmailProtection) {
  CertificateOptions options = Alice();
  options.extended_key_usage = Usages{kClientAuth};
  ExpectRefused(options, "eku-email-protection", kClientAuth);
  options.extended_key_usage = Usages{kEmailProtection, kClientAuth};
  ExpectAdmitted(options);
}

TEST_F(AdmissionTest, RefusesForbiddenExtendedKeyUsages) {
  for (const char* oid : {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3",
                          "1.3.6.1.5.5.7.3.8", "2.5.29.37.0"}) {
    CertificateOptions options = Alice();
    options.extended_key_usage = Usages{kEmailProtection, oid};
    ExpectRefused(options, "eku-forbidden", oid);
  }
}

// --- 5: key usage

TEST_F(AdmissionTest, RefusesMissingKeyUsage) {
  CertificateOptions options = Alice();
  options.key_usage = 0;
  ExpectRefused(options, "key-usage", "missing");
}

TEST_F(AdmissionTest, RefusesKeyUsageThatDoesNotFitTheKey) {
  using namespace testing;  // NOLINT: the bits' names.
  struct Case {
    KeyType type;
    int usage;
  };
  for (const Case& c : {
           Case{KeyType::kP256, kKeyEncipherment},
           Case{KeyType::kP256, kDigitalSignature | kKeyEncipherment},
           Case{KeyType::kRsa2048, kKeyAgreement},
           Case{KeyType::kRsa2048, kDataEncipherment},
           Case{KeyType::kEd25519, kDigitalSignature | kKeyAgreement},
           Case{KeyType::kP256, kNonRepudiation},
           Case{KeyType::kP256, kKeyAgreement | kNonRepudiation},
           Case{KeyType::kP256, kDigitalSignature | kKeyCertSign},
           Case{KeyType::kP256, kDigitalSignature | kCrlSign},
       }) {
    SCOPED_TRACE(c.usage);
    CertificateOptions options = Alice();
    options.key_type = c.type;
    options.key_usage = static_cast<uint16_t>(c.usage);
    ExpectRefused(options, "key-usage", "does not fit");
  }
}

// --- 6: the key

TEST_F(AdmissionTest, RefusesRsaKeysOfOtherSizes) {
  CertificateOptions options = Alice();
  options.key_type = KeyType::kRsa1024;
  ExpectRefused(options, "key-size", "1024 bits");
  options.key_type = KeyType::kRsa2052;
  ExpectRefused(options, "key-size", "2052 bits");
}

TEST_F(AdmissionTest, RefusesOtherKeyAlgorithms) {
  CertificateOptions options = Alice();
  options.key_type = KeyType::kSecp256k1;
  ExpectRefused(options, "key-algorithm", "id-ecPublicKey");
  options.key_type = KeyType::kRsaPss2048;
  ExpectRefused(options, "key-algorithm", "rsassaPss");
}

// Where the key starts in a P-256 certificate: the header of its BIT STRING.
const char kP256Key[] = {0x03, 0x42, 0x00, 0x04};

size_t FindKey(const std::string& tbs) {
  return tbs.find(kP256Key, 0, sizeof(kP256Key));
}

TEST_F(AdmissionTest, RefusesAPointOffTheCurve) {
  std::string tbs = TbsOf(issuing_.Issue(Alice()).der);
  tbs[FindKey(tbs) + sizeof(kP256Key) + 40] ^= 1;
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "key-decode",
               "no point on the curve prime256v1");
}

TEST_F(AdmissionTest, RefusesThePointAtInfinity) {
  std::string tbs = TbsOf(issuing_.Issue(Alice()).der);
  size_t at = FindKey(tbs);
  tbs.replace(at, 2 + 0x42, std::string("\x03\x02\x00\x00", 4));
  AddToLength(&tbs, 0, -0x40);
  // The SubjectPublicKeyInfo around it: 19 + 2 bytes of algorithm before.
  ASSERT_EQ(tbs.substr(at - 23, 2), "\x30\x59");
  tbs[at - 22] -= 0x40;
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "key-decode", "infinity");
}

TEST_F(AdmissionTest, RefusesAnEvenRsaExponent) {
  CertificateOptions options = Alice();
  options.key_type = KeyType::kRsa2048;
  std::string tbs = Replace(TbsOf(issuing_.Issue(options).der),
                            std::string("\x02\x03\x01\x00\x01", 5),
                            std::string("\x02\x03\x01\x00\x02", 5));
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "key-exponent", "odd");
}

TEST_F(AdmissionTest, RefusesRsaKeysThatAreNoPairOfNaturalNumbers) {
  CertificateOptions options = Alice();
  options.key_type = KeyType::kRsa2048;
  const std::string tbs = TbsOf(issuing_.Issue(options).der);
  const std::string exponent("\x02\x03\x01\x00\x01", 5);
  for (const std::string& other :
       {std::string("\x02\x03\x81\x00\x01", 5),     // Negative.
        std::string("\x04\x03\x01\x00\x01", 5),     // Not an INTEGER.
        std::string("\x02\x01\x03\x05\x00", 5)}) {  // A third part.
    ExpectStatus(
        Admit(issuing_.SignTbs(Replace(tbs, exponent, other))).status(),
        "key-decode", "natural numbers");
  }
  ExpectStatus(
      Admit(issuing_.SignTbs(
                Replace(tbs, exponent, std::string("\x02\x03\x00\x00\x01", 5))))
          .status(),
      "key-decode", "der (X.690, 8.3.2)");
}

TEST_F(AdmissionTest, RefusesEdDsaKeysOfAnotherLength) {
  CertificateOptions options = Alice();
  options.key_type = KeyType::kEd25519;
  std::string tbs = TbsOf(issuing_.Issue(options).der);
  // SubjectPublicKeyInfo: 30 2a, AlgorithmIdentifier, 03 21 00, key.
  size_t at = tbs.find("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70");
  ASSERT_NE(at, std::string::npos);
  tbs[at + 1] = '\x29';
  tbs[at + 10] = '\x20';
  tbs.erase(at + 12, 1);
  AddToLength(&tbs, 0, -1);
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "key-decode",
               "31 bytes, not 32");
}

// --- 7: the signature algorithm

TEST_F(AdmissionTest, RefusesOtherSignatureAlgorithms) {
  CertificateOptions options = Alice();
  options.digest = Digest::kSha1;
  ExpectRefused(options, "signature-algorithm", "ecdsa-with-SHA1");
  options.digest = Digest::kSha224;
  ExpectRefused(options, "signature-algorithm", "ecdsa-with-SHA224");
  TestCa rsa =
      root_.IssueCa({.common_name = "RSA", .key_type = KeyType::kRsa2048});
  options.digest = Digest::kSha1;
  ExpectStatus(Admit(rsa.Issue(options).der).status(), "signature-algorithm",
               "sha1WithRSAEncryption");
}

// --- 8: subjectAltName

TEST_F(AdmissionTest, RefusesACertificateWithoutAddress) {
  ExpectRefused({.common_name = "Alice"}, "san-present", "no e-mail address");
  ExpectRefused({.common_name = "Alice", .dns_names = {"example.org"}},
                "san-present", "no e-mail address");
}

TEST_F(AdmissionTest, RefusesAddressesThatAreNone) {
  const std::string nul("alice@example.org\0@evil.example", 31);
  ExpectRefused({.emails = {nul}}, "san-address", "address-control-character");
  ExpectRefused({.emails = {"alice"}}, "san-address", "address-form");
  ExpectRefused({.emails = {"a@x", "Alice <a@x>"}}, "san-address",
                "address-local-part");
  ExpectRefused({.emails = {"a@[192.0.2.1]"}}, "san-address", "domain literal");
  ExpectRefused({.emails = {""}}, "san-address", "address-form");
  ExpectRefused({.emails = {std::string(288, 'a') + "@example.org"}},
                "san-address", "288 octets");
}

TEST_F(AdmissionTest, RefusesNonAsciiInRfc822Name) {
  ExpectRefused({.emails = {"\xc3\xbc@x"}}, "san-address", "not ASCII");
  ExpectRefused({.emails = {"a@b\xc3\xbc"
                            "cher.example"}},
                "san-address", "not ASCII");
}

TEST_F(AdmissionTest, RefusesSmtpUtf8MailboxesThatRfc9598Forbids) {
  ExpectRefused({.utf8_emails = {"alice@example.org"}}, "san-address",
                "ASCII local part");
  ExpectRefused({.utf8_emails = {"\xc3\xbc@b\xc3\xbc"
                                 "cher.example"}},
                "san-address", "not in A-labels");
  ExpectRefused({.utf8_emails = {"\xef\xbb\xbf\xc3\xbc@x"}}, "san-address",
                "byte order mark");
  ExpectRefused({.utf8_emails = {"u\xcc\x88@x"}}, "san-address", "NFC");
}

TEST_F(AdmissionTest, RefusesASmtpUtf8MailboxOfAnotherStringType) {
  CertificateOptions options = {.common_name = "Alice"};
  // GeneralNames { otherName { 1.3.6.1.5.5.7.8.9, IA5String "a@x" } }.
  options.extensions = {
      {.oid = "2.5.29.17",
       .value = std::string("\x30\x13\xa0\x11\x06\x08\x2b\x06\x01\x05\x05\x07"
                            "\x08\x09\xa0\x05\x16\x03"
                            "a@x",
                            21)}};
  ExpectRefused(options, "san-encoding", "no UTF8String");
}

TEST_F(AdmissionTest, WantsAddressesOfTheSubjectRepeated) {
  CertificateOptions options = Alice();
  options.subject_emails = {"Alice@example.org"};
  ExpectAdmitted(options);
  options.subject_emails = {"bob@example.org"};
  ExpectRefused(options, "san-subject-address", "bob@example.org");
  options.subject_emails = {};
  options.common_name = "bob@example.org";
  ExpectRefused(options, "san-subject-address", "bob@example.org");
  options.common_name = "alice@example.org";
  ExpectAdmitted(options);
}

TEST_F(AdmissionTest, WantsSubjectAltNameCriticalJustWhenTheSubjectIsEmpty) {
  CertificateOptions options = Alice();
  options.san_critical = true;
  ExpectRefused(options, "san-critical", "beside a subject");
  options.empty_subject = true;
  ExpectAdmitted(options);
  options.san_critical = false;
  ExpectRefused(options, "san-critical", "subject is empty");
}

// --- 12: validity

TEST_F(AdmissionTest, RefusesAnExpiredCertificate) {
  CertificateOptions options = Alice();
  options.not_after_ms = kNowMs;
  TestCertificate leaf = issuing_.Issue(options);
  absl::Status last = Admit(leaf.der, kNowMs + 999).status();
  EXPECT_TRUE(last.ok()) << last;
  ExpectStatus(Admit(leaf.der, kNowMs + 1000).status(), "validity-expired",
               "expired at 2026-01-01T00:00:00Z");
}

TEST_F(AdmissionTest, AdmitsACertificateAtMost48HoursAhead) {
  CertificateOptions options = Alice();
  options.not_before_ms = kNowMs + kMaxNotBeforeAheadMs;
  TestCertificate leaf = issuing_.Issue(options);
  absl::Status ahead = Admit(leaf.der).status();
  EXPECT_TRUE(ahead.ok()) << ahead;
  ExpectStatus(Admit(leaf.der, kNowMs - 1).status(), "validity-not-before",
               "notBefore 2026-01-03T00:00:00Z");
}

TEST_F(AdmissionTest, RefusesValidityThatEndsBeforeItBegins) {
  CertificateOptions options = Alice();
  options.not_before_ms = kNowMs + kDayMs;
  options.not_after_ms = kNowMs + kDayMs - 1000;
  ExpectRefused(options, "validity-order", "before notBefore");
}

TEST_F(AdmissionTest, RefusesTimesThatAreNotEncodedAsRfc5280Says) {
  CertificateOptions options = Alice();
  options.edit = [](X509* certificate) {
    ASN1_STRING_set(X509_getm_notAfter(certificate), "260230000000Z", -1);
  };
  ExpectRefused(options, "validity-encoding", "260230000000Z");
  options.edit = [](X509* certificate) {
    ASN1_TIME_set_string(X509_getm_notAfter(certificate), "20270101000000Z");
  };
  ExpectRefused(options, "validity-encoding", "20270101000000Z");
}

// --- The public profile: 9, 10, 11

class PublicAdmissionTest : public AdmissionTest {
 protected:
  PublicAdmissionTest()
      : public_(*TrustAnchors::Read(root_.pem()), Profile::kPublic) {}

  absl::Status AdmitPublic(const CertificateOptions& options,
                           int64_t now_ms = kNowMs) {
    TestCertificate leaf = issuing_.Issue(options);
    return public_
        .Admit({.certificate = leaf.der, .intermediates = {issuing_.der()}},
               publisher_, now_ms)
        .status();
  }

  Admission public_;
  CertificateOptions options_ = PublicLeaf("alice@example.org");
};

TEST_F(PublicAdmissionTest, AdmitsMultipurposeAndStrict) {
  absl::Status multipurpose = AdmitPublic(options_);
  EXPECT_TRUE(multipurpose.ok()) << multipurpose;
  options_.policies = {"1.2.3.4", "2.23.140.1.5.4.3"};
  absl::Status strict = AdmitPublic(options_);
  EXPECT_TRUE(strict.ok()) << strict;
}

TEST_F(PublicAdmissionTest, WantsExactlyOneReservedPolicy) {
  options_.policies = {};
  ExpectStatus(AdmitPublic(options_), "policy-reserved", "found 0");
  options_.policies = {"2.23.140.1.5.5.1", "2.23.140.1.5.1.4", "2.23.140.1.5.1",
                       "2.23.140.1.5.1.2.1"};
  ExpectStatus(AdmitPublic(options_), "policy-reserved", "found 0");
  options_.policies = {"2.23.140.1.5.1.2", "2.23.140.1.5.2.2"};
  ExpectStatus(AdmitPublic(options_), "policy-reserved", "found 2");
}

TEST_F(PublicAdmissionTest, RefusesTheLegacyGenerationSinceJuly2025) {
  constexpr int64_t kEndMs = 1752537600000;  // 2025-07-15.
  options_.policies = {"2.23.140.1.5.1.1"};
  options_.not_before_ms = kEndMs;
  ExpectStatus(AdmitPublic(options_), "policy-legacy", "2.23.140.1.5.1.1");
  options_.not_before_ms = kEndMs - 1000;
  options_.not_after_ms = options_.not_before_ms + 1185 * kDayMs - 1000;
  absl::Status before = AdmitPublic(options_);
  EXPECT_TRUE(before.ok()) << before;
  options_.not_after_ms += 1000;
  ExpectStatus(AdmitPublic(options_), "validity-length", "1185 days: 1186");
}

TEST_F(PublicAdmissionTest, RefusesMoreThan825Days) {
  options_.not_after_ms = options_.not_before_ms + 825 * kDayMs - 1000;
  absl::Status longest = AdmitPublic(options_);
  EXPECT_TRUE(longest.ok()) << longest;
  options_.not_after_ms += 1000;
  ExpectStatus(AdmitPublic(options_), "validity-length", "825 days: 826");
}

TEST_F(PublicAdmissionTest, KeepsTheStrictGenerationToMail) {
  options_.extended_key_usage = Usages{kEmailProtection, kClientAuth};
  absl::Status multipurpose = AdmitPublic(options_);
  EXPECT_TRUE(multipurpose.ok()) << multipurpose;
  options_.policies = {"2.23.140.1.5.1.3"};
  ExpectStatus(AdmitPublic(options_), "eku-strict", kClientAuth);
}

TEST_F(PublicAdmissionTest, RefusesDataEnciphermentInTheStrictGeneration) {
  options_.key_type = KeyType::kRsa2048;
  options_.key_usage = testing::kKeyEncipherment | testing::kDataEncipherment;
  absl::Status multipurpose = AdmitPublic(options_);
  EXPECT_TRUE(multipurpose.ok()) << multipurpose;
  options_.policies = {"2.23.140.1.5.1.3"};
  ExpectStatus(AdmitPublic(options_), "key-usage-strict", "dataEncipherment");
}

TEST_F(PublicAdmissionTest, NarrowsExtendedKeyUsageFromJuly2027) {
  const Usages document_signing = {kEmailProtection, "1.3.6.1.5.5.7.3.36"};
  options_.not_before_ms = kJuly2027Ms - 1000;
  options_.not_after_ms = kJuly2027Ms + 100 * kDayMs;
  options_.extended_key_usage = document_signing;
  absl::Status before = AdmitPublic(options_, kJuly2027Ms);
  EXPECT_TRUE(before.ok()) << before;
  options_.not_before_ms = kJuly2027Ms;
  ExpectStatus(AdmitPublic(options_, kJuly2027Ms), "eku-2027",
               "1.3.6.1.5.5.7.3.36");
  options_.extended_key_usage = Usages{kEmailProtection, kClientAuth};
  absl::Status allowed = AdmitPublic(options_, kJuly2027Ms);
  EXPECT_TRUE(allowed.ok()) << allowed;
}

TEST_F(PublicAdmissionTest, WantsACrlOverHttp) {
  options_.crl_urls = {};
  ExpectStatus(AdmitPublic(options_), "crl-distribution-point", "0 URIs");
  options_.crl_urls = {"ldap://crl.example.org/cn=x"};
  ExpectStatus(AdmitPublic(options_), "crl-distribution-point", "ldap://");
  options_.crl_urls = {"http://crl.example.org/a", "ldap://crl.example.org/b"};
  ExpectStatus(AdmitPublic(options_), "crl-distribution-point", "ldap://");
}

TEST_F(PublicAdmissionTest, WantsAnAuthorityKeyIdentifier) {
  options_.authority_key_id = false;
  ExpectStatus(AdmitPublic(options_), "authority-key-identifier",
               "keyIdentifier");
}

TEST_F(PublicAdmissionTest, ThePrivateProfileAsksForNoneOfThese) {
  ExpectAdmitted({.emails = {"a@x"},
                  .not_after_ms = kNowMs + 3 * 365 * kDayMs,
                  .authority_key_id = false});
}

}  // namespace
}  // namespace sealbook::smime

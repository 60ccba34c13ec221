#include "smime/admission.h"

#include <gtest/gtest.h>
#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "smime/admission_fixture.h"
#include "smime/certificate.h"
#include "smime/live.h"
#include "smime/testing/test_ca.h"

namespace sealbook::smime {
namespace {

using testing::CertificateOptions;
using testing::Digest;
using testing::kDayMs;
using testing::KeyType;
using testing::kNowMs;
using testing::TestCa;
using testing::TestCertificate;
using Usages = std::vector<std::string>;

constexpr char kEmailProtection[] = "1.3.6.1.5.5.7.3.4";

using AdmissionTest = AdmissionFixture;

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
  for (KeyType type : {KeyType::kRsa2048, KeyType::kP256, KeyType::kP384,
                       KeyType::kP521, KeyType::kEd25519, KeyType::kEd448}) {
    TestCa ca = root_.IssueCa({.common_name = "CA", .key_type = type});
    publisher_.issuer_keys = {ca.key_hash()};
    // The first one by the whole path, the others below a verified issuer.
    for (Digest digest : {Digest::kSha256, Digest::kSha384, Digest::kSha512}) {
      for (bool pss : {false, type == KeyType::kRsa2048}) {
        SCOPED_TRACE(absl::StrCat(static_cast<int>(type), " ", pss));
        TestCertificate leaf =
            ca.Issue({.emails = {"a@x"}, .digest = digest, .rsa_pss = pss});
        Submission submission = {.certificate = leaf.der,
                                 .intermediates = {ca.der()}};
        absl::Status status =
            admission_.Admit(submission, publisher_, kNowMs).status();
        EXPECT_TRUE(status.ok()) << status;
        leaf.der.back() ^= 1;
        submission.certificate = leaf.der;
        ExpectStatus(admission_.Admit(submission, publisher_, kNowMs).status(),
                     "chain-signature", "CN=a");
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

TEST_F(AdmissionTest, RefusesACertificateWithAnyByteChanged) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const std::string der = issuing_.Issue(Alice()).der;
  absl::Status unchanged = Admit(der).status();
  ASSERT_TRUE(unchanged.ok()) << unchanged;
  for (size_t i = 0; i < der.size(); ++i) {
    std::string changed = der;
    changed[i] ^= static_cast<char>(1 << random() % 8);
    absl::Status status = Admit(changed).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument)
        << "byte " << i << ": " << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "): ")) << status;
  }
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

}  // namespace
}  // namespace sealbook::smime

#include "smime/public_profile.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "smime/admission_fixture.h"
#include "smime/testing/test_ca.h"

namespace sealbook::smime {
namespace {

using testing::CertificateOptions;
using testing::kDayMs;
using testing::KeyType;
using testing::kNowMs;
using testing::PublicLeaf;
using testing::TestCertificate;
using Usages = std::vector<std::string>;

constexpr char kEmailProtection[] = "1.3.6.1.5.5.7.3.4";
constexpr char kClientAuth[] = "1.3.6.1.5.5.7.3.2";
constexpr int64_t kJuly2027Ms = 1814400000000;

class PublicAdmissionTest : public AdmissionFixture {
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

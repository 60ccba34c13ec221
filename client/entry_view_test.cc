#include "client/entry_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "proto/sealbook/v1/publisher.pb.h"
#include "smime/testing/test_ca.h"

namespace sealbook::client {
namespace {

using smime::AddressMatch;
using smime::Role;
using smime::testing::CertificateOptions;
using smime::testing::kDayMs;
using smime::testing::kNowMs;
using smime::testing::TestCa;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EntryViewTest : public ::testing::Test {
 protected:
  EntryViewTest()
      : root_(TestCa::Root({.common_name = "Root"})),
        issuing_(root_.IssueCa({.common_name = "Issuing"})) {
    entry_.set_format(1);
    entry_.set_publisher("demo-ca");
  }

  std::string Add(CertificateOptions options,
                  v1::Role role = v1::ROLE_SIGN_AND_ENCRYPT) {
    std::string der = issuing_.Issue(std::move(options)).der;
    v1::CertificateInForce* listed = entry_.add_certificates();
    listed->set_certificate(der);
    listed->set_role(role);
    listed->add_issuer_sha256(crypto::Sha256(issuing_.der()).ToString());
    listed->add_issuer_sha256(crypto::Sha256(root_.der()).ToString());
    return der;
  }
  EntryView View(int64_t time_ms = kNowMs,
                 const std::string& address = "alice@example.org") {
    return ViewEntry(entry_, {root_.der(), issuing_.der()},
                     smime::Address::Parse(address).value(), time_ms);
  }
  // The only certificate has one problem.
  static std::string OnlyProblem(const EntryView& view) {
    EXPECT_EQ(view.certificates.size(), 1u);
    EXPECT_EQ(view.certificates[0].problems.size(), 1u)
        << ::testing::PrintToString(view.certificates[0].problems);
    EXPECT_FALSE(view.certificates[0].usable());
    return view.certificates[0].problems[0];
  }

  TestCa root_, issuing_;
  v1::DirectoryEntry entry_;
};

TEST_F(EntryViewTest, ShowsAUsableCertificateWithItsChain) {
  std::string der = Add({.emails = {"alice@example.org"}});
  EntryView view = View();
  ASSERT_EQ(view.certificates.size(), 1u);
  const CertificateView& certificate = view.certificates[0];
  EXPECT_THAT(certificate.problems, IsEmpty());
  EXPECT_TRUE(certificate.usable());
  EXPECT_EQ(certificate.der, der);
  EXPECT_EQ(certificate.sha256.view(), crypto::Sha256(der).view());
  EXPECT_EQ(certificate.role, Role::kSignAndEncrypt);
  EXPECT_EQ(certificate.match, AddressMatch::kExact);
  EXPECT_EQ(certificate.matched_address, "alice@example.org");
  EXPECT_THAT(certificate.issuers, ElementsAre(issuing_.der(), root_.der()));
  EXPECT_THAT(certificate.facts->subject, HasSubstr("alice"));
}

TEST_F(EntryViewTest, JudgesValidityAtTheTimeAskedAbout) {
  Add({.emails = {"alice@example.org"},
       .not_before_ms = kNowMs - kDayMs,
       .not_after_ms = kNowMs + kDayMs - 1000});
  EXPECT_EQ(View(kNowMs).certificates[0].validity, Validity::kValid);
  // The last second counts.
  EXPECT_EQ(View(kNowMs + kDayMs - 1).certificates[0].validity,
            Validity::kValid);
  EntryView late = View(kNowMs + kDayMs);
  EXPECT_EQ(late.certificates[0].validity, Validity::kExpired);
  EXPECT_THAT(OnlyProblem(late), HasSubstr("expired on 2026-01-01 23:59:59"));
  EntryView early = View(kNowMs - kDayMs - 1);
  EXPECT_EQ(early.certificates[0].validity, Validity::kNotYetValid);
  EXPECT_THAT(OnlyProblem(early), HasSubstr("not valid before 2025-12-31"));
}

TEST_F(EntryViewTest, TellsExactFromCaseFolded) {
  Add({.emails = {"Alice@Example.ORG"}});
  EntryView folded = View();
  EXPECT_EQ(folded.certificates[0].match, AddressMatch::kCaseFolded);
  EXPECT_EQ(folded.certificates[0].matched_address, "Alice@Example.ORG");
  EXPECT_TRUE(folded.certificates[0].usable());
  EXPECT_EQ(View(kNowMs, "Alice@example.org").certificates[0].match,
            AddressMatch::kExact);
}

TEST_F(EntryViewTest, TakesTheBestMatchOfSeveralAddresses) {
  Add({.emails = {"other@example.org", "ALICE@example.org",
                  "alice@example.org"}});
  EntryView view = View();
  EXPECT_EQ(view.certificates[0].match, AddressMatch::kExact);
  EXPECT_EQ(view.certificates[0].matched_address, "alice@example.org");
}

TEST_F(EntryViewTest, DistrustsACertificateForAnotherAddress) {
  Add({.emails = {"bob@example.org"}});
  EntryView view = View();
  EXPECT_EQ(view.certificates[0].match, AddressMatch::kNone);
  EXPECT_THAT(OnlyProblem(view), HasSubstr("not for the address alice@"));
}

TEST_F(EntryViewTest, NoticesARoleThatTheKeyUsageDoesNotAllow) {
  Add({.emails = {"alice@example.org"},
       .key_usage = smime::testing::kDigitalSignature},
      v1::ROLE_ENCRYPT);
  EXPECT_THAT(OnlyProblem(View()),
              AllOf(HasSubstr("to encrypt"), HasSubstr("allows to sign")));
  entry_.mutable_certificates(0)->set_role(v1::ROLE_SIGN);
  EXPECT_TRUE(View().certificates[0].usable());
  entry_.mutable_certificates(0)->set_role(static_cast<v1::Role>(9));
  EXPECT_THAT(OnlyProblem(View()), HasSubstr("for use to nothing"));
}

TEST_F(EntryViewTest, NamesAnIssuerThatWasNotSent) {
  Add({.emails = {"alice@example.org"}});
  EntryView view =
      ViewEntry(entry_, {issuing_.der()},
                smime::Address::Parse("alice@example.org").value(), kNowMs);
  EXPECT_THAT(OnlyProblem(view),
              AllOf(HasSubstr("was not sent"),
                    HasSubstr(crypto::Sha256(root_.der()).ToHex())));
  EXPECT_THAT(view.certificates[0].issuers, ElementsAre(issuing_.der()));
}

TEST_F(EntryViewTest, NoticesIssuersThatDidNotIssueIt) {
  Add({.emails = {"alice@example.org"}});
  TestCa stranger = TestCa::Root({.common_name = "Stranger"});
  v1::CertificateInForce* listed = entry_.mutable_certificates(0);
  listed->clear_issuer_sha256();
  listed->add_issuer_sha256(crypto::Sha256(stranger.der()).ToString());
  EntryView view =
      ViewEntry(entry_, {stranger.der()},
                smime::Address::Parse("alice@example.org").value(), kNowMs);
  EXPECT_THAT(OnlyProblem(view), HasSubstr("does not chain"));
}

TEST_F(EntryViewTest, ShowsBytesThatAreNoCertificate) {
  entry_.add_certificates()->set_certificate("garbage");
  EntryView view = View();
  EXPECT_FALSE(view.certificates[0].facts.has_value());
  EXPECT_THAT(OnlyProblem(view), HasSubstr("cannot be read"));
}

TEST_F(EntryViewTest, PutsTheNewestUsableCertificateFirst) {
  std::string old = Add(
      {.emails = {"alice@example.org"}, .not_before_ms = kNowMs - 9 * kDayMs});
  std::string newest = Add(
      {.emails = {"alice@example.org"}, .not_before_ms = kNowMs - 2 * kDayMs});
  std::string expired = Add({.emails = {"alice@example.org"},
                             .not_before_ms = kNowMs - 8 * kDayMs,
                             .not_after_ms = kNowMs - 1 * kDayMs});
  std::string future =
      Add({.emails = {"alice@example.org"}, .not_before_ms = kNowMs + kDayMs});
  std::vector<std::string> order;
  for (const CertificateView& certificate : View().certificates) {
    order.push_back(certificate.der);
  }
  EXPECT_THAT(order, ElementsAre(newest, old, future, expired));
}

TEST_F(EntryViewTest, SaysWhyTheVersionExists) {
  EXPECT_EQ(View().cause, "unknown");
  EXPECT_EQ(View().basis, "not stated");
  EXPECT_EQ(View().publisher, "demo-ca");
  entry_.mutable_issued()->set_certificate_sha256("\x01\xff");
  entry_.set_basis(v1::PUBLISH_BASIS_ORGANIZATION_POLICY);
  EXPECT_EQ(View().cause, "issued");
  EXPECT_EQ(View().cause_sha256, "01ff");
  EXPECT_EQ(View().basis, "organization policy");
  entry_.mutable_renewed();
  EXPECT_EQ(View().cause, "renewed");
  entry_.mutable_revoked()->set_certificate_sha256("\x02");
  EXPECT_EQ(View().cause, "revoked");
  EXPECT_EQ(View().cause_sha256, "02");
  EXPECT_EQ(View().revocation_reason, "unspecified");
  entry_.mutable_revoked()->set_reason(v1::CRL_REASON_KEY_COMPROMISE);
  EXPECT_EQ(View().revocation_reason, "keyCompromise");
  entry_.mutable_restored()->set_certificate_sha256("\x03");
  EXPECT_EQ(View().cause, "restored");
  EXPECT_EQ(View().revocation_reason, "");
  entry_.set_basis(77);
  EXPECT_EQ(View().basis, "unknown (77)");
}

TEST_F(EntryViewTest, EscapesThePublisher) {
  entry_.set_publisher("evil\x1b[2J");
  EXPECT_EQ(View().publisher, "evil\\u001b[2J");
}

TEST_F(EntryViewTest, AnEmptyEntryHasNoCertificates) {
  EXPECT_THAT(View().certificates, IsEmpty());
}

}  // namespace
}  // namespace sealbook::client

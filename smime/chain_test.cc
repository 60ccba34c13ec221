#include "smime/chain.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "smime/certificate.h"
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

TestCertificate Alice(const TestCa& ca) {
  return ca.Issue({.emails = {"alice@example.org"}});
}

class ChainTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::shared_ptr<const Chain>> Verify(
      const TestCertificate& leaf,
      std::vector<absl::string_view> intermediates) {
    return anchors_.Verify(leaf.der, intermediates, kNowMs);
  }

  // Expects that what `ca`, a CA below the root, issues is refused.
  void ExpectRefused(const TestCertificate& leaf,
                     std::vector<absl::string_view> intermediates,
                     absl::string_view check, absl::string_view word) {
    ExpectStatus(Verify(leaf, intermediates).status(), check, word);
  }

  void ExpectStatus(const absl::Status& status, absl::string_view check,
                    absl::string_view word) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_TRUE(absl::StartsWith(status.message(), absl::StrCat(check, " (")))
        << status;
    EXPECT_TRUE(absl::StrContains(status.message(), word)) << status;
  }

  const TestCa root_ = TestCa::Root({.common_name = "Root"});
  const TestCa issuing_ = root_.IssueCa({.common_name = "Issuing"});
  const TrustAnchors anchors_ = *TrustAnchors::Read(root_.pem());
};

TEST_F(ChainTest, FindsThePathThroughUnorderedIntermediates) {
  TestCa second = issuing_.IssueCa({.common_name = "Second"});
  TestCa other = root_.IssueCa({.common_name = "Other"});
  absl::StatusOr<std::shared_ptr<const Chain>> chain =
      Verify(Alice(second), {other.der(), issuing_.der(), second.der()});
  ASSERT_TRUE(chain.ok()) << chain.status();
  ASSERT_EQ((*chain)->size(), 3u);
  EXPECT_EQ((**chain)[0].der, second.der());
  EXPECT_EQ((**chain)[1].der, issuing_.der());
  EXPECT_EQ((**chain)[2].der, root_.der());
  EXPECT_EQ((**chain)[0].sha256, HashCertificate(second.der()));
  EXPECT_EQ((**chain)[0].key_sha256, second.key_hash());
}

TEST_F(ChainTest, FindsThePathBelowEveryKindOfKey) {
  for (KeyType type : {KeyType::kP384, KeyType::kP521, KeyType::kEd25519,
                       KeyType::kEd448, KeyType::kRsa2048, KeyType::kRsa3072}) {
    TestCa ca = root_.IssueCa({.common_name = "CA", .key_type = type});
    absl::StatusOr<std::shared_ptr<const Chain>> chain =
        Verify(Alice(ca), {ca.der()});
    EXPECT_TRUE(chain.ok()) << static_cast<int>(type) << chain.status();
  }
}

TEST_F(ChainTest, TakesAnAnchorThatIsNotSelfSigned) {
  absl::StatusOr<TrustAnchors> anchors = TrustAnchors::Read(issuing_.der());
  ASSERT_TRUE(anchors.ok()) << anchors.status();
  EXPECT_EQ(anchors->size(), 1u);
  absl::StatusOr<std::shared_ptr<const Chain>> chain =
      anchors->Verify(Alice(issuing_).der, {}, kNowMs);
  ASSERT_TRUE(chain.ok()) << chain.status();
  ASSERT_EQ((*chain)->size(), 1u);
  EXPECT_EQ((**chain)[0].der, issuing_.der());
}

TEST_F(ChainTest, RefusesAnAnchorThatIsNoCa) {
  ExpectStatus(TrustAnchors::Read(Alice(root_).pem).status(), "anchor-ca",
               "CN=alice");
  ExpectStatus(TrustAnchors::Read("").status(), "certificate-file", "empty");
}

TEST_F(ChainTest, RefusesAnUnknownAnchor) {
  TestCa stranger = TestCa::Root({.common_name = "Stranger"});
  ExpectRefused(Alice(stranger), {}, "chain-anchor", "CN=Stranger");
  ExpectRefused(Alice(stranger), {stranger.der()}, "chain-anchor",
                "CN=Stranger");
  // The same name under another key.
  TestCa impostor = TestCa::Root({.common_name = "Root"});
  ExpectRefused(Alice(impostor), {impostor.der()}, "chain-anchor", "CN=Root");
}

TEST_F(ChainTest, RefusesAMissingIntermediate) {
  ExpectRefused(Alice(issuing_), {}, "chain-anchor", "CN=Issuing");
}

TEST_F(ChainTest, RefusesABrokenSignature) {
  TestCertificate leaf = issuing_.Issue(
      {.emails = {"alice@example.org"}, .break_signature = true});
  ExpectRefused(leaf, {issuing_.der()}, "chain-signature", "CN=alice");
}

TEST_F(ChainTest, RefusesABrokenSignatureOfAnIntermediate) {
  TestCa broken =
      root_.IssueCa({.common_name = "Broken", .break_signature = true});
  ExpectRefused(Alice(broken), {broken.der()}, "chain-signature", "CN=Broken");
}

TEST_F(ChainTest, RefusesAnExpiredIntermediate) {
  TestCa expired = root_.IssueCa({.common_name = "Expired",
                                  .not_before_ms = kNowMs - 9 * kDayMs,
                                  .not_after_ms = kNowMs - kDayMs});
  ExpectRefused(Alice(expired), {expired.der()}, "chain-validity",
                "CN=Expired");
}

TEST_F(ChainTest, JudgesAtTheTimeGiven) {
  TestCertificate leaf = Alice(issuing_);
  absl::StatusOr<std::shared_ptr<const Chain>> late =
      anchors_.Verify(leaf.der, {issuing_.der()}, kNowMs + 336 * kDayMs);
  ExpectStatus(late.status(), "chain-validity", "expired");
  absl::StatusOr<std::shared_ptr<const Chain>> early =
      anchors_.Verify(leaf.der, {issuing_.der()}, kNowMs - 31 * kDayMs);
  ExpectStatus(early.status(), "chain-validity", "not yet valid");
}

TEST_F(ChainTest, RefusesAnIssuerThatIsNoCa) {
  TestCa no_ca = root_.IssueCa({.common_name = "No CA", .ca = false});
  ExpectRefused(Alice(no_ca), {no_ca.der()}, "chain-basic-constraints",
                "CN=No CA");
}

TEST_F(ChainTest, RefusesAnIssuerThatMayNotSignCertificates) {
  TestCa ca = root_.IssueCa(
      {.common_name = "CA", .key_usage = testing::kDigitalSignature});
  absl::Status status = Verify(Alice(ca), {ca.der()}).status();
  ExpectStatus(status, "chain-basic-constraints", "CN=CA");
}

TEST_F(ChainTest, RefusesAPathLongerThanAllowed) {
  TestCa short_root =
      TestCa::Root({.common_name = "Short root", .path_length = 0});
  TestCa below = short_root.IssueCa({.common_name = "Below"});
  absl::StatusOr<std::shared_ptr<const Chain>> chain =
      TrustAnchors::Read(short_root.pem())
          ->Verify(Alice(below).der, {below.der()}, kNowMs);
  ExpectStatus(chain.status(), "chain-path-length", "CN=Short root");
}

TEST_F(ChainTest, KeepsToNameConstraintsOnAddresses) {
  TestCa limited = root_.IssueCa({.common_name = "Limited",
                                  .permitted_emails = {"example.org"},
                                  .excluded_emails = {"boss@example.org"}});
  auto verify = [&](CertificateOptions options) {
    return Verify(limited.Issue(options), {limited.der()}).status();
  };
  absl::Status inside = verify({.emails = {"alice@example.org"}});
  EXPECT_TRUE(inside.ok()) << inside;
  ExpectStatus(verify({.emails = {"alice@example.com"}}),
               "chain-name-constraints", "permitted subtree");
  ExpectStatus(verify({.emails = {"alice@sub.example.org"}}),
               "chain-name-constraints", "permitted subtree");
  ExpectStatus(verify({.emails = {"alice@example.org", "b@example.com"}}),
               "chain-name-constraints", "permitted subtree");
  ExpectStatus(verify({.emails = {"boss@example.org"}}),
               "chain-name-constraints", "excluded subtree");
  absl::Status utf8 = verify({.utf8_emails = {"\xc3\xbc@example.org"}});
  EXPECT_TRUE(utf8.ok()) << utf8;
  ExpectStatus(verify({.utf8_emails = {"\xc3\xbc@example.com"}}),
               "chain-name-constraints", "permitted subtree");
}

TEST_F(ChainTest, RefusesWeakIssuers) {
  TestCa weak =
      root_.IssueCa({.common_name = "Weak", .key_type = KeyType::kRsa1024});
  ExpectRefused(Alice(weak), {weak.der()}, "chain-strength", "too weak");
  TestCa sha1 =
      root_.IssueCa({.common_name = "SHA-1", .digest = Digest::kSha1});
  ExpectRefused(Alice(sha1), {sha1.der()}, "chain-strength", "too weak");
}

TEST_F(ChainTest, WantsEmailProtectionNested) {
  using Usages = std::vector<std::string>;
  auto verify = [&](const Usages& usages) {
    TestCa ca =
        root_.IssueCa({.common_name = "CA", .extended_key_usage = usages});
    return Verify(Alice(ca), {ca.der()}).status();
  };
  EXPECT_TRUE(verify({"1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.2"}).ok());
  EXPECT_TRUE(verify({"2.5.29.37.0"}).ok());
  ExpectStatus(verify({"1.3.6.1.5.5.7.3.1"}), "chain-eku-email-protection",
               "CN=CA");
  // Above the issuer as well.
  TestCa web =
      root_.IssueCa({.common_name = "Web",
                     .extended_key_usage = Usages{"1.3.6.1.5.5.7.3.1"}});
  TestCa below = web.IssueCa({.common_name = "Below"});
  ExpectRefused(Alice(below), {web.der(), below.der()},
                "chain-eku-email-protection", "CN=Web");
}

TEST_F(ChainTest, RefusesUnknownCriticalExtensionsOfIssuers) {
  TestCa ca =
      root_.IssueCa({.common_name = "CA",
                     .extensions = {{.oid = "1.2.3.4",
                                     .value = std::string("\x05\x00", 2),
                                     .critical = true}}});
  ExpectRefused(Alice(ca), {ca.der()}, "chain-critical-extension", "CN=CA");
}

TEST_F(ChainTest, KeepsToRequiredPolicies) {
  // requireExplicitPolicy 0.
  TestCa strict = root_.IssueCa(
      {.common_name = "Strict",
       .policies = {"1.2.3.4"},
       .extensions = {{.oid = "2.5.29.36",
                       .value = std::string("\x30\x03\x80\x01\x00", 5),
                       .critical = true}}});
  ExpectRefused(Alice(strict), {strict.der()}, "chain-policy", "policy");
  absl::StatusOr<std::shared_ptr<const Chain>> chain =
      Verify(strict.Issue({.emails = {"a@x"}, .policies = {"1.2.3.4"}}),
             {strict.der()});
  EXPECT_TRUE(chain.ok()) << chain.status();
}

TEST_F(ChainTest, RefusesAnAnchorInPlaceOfACertificate) {
  absl::StatusOr<std::shared_ptr<const Chain>> chain =
      anchors_.Verify(root_.der(), {}, kNowMs);
  ExpectStatus(chain.status(), "chain-anchor", "a trust anchor itself");
}

TEST_F(ChainTest, RefusesIntermediatesThatAreNone) {
  ExpectRefused(Alice(issuing_), {"x"}, "chain-intermediates",
                "intermediate 0: certificate-parse");
  std::vector<absl::string_view> nine(9, issuing_.der());
  ExpectRefused(Alice(issuing_), nine, "chain-intermediates",
                "9 intermediates, at most 8");
}

TEST_F(ChainTest, VerifiesThroughTheIssuersGiven) {
  TestCertificate leaf = Alice(issuing_);
  absl::Status status =
      VerifyThroughIssuers(leaf.der, {issuing_.der(), root_.der()}, kNowMs);
  EXPECT_TRUE(status.ok()) << status;
  status = VerifyThroughIssuers(leaf.der, {issuing_.der()}, kNowMs);
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(ChainTest, RefusesOtherIssuersThanThoseOnThePath) {
  TestCertificate leaf = Alice(issuing_);
  TestCa other = root_.IssueCa({.common_name = "Other"});
  ExpectStatus(VerifyThroughIssuers(leaf.der, {}, kNowMs), "chain-anchor",
               "no issuers");
  ExpectStatus(VerifyThroughIssuers(leaf.der, {root_.der()}, kNowMs),
               "chain-anchor", "CN=Issuing");
  ExpectStatus(
      VerifyThroughIssuers(leaf.der, {issuing_.der(), other.der(), root_.der()},
                           kNowMs),
      "chain-issuers", "2 of 3");
  TestCa second = issuing_.IssueCa({.common_name = "Second"});
  ExpectStatus(
      VerifyThroughIssuers(Alice(second).der,
                           {issuing_.der(), second.der(), root_.der()}, kNowMs),
      "chain-issuers", "issuer 0");
  ExpectStatus(VerifyThroughIssuers(leaf.der, {issuing_.der(), root_.der()},
                                    kNowMs + 400 * kDayMs),
               "chain-validity", "expired");
}

}  // namespace
}  // namespace sealbook::smime

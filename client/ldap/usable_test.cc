#include "client/ldap/usable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "crypto/hash.h"
#include "smime/testing/test_ca.h"

namespace sealbook::client::ldap {
namespace {

using smime::Address;
using smime::testing::CertificateOptions;
using smime::testing::kDayMs;
using smime::testing::kNowMs;
using smime::testing::TestCa;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint16_t kSignOnly = smime::testing::kDigitalSignature;

class UsableTest : public ::testing::Test {
 protected:
  // Adds a certificate to the entry, newer ones later; returns its DER.
  std::string Add(CertificateOptions options,
                  v1::Role role = v1::ROLE_SIGN_AND_ENCRYPT) {
    if (options.emails.empty()) options.emails = {"Alice@example.org"};
    v1::CertificateInForce* listed = entry_.add_certificates();
    listed->set_certificate(issuing_.Issue(options).der);
    listed->set_role(role);
    for (const std::string& der : issuers_) {
      listed->add_issuer_sha256(crypto::Sha256(der).ToString());
    }
    return listed->certificate();
  }

  Usable Judge(int64_t time_ms = kNowMs) {
    return JudgeCertificates(entry_, issuers_, address_, time_ms);
  }
  static std::vector<std::string> Ders(const Usable& usable) {
    std::vector<std::string> ders;
    for (const UsableCertificate& certificate : usable.certificates) {
      ders.emplace_back(certificate.der);
    }
    return ders;
  }

  const Address address_ = *Address::Parse("Alice@example.org");
  TestCa root_ = TestCa::Root({.common_name = "Root"});
  // Ends before the leaves do.
  TestCa issuing_ = root_.IssueCa(
      {.common_name = "Issuing", .not_after_ms = kNowMs + 100 * kDayMs});
  const std::vector<std::string> issuers_ = {issuing_.der(), root_.der()};
  v1::DirectoryEntry entry_;
};

TEST_F(UsableTest, PutsTheBestToEncryptWithFirst) {
  const std::string old = Add({.not_before_ms = kNowMs - 20 * kDayMs});
  const std::string young = Add({.not_before_ms = kNowMs - 10 * kDayMs});
  const std::string folded = Add({.emails = {"alice@example.org"}});
  const std::string sign = Add({.key_usage = kSignOnly}, v1::ROLE_SIGN);
  Add({.not_after_ms = kNowMs - kDayMs});  // Expired.
  const Usable usable = Judge();
  EXPECT_THAT(Ders(usable), ElementsAre(young, old, folded, sign));
  // Without the trust anchor.
  EXPECT_THAT(usable.certificates[0].intermediates,
              ElementsAre(issuing_.der()));
  EXPECT_EQ(usable.certificates[0].sha256.view(), crypto::Sha256(young).view());
}

TEST_F(UsableTest, HoldsUntilACertificateBeginsOrEnds) {
  const int64_t begin = kNowMs + 10 * kDayMs;
  const int64_t end = kNowMs + 20 * kDayMs;
  const std::string first = Add({.not_after_ms = end});
  const std::string second = Add({.not_before_ms = begin});
  const Usable now = Judge();
  EXPECT_THAT(Ders(now), ElementsAre(first));
  EXPECT_EQ(now.until_ms, begin);
  EXPECT_THAT(Ders(Judge(begin - 1)), ElementsAre(first));
  const Usable later = Judge(begin);
  EXPECT_THAT(Ders(later), ElementsAre(second, first));
  EXPECT_EQ(later.from_ms, begin);
  // Its last second counts.
  EXPECT_EQ(later.until_ms, end + 1000);
  EXPECT_THAT(Ders(Judge(end + 999)), ElementsAre(second, first));
  EXPECT_THAT(Ders(Judge(end + 1000)), ElementsAre(second));
}

TEST_F(UsableTest, HoldsUntilAnIssuerEnds) {
  const std::string leaf = Add({});
  const int64_t end = kNowMs + 100 * kDayMs + 1000;
  EXPECT_EQ(Judge().until_ms, end);
  EXPECT_THAT(Ders(Judge(end - 1)), ElementsAre(leaf));
  EXPECT_THAT(Ders(Judge(end)), IsEmpty());
}

TEST_F(UsableTest, SaysNothingOfOtherTimesWhenAnIssuerCannotBeRead) {
  Add({});
  const Usable usable =
      JudgeCertificates(entry_, {"no certificate"}, address_, kNowMs);
  EXPECT_THAT(usable.certificates, IsEmpty());
  EXPECT_EQ(usable.until_ms, kNowMs);
}

TEST_F(UsableTest, JudgesForManyAtOnce) {
  const std::string leaf = Add({});
  CertificateJudge judge;
  UsableMemo memos[2];
  std::vector<std::thread> threads;
  std::atomic<int> found = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto usable =
          judge.Judge(entry_, issuers_, address_, kNowMs, memos[i % 2]);
      if (Ders(*usable) == std::vector<std::string>{leaf}) ++found;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(found, 8);
}

TEST_F(UsableTest, IsJudgedOnceForAsLongAsItHolds) {
  UsableMemo memo;
  int judged = 0;
  const auto get = [&](const Address& address, int64_t time_ms) {
    return memo.Get(address, time_ms, [&] {
      ++judged;
      return Usable{.from_ms = 100, .until_ms = 200};
    });
  };
  const auto first = get(address_, 100);
  EXPECT_EQ(get(address_, 199), first);
  EXPECT_EQ(judged, 1);
  get(address_, 200);
  EXPECT_EQ(judged, 2);
  // The clock was set back.
  get(address_, 99);
  EXPECT_EQ(judged, 3);
  // Which match is the best depends on the case.
  get(*Address::Parse("alice@example.org"), 150);
  EXPECT_EQ(judged, 4);
}

}  // namespace
}  // namespace sealbook::client::ldap

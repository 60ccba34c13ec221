#include "smime/live.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"

namespace sealbook::smime {
namespace {

constexpr int64_t kNow = 1767225600000;

KeyHash Key(char c) { return *KeyHash::FromBytes(std::string(32, c)); }

InForce Certificate(int n, char issuer, int64_t not_after_ms = kNow) {
  InForce certificate{.issuer_key_sha256 = Key(issuer),
                      .not_after_ms = not_after_ms};
  certificate.sha256.data()[0] = static_cast<uint8_t>(n);
  return certificate;
}

std::vector<InForce> Certificates(int count, char issuer) {
  std::vector<InForce> list;
  for (int n = 0; n < count; ++n) list.push_back(Certificate(n, issuer));
  return list;
}

TEST(LiveTest, CountsTheLastSecondAsLive) {
  EXPECT_TRUE(IsLive(kNow, kNow));
  EXPECT_TRUE(IsLive(kNow, kNow + 999));
  EXPECT_FALSE(IsLive(kNow, kNow + 1000));
}

TEST(LiveTest, AllowsSixteenAndRefusesTheSeventeenth) {
  absl::Status sixteenth = CheckLiveCertificates("a@x", Certificates(15, 'i'),
                                                 Certificate(99, 'i'), kNow);
  EXPECT_TRUE(sixteenth.ok()) << sixteenth;
  absl::Status status = CheckLiveCertificates("a@x", Certificates(16, 'i'),
                                              Certificate(99, 'i'), kNow);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StartsWith(status.message(), "live-certificates"))
      << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "\"a@x\" has 16 live"))
      << status;
}

TEST(LiveTest, CountsEachIssuerForItself) {
  absl::Status status = CheckLiveCertificates("a@x", Certificates(16, 'i'),
                                              Certificate(99, 'j'), kNow);
  EXPECT_TRUE(status.ok()) << status;
}

TEST(LiveTest, ForgetsExpiredCertificates) {
  std::vector<InForce> list = Certificates(16, 'i');
  list[7].not_after_ms = kNow - 1000;
  absl::Status status =
      CheckLiveCertificates("a@x", list, Certificate(99, 'i'), kNow);
  EXPECT_TRUE(status.ok()) << status;
}

TEST(LiveTest, AllowsACertificateThatIsInForceAlready) {
  absl::Status status = CheckLiveCertificates("a@x", Certificates(16, 'i'),
                                              Certificate(15, 'i'), kNow);
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace sealbook::smime

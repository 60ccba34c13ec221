#include "server/commands/words.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

using ::testing::HasSubstr;

TEST(WordsTest, SaysDurationsInTheLargestUnitThatFits) {
  EXPECT_EQ(DurationText(86'400'000), "24 hours");
  EXPECT_EQ(DurationText(3'600'000), "1 hour");
  EXPECT_EQ(DurationText(60'000), "1 minute");
  EXPECT_EQ(DurationText(90'000), "90 seconds");
  EXPECT_EQ(DurationText(1'500), "1500 milliseconds");
  EXPECT_EQ(DurationText(1), "1 millisecond");
  EXPECT_EQ(DurationText(0), "0 milliseconds");
}

TEST(WordsTest, DescribesEveryFieldOfAConfiguration) {
  keytrans::Configuration configuration;
  configuration.signature_public_key = "abc";
  configuration.vrf_public_key = "";
  configuration.max_ahead = 60'000;
  configuration.max_behind = 7'200'000;
  configuration.reasonable_monitoring_window = 86'400'000;
  std::string text = DescribeConfiguration(configuration);
  EXPECT_THAT(text, HasSubstr("0x0001 KT_128_SHA256_P256"));
  EXPECT_THAT(text, HasSubstr("contact monitoring"));
  EXPECT_THAT(text, HasSubstr("max ahead          1 minute"));
  EXPECT_THAT(text, HasSubstr("max behind         2 hours"));
  EXPECT_THAT(text, HasSubstr("monitoring window  24 hours"));
  EXPECT_THAT(text, HasSubstr("maximum lifetime   none"));
  // SHA-256 of "abc" and of nothing (FIPS 180-4).
  EXPECT_THAT(text, HasSubstr("signing key        SHA-256 ba7816bf8f01cfea"));
  EXPECT_THAT(text, HasSubstr("VRF key            SHA-256 e3b0c44298fc1c14"));
  EXPECT_THAT(text, HasSubstr("log fingerprint    " +
                              configuration.Fingerprint().ToHex()));
  configuration.ciphersuite = crypto::CipherSuite::kEd25519;
  EXPECT_THAT(DescribeConfiguration(configuration),
              HasSubstr("cipher suite       0x0002 KT_128_SHA256_Ed25519"));
  configuration.maximum_lifetime = 172'800'000;
  EXPECT_THAT(DescribeConfiguration(configuration),
              HasSubstr("maximum lifetime   48 hours: older log entries"));
  configuration.mode = keytrans::DeploymentMode::kThirdPartyManagement;
  EXPECT_THAT(DescribeConfiguration(configuration),
              HasSubstr("third-party management"));
  configuration.mode = keytrans::DeploymentMode::kThirdPartyAuditing;
  EXPECT_THAT(DescribeConfiguration(configuration),
              HasSubstr("third-party auditing"));
}

}  // namespace
}  // namespace sealbook::server

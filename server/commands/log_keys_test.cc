#include "server/commands/log_keys.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/testing/temporary_directory.h"

namespace sealbook::server {
namespace {

using ::testing::HasSubstr;

constexpr crypto::CipherSuite kSuite = crypto::CipherSuite::kP256;

class LogKeysTest : public ::testing::Test {
 protected:
  LogKeysTest() {
    config_.signing_key_file = (dir_.path() + "/signing.pem");
    config_.vrf_key_file = (dir_.path() + "/vrf.pem");
  }

  void MakeKeys() {
    absl::StatusOr<LogKeys> keys = GenerateLogKeys(kSuite);
    ASSERT_TRUE(keys.ok()) << keys.status();
    configuration_.signature_public_key = keys->signing->public_key();
    configuration_.vrf_public_key = keys->vrf->public_key();
    const absl::Status written = WriteLogKeys(config_, *keys);
    ASSERT_TRUE(written.ok()) << written;
  }

  testing::TemporaryDirectory dir_;
  Config config_;
  keytrans::Configuration configuration_;
};

TEST_F(LogKeysTest, ReadsBackWhatItWrote) {
  EXPECT_FALSE(*HaveLogKeys(config_));
  MakeKeys();
  EXPECT_TRUE(*HaveLogKeys(config_));
  absl::StatusOr<LogKeys> read = ReadLogKeys(config_, kSuite);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(CheckLogKeys(config_, *read, configuration_).ok());
}

TEST_F(LogKeysTest, NeverOverwritesAKey) {
  MakeKeys();
  absl::StatusOr<LogKeys> others = GenerateLogKeys(kSuite);
  ASSERT_TRUE(others.ok());
  const absl::Status status = WriteLogKeys(config_, *others);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("signing.pem"));
  absl::StatusOr<LogKeys> read = ReadLogKeys(config_, kSuite);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(CheckLogKeys(config_, *read, configuration_).ok());
}

TEST_F(LogKeysTest, RefusesHalfASetNamingBothFiles) {
  MakeKeys();
  std::filesystem::remove(config_.vrf_key_file);
  const absl::Status status = HaveLogKeys(config_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(config_.signing_key_file + " is there, but not " +
                        config_.vrf_key_file));
}

TEST_F(LogKeysTest, TellsWhichKeyIsNotTheLogs) {
  MakeKeys();
  absl::StatusOr<LogKeys> keys = ReadLogKeys(config_, kSuite);
  absl::StatusOr<LogKeys> others = GenerateLogKeys(kSuite);
  ASSERT_TRUE(keys.ok() && others.ok());
  std::swap(keys->vrf, others->vrf);
  absl::Status status = CheckLogKeys(config_, *keys, configuration_);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(config_.vrf_key_file + " is not the VRF key"));
  std::swap(keys->vrf, others->vrf);
  std::swap(keys->signing, others->signing);
  status = CheckLogKeys(config_, *keys, configuration_);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(config_.signing_key_file + " is not the signing key"));
}

TEST_F(LogKeysTest, NamesAKeyFileThatIsMissingOpenToOthersOrNoKey) {
  absl::Status status = ReadLogKeys(config_, kSuite).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("signing.pem"));

  MakeKeys();
  ASSERT_EQ(chmod(config_.vrf_key_file.c_str(), 0640), 0);
  status = ReadLogKeys(config_, kSuite).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("chmod 600"));

  ASSERT_EQ(chmod(config_.vrf_key_file.c_str(), 0600), 0);
  std::ofstream(config_.vrf_key_file) << "no key";
  status = ReadLogKeys(config_, kSuite).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("vrf.pem: "));
}

}  // namespace
}  // namespace sealbook::server

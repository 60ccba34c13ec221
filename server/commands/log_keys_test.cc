#include "server/commands/log_keys.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "crypto/cipher_suite.h"
#include "crypto/types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/testing/temporary_directory.h"

namespace sealbook::server {
namespace {

using ::testing::HasSubstr;

class LogKeysTest : public ::testing::TestWithParam<crypto::CipherSuite> {
 protected:
  LogKeysTest() {
    config_.signing_key_file = (dir_.path() + "/signing.pem");
    config_.vrf_key_file = (dir_.path() + "/vrf.pem");
  }

  void MakeKeys() {
    absl::StatusOr<LogKeys> keys = GenerateLogKeys(GetParam());
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

INSTANTIATE_TEST_SUITE_P(Suites, LogKeysTest,
                         ::testing::Values(crypto::CipherSuite::kP256,
                                           crypto::CipherSuite::kEd25519),
                         [](const auto& info) {
                           return std::string(
                               crypto::CipherSuiteName(info.param));
                         });

TEST_P(LogKeysTest, ReadsBackWhatItWrote) {
  EXPECT_FALSE(*HaveLogKeys(config_));
  MakeKeys();
  EXPECT_TRUE(*HaveLogKeys(config_));
  absl::StatusOr<LogKeys> read = ReadLogKeys(config_, GetParam());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(CheckLogKeys(config_, *read, configuration_).ok());
}

TEST_P(LogKeysTest, ReadsEncryptedKeysWithThePassphraseOnly) {
  const std::string file = dir_.path() + "/passphrase";
  std::ofstream(file) << "correct horse\r\n";
  chmod(file.c_str(), 0600);
  config_.key_passphrase = {PassphraseSource::Kind::kFile, file};
  MakeKeys();
  absl::StatusOr<LogKeys> read = ReadLogKeys(config_, GetParam());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(CheckLogKeys(config_, *read, configuration_).ok());

  // The same as a credential, and by a descriptor.
  setenv("CREDENTIALS_DIRECTORY", dir_.path().c_str(), 1);
  config_.key_passphrase = {PassphraseSource::Kind::kCredential, "passphrase"};
  EXPECT_TRUE(ReadLogKeys(config_, GetParam()).ok());
  unsetenv("CREDENTIALS_DIRECTORY");
  absl::Status status = ReadLogKeys(config_, GetParam()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("LoadCredential="));
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  ASSERT_EQ(write(pipe_ends[1], "correct horse", 13), 13);
  close(pipe_ends[1]);
  config_.key_passphrase = {PassphraseSource::Kind::kDescriptor, "",
                            pipe_ends[0]};
  EXPECT_TRUE(ReadLogKeys(config_, GetParam()).ok());
  status = ReadLogKeys(config_, GetParam()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is empty"));
  close(pipe_ends[0]);

  std::ofstream(file) << "incorrect";
  config_.key_passphrase = {PassphraseSource::Kind::kFile, file};
  status = ReadLogKeys(config_, GetParam()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(config_.signing_key_file + ": the key's passphrase"));
  config_.key_passphrase = {};
  status = ReadLogKeys(config_, GetParam()).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("no passphrase"));
}

TEST_P(LogKeysTest, ReadsKeysByUri) {
  MakeKeys();
  config_.vrf_key_file = "file:" + config_.vrf_key_file;
  EXPECT_TRUE(*HaveLogKeys(config_));
  absl::StatusOr<LogKeys> read = ReadLogKeys(config_, GetParam());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(CheckLogKeys(config_, *read, configuration_).ok());
  config_.vrf_key_file = "unheard-of:key";
  const absl::Status status = ReadLogKeys(config_, GetParam()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("unheard-of:key: "));
}

TEST_P(LogKeysTest, NeverOverwritesAKey) {
  MakeKeys();
  absl::StatusOr<LogKeys> others = GenerateLogKeys(GetParam());
  ASSERT_TRUE(others.ok());
  const absl::Status status = WriteLogKeys(config_, *others);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("signing.pem"));
  absl::StatusOr<LogKeys> read = ReadLogKeys(config_, GetParam());
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(CheckLogKeys(config_, *read, configuration_).ok());
}

TEST_P(LogKeysTest, RefusesHalfASetNamingBothFiles) {
  MakeKeys();
  std::filesystem::remove(config_.vrf_key_file);
  const absl::Status status = HaveLogKeys(config_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(config_.signing_key_file + " is there, but not " +
                        config_.vrf_key_file));
}

TEST_P(LogKeysTest, TellsWhichKeyIsNotTheLogs) {
  MakeKeys();
  absl::StatusOr<LogKeys> keys = ReadLogKeys(config_, GetParam());
  absl::StatusOr<LogKeys> others = GenerateLogKeys(GetParam());
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

TEST_P(LogKeysTest, NamesAKeyFileThatIsMissingOpenToOthersOrNoKey) {
  absl::Status status = ReadLogKeys(config_, GetParam()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("signing.pem"));

  MakeKeys();
  ASSERT_EQ(chmod(config_.vrf_key_file.c_str(), 0640), 0);
  status = ReadLogKeys(config_, GetParam()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("chmod 600"));

  ASSERT_EQ(chmod(config_.vrf_key_file.c_str(), 0600), 0);
  std::ofstream(config_.vrf_key_file) << "no key";
  status = ReadLogKeys(config_, GetParam()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("vrf.pem: "));
}

TEST_P(LogKeysTest, SaysOfWhichCipherSuiteAKeyMustBe) {
  MakeKeys();
  const crypto::CipherSuite other = GetParam() == crypto::CipherSuite::kP256
                                        ? crypto::CipherSuite::kEd25519
                                        : crypto::CipherSuite::kP256;
  const absl::Status status = ReadLogKeys(config_, other).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(config_.signing_key_file + ": expected an E"));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("the log's keys are of cipher suite ",
                                     crypto::CipherSuiteName(other))));
}

}  // namespace
}  // namespace sealbook::server

#include "server/commands/init.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_replace.h"
#include "crypto/types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/structures.h"
#include "server/commands/exit_code.h"
#include "server/commands/open_log.h"
#include "server/commands/testing/test_site.h"

namespace sealbook::server {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::TestSite;
using testing::WriteFile;

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class InitTest : public ::testing::Test {
 protected:
  absl::Status Run(const Confirmation& confirmation) {
    out_.str("");
    return Init(site_.config(), confirmation, out_);
  }
  absl::Status RunYes() { return Run({.yes = true, .keys_backed_up = true}); }

  void ExpectNothingMade() {
    for (const char* name :
         {"data", "mark/mark", "signing.pem", "vrf.pem", "configuration.tls"}) {
      EXPECT_FALSE(fs::exists(site_.path(name))) << name;
    }
  }

  TestSite site_;
  std::ostringstream out_;
};

TEST_F(InitTest, MakesALogAndShowsWhatIsSignedForEver) {
  ASSERT_TRUE(RunYes().ok());
  absl::StatusOr<keytrans::Configuration> configuration =
      keytrans::Configuration::Parse(Contents(site_.path("configuration.tls")));
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  EXPECT_EQ(configuration->max_ahead, 60'000u);
  EXPECT_FALSE(configuration->maximum_lifetime.has_value());

  absl::StatusOr<OpenStore> store = OpenStoreOf(site_.config());
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(store->configuration, *configuration);
  EXPECT_EQ(store->mark->Read()->tree_size, 0u);

  const std::string shown = out_.str();
  EXPECT_THAT(shown, HasSubstr("for ever"));
  EXPECT_THAT(shown, HasSubstr("KT_128_SHA256_P256"));
  EXPECT_THAT(shown, HasSubstr("max behind         1 hour"));
  EXPECT_THAT(shown, HasSubstr(configuration->Fingerprint().ToHex()));
  EXPECT_THAT(shown, HasSubstr(site_.path("configuration.tls")));
  EXPECT_THAT(shown,
              HasSubstr("new, to be written to " + site_.path("signing.pem")));
}

TEST_F(InitTest, ShowsAMaximumLifetimeAmongWhatIsSignedForEver) {
  const Config config = site_.config("log { maximum_lifetime_ms: 90000000 }");
  const absl::Status made =
      Init(config, {.yes = true, .keys_backed_up = true}, out_);
  ASSERT_TRUE(made.ok()) << made;
  EXPECT_THAT(out_.str(), HasSubstr("maximum lifetime   25 hours"));
  absl::StatusOr<keytrans::Configuration> configuration =
      keytrans::Configuration::Parse(Contents(site_.path("configuration.tls")));
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  EXPECT_EQ(configuration->maximum_lifetime, 90'000'000u);
}

TEST_F(InitTest, MakesALogOfTheCipherSuiteThatIsAskedFor) {
  const Config config =
      site_.config("log { cipher_suite: CIPHER_SUITE_ED25519 }");
  const absl::Status made =
      Init(config, {.yes = true, .keys_backed_up = true}, out_);
  ASSERT_TRUE(made.ok()) << made;
  EXPECT_THAT(out_.str(), HasSubstr("0x0002 KT_128_SHA256_Ed25519"));
  absl::StatusOr<keytrans::Configuration> configuration =
      keytrans::Configuration::Parse(Contents(site_.path("configuration.tls")));
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  EXPECT_EQ(configuration->ciphersuite, crypto::CipherSuite::kEd25519);
  EXPECT_EQ(configuration->signature_public_key.size(), 32u);
  EXPECT_EQ(configuration->vrf_public_key.size(), 32u);
}

TEST_F(InitTest, RefusesKeysOfAnotherCipherSuite) {
  ASSERT_TRUE(RunYes().ok());
  for (const char* name : {"data", "mark/mark", "configuration.tls"}) {
    fs::remove_all(site_.path(name));
  }
  const Config config =
      site_.config("log { cipher_suite: CIPHER_SUITE_ED25519 }");
  const absl::Status status =
      Init(config, {.yes = true, .keys_backed_up = true}, out_);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr(site_.path("signing.pem") +
                ": expected an Ed25519 key, got EC; the log's keys are of "
                "cipher suite KT_128_SHA256_Ed25519"));
  EXPECT_FALSE(fs::exists(site_.path("data")));
}

TEST_F(InitTest, UsesTheKeysThatAreThere) {
  ASSERT_TRUE(RunYes().ok());
  const std::string key = Contents(site_.path("signing.pem"));
  const std::string configuration = Contents(site_.path("configuration.tls"));
  fs::remove_all(site_.path("data"));
  fs::remove(site_.path("mark/mark"));
  fs::remove(site_.path("configuration.tls"));
  ASSERT_TRUE(RunYes().ok());
  EXPECT_THAT(out_.str(), HasSubstr("from " + site_.path("vrf.pem")));
  EXPECT_EQ(Contents(site_.path("signing.pem")), key);
  EXPECT_EQ(Contents(site_.path("configuration.tls")), configuration);
}

TEST_F(InitTest, MakesALogWhenAPersonTypesYes) {
  std::istringstream in(" yes \n copied \n");
  EXPECT_TRUE(Run({.terminal = true, .in = &in}).ok());
  EXPECT_THAT(out_.str(), HasSubstr("Type yes"));
  EXPECT_TRUE(fs::exists(site_.path("data")));
}

TEST_F(InitTest, MakesNoLogBeforeItsKeysAreCopied) {
  std::istringstream in("yes\nyes\n");
  for (const Confirmation& confirmation :
       {Confirmation{.yes = true}, Confirmation{.terminal = true, .in = &in},
        Confirmation{.yes = true, .terminal = true, .in = &in}}) {
    const absl::Status status = Run(confirmation);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(ExitCodeOf(status), ExitCode::kNotConfirmed);
    EXPECT_THAT(std::string(status.message()), HasSubstr("--keys-backed-up"));
    for (const char* name : {"data", "mark/mark", "configuration.tls"}) {
      EXPECT_FALSE(fs::exists(site_.path(name))) << name;
    }
    EXPECT_THAT(out_.str(),
                HasSubstr(site_.path("vrf.pem") + "  (public key: SHA-256 "));
  }
  const std::string key = Contents(site_.path("signing.pem"));
  EXPECT_THAT(key, HasSubstr("PRIVATE KEY"));
  ASSERT_TRUE(RunYes().ok());
  EXPECT_EQ(Contents(site_.path("signing.pem")), key);
}

TEST_F(InitTest, EncryptsKeysUnderThePassphrase) {
  WriteFile(site_.path("passphrase"), "correct horse\n");
  fs::permissions(site_.path("passphrase"), fs::perms::owner_read);
  const Config config = site_.config("key_passphrase { file: \"passphrase\" }");
  const absl::Status made =
      Init(config, {.yes = true, .keys_backed_up = true}, out_);
  ASSERT_TRUE(made.ok()) << made;
  EXPECT_THAT(Contents(site_.path("vrf.pem")),
              HasSubstr("BEGIN ENCRYPTED PRIVATE KEY"));
}

TEST_F(InitTest, MakesNothingWhenAPersonTypesAnythingElse) {
  for (const std::string answer : {"no\n", "y\n", "YES\n", "\n", ""}) {
    std::istringstream in(answer);
    const absl::Status status = Run({.terminal = true, .in = &in});
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(ExitCodeOf(status), ExitCode::kNotConfirmed);
    EXPECT_THAT(std::string(status.message()), HasSubstr("nothing was made"));
  }
  ExpectNothingMade();
}

TEST_F(InitTest, MakesNothingWhenThereIsNobodyToAsk) {
  std::istringstream in("yes\n");
  const absl::Status status = Run({.terminal = false, .in = &in});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kNotConfirmed);
  EXPECT_THAT(std::string(status.message()), HasSubstr("--yes"));
  ExpectNothingMade();
}

TEST_F(InitTest, NeverTouchesAnExistingLog) {
  ASSERT_TRUE(RunYes().ok());
  absl::Status status = RunYes();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(site_.path("data") + " is not empty"));

  fs::remove_all(site_.path("data"));
  status = RunYes();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(site_.path("mark/mark") + " is there already"));

  fs::remove(site_.path("mark/mark"));
  status = RunYes();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(site_.path("configuration.tls") + " is there already"));
}

TEST_F(InitTest, RefusesHalfASetOfKeys) {
  ASSERT_TRUE(RunYes().ok());
  for (const char* name :
       {"data", "mark/mark", "configuration.tls", "signing.pem"}) {
    fs::remove_all(site_.path(name));
  }
  const absl::Status status = RunYes();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("half a set of keys"));
  EXPECT_FALSE(fs::exists(site_.path("data")));
}

TEST_F(InitTest, RefusesAMarkOnTheDatasFileSystem) {
  absl::StatusOr<Config> config =
      ParseConfig(absl::StrReplaceAll(site_.config_text(),
                                      {{"mark_on_same_file_system: true", ""}}),
                  site_.config_file());
  ASSERT_TRUE(config.ok()) << config.status();
  const absl::Status status =
      Init(*config, {.yes = true, .keys_backed_up = true}, out_);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kUsage);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("on the same file system as data_dir"));
  ExpectNothingMade();
}

TEST_F(InitTest, NamesAFolderThatIsMissing) {
  absl::StatusOr<Config> config = ParseConfig(
      absl::StrReplaceAll(site_.config_text(),
                          {{"data_dir: \"data\"", "data_dir: \"no/data\""}}),
      site_.config_file());
  ASSERT_TRUE(config.ok()) << config.status();
  const absl::Status status =
      Init(*config, {.yes = true, .keys_backed_up = true}, out_);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("no folder " + site_.path("no") + " for " +
                        site_.path("no/data")));
  ExpectNothingMade();
}

TEST_F(InitTest, ListsWhatItBeganWhenALaterStepFails) {
  // Somebody makes the data directory while the operator thinks.
  struct Meddling : std::streambuf {
    explicit Meddling(std::string folder) : folder(std::move(folder)) {}
    // Called once, when the answer is first asked for: the get area is empty.
    int_type underflow() override {
      fs::create_directory(folder);
      WriteFile(folder + "/other", "");
      setg(answer.data(), answer.data(), answer.data() + answer.size());
      return traits_type::to_int_type(answer.front());
    }
    std::string folder;
    std::string answer = "yes\ncopied\n";
  } meddling(site_.path("data"));
  std::istream meddled(&meddling);
  const absl::Status status = Run({.terminal = true, .in = &meddled});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("No log was made; remove what this run began"));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(site_.path("signing.pem")));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(site_.path("mark/mark")));
}

}  // namespace
}  // namespace sealbook::server

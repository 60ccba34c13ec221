#include "client/cli/testing/cli_test.h"
#include "client/state.h"

namespace sealbook::client {
namespace {

using ::testing::HasSubstr;

class ConfigureTest : public CliTest {
 protected:
  std::string fingerprint() const {
    return log_.configuration().Fingerprint().ToHex();
  }
  size_t KnownLogs() {
    auto state = State::Open(path("state"), State::Mode::kExisting);
    return state.ok() ? state->ReadLogs()->size() : 0;
  }
};

TEST_F(ConfigureTest, TakesAConfigurationFromAFile) {
  CliResult result = Configure({"--configuration", configuration_file_});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr(fingerprint()), HasSubstr(server_.target())));
  State state = State::Open(path("state"), State::Mode::kExisting).value();
  LogRecord log = state.ReadLogs().value().at(0);
  EXPECT_EQ(log.configuration, log_.configuration());
  EXPECT_EQ(log.server.target, server_.target());
  EXPECT_EQ(log.server.ca_file, ca_file_);
}

TEST_F(ConfigureTest, FetchesTheConfigurationThatHasTheFingerprint) {
  std::string with_colons;
  for (size_t i = 0; i < fingerprint().size(); i += 2) {
    if (i > 0) with_colons += ":";
    with_colons += absl::AsciiStrToUpper(fingerprint().substr(i, 2));
  }
  CliResult result = Configure({"--fingerprint", with_colons, "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.json()["result"], "configured");
  EXPECT_EQ(result.json()["fingerprint"], fingerprint());
  EXPECT_EQ(KnownLogs(), 1u);
}

TEST_F(ConfigureTest, RefusesAConfigurationWithAnotherFingerprint) {
  std::string other(64, '0');
  for (auto source :
       {std::vector<std::string>{}, {"--configuration", configuration_file_}}) {
    source.insert(source.end(), {"--fingerprint", other, "--json"});
    CliResult result = Configure(source);
    EXPECT_EQ(result.code, 3);
    EXPECT_THAT(result.err, AllOf(HasSubstr("REFUSED (fingerprint)"),
                                  HasSubstr(other), HasSubstr(fingerprint())));
    EXPECT_EQ(result.json()["reason"], "fingerprint");
    EXPECT_EQ(KnownLogs(), 0u);
  }
}

TEST_F(ConfigureTest, ShowsAClaimAndTrustsNothing) {
  CliResult result = Configure({"--json"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("Not trusted yet"), HasSubstr(fingerprint()),
                    HasSubstr("--fingerprint FINGERPRINT")));
  EXPECT_EQ(result.json()["claimed_fingerprint"], fingerprint());
  EXPECT_EQ(KnownLogs(), 0u);
}

TEST_F(ConfigureTest, RefusesToChangeTheLogOfAState) {
  ConfigureWell();
  keytrans::TestLog other(1000, keytrans::TestKeys::kReal);
  std::string file = Write("other.tls", other.configuration().Encode());
  CliResult result = Configure({"--configuration", file, "--json"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("never changes"), HasSubstr(fingerprint()),
                    HasSubstr("--state DIR")));
  EXPECT_EQ(result.json()["code"], "ALREADY_EXISTS");
  // The same once more is fine.
  ConfigureWell();
  EXPECT_EQ(KnownLogs(), 1u);
}

TEST_F(ConfigureTest, RefusesAFileThatIsNoConfiguration) {
  std::string bytes = log_.configuration().Encode();
  CliResult result = Configure({"--configuration", Write("x", bytes + "x")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("not the configuration of a log"),
                                HasSubstr(path("x"))));
  // Keys that are no points of the curve.
  keytrans::Configuration bad = log_.configuration();
  bad.vrf_public_key[1] ^= 1;
  bad.signature_public_key[1] ^= 1;
  result = Configure({"--configuration", Write("y", bad.Encode())});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(KnownLogs(), 0u);
}

TEST_F(ConfigureTest, RefusesWhatIsNoFingerprintOrServer) {
  for (const char* bad : {"00", "xyz", ""}) {
    CliResult result = Configure({"--fingerprint", std::string(bad) + "g"});
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.err, HasSubstr("hexadecimal"));
  }
  CliResult result = RunCli({"configure", "--server", "localhost"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("HOST:PORT"));
}

}  // namespace
}  // namespace sealbook::client

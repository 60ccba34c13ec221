// What tests/e2e/watch_test.sh does not show of `sealbook watch`: a second
// channel, answers that are refused, and what is printed as JSON.
#include "client/cli/testing/cli_test.h"

namespace sealbook::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kAlice[] = "alice@example.org";

class WatchTest : public CliTest {
 protected:
  WatchTest() { ConfigureWell(); }

  CliResult Watch(std::vector<std::string> more) {
    more.insert(more.begin(), {"watch", "--state", path("state")});
    return RunCli(std::move(more));
  }
  nlohmann::json List() { return Watch({"--list", "--json"}).json(); }
};

TEST_F(WatchTest, ComparesOverASecondChannelOnceAWindow) {
  FakeServer mirror(log_, ServerTls(tls_ca_));
  const std::vector<std::string> arguments = {
      "--once", kAlice, "--via", mirror.target(), "--via-ca", ca_file_};
  CliResult result = Watch(arguments);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("second channel: it shows the same log"));
  EXPECT_THAT(result.err, Not(HasSubstr("no second channel")));
  result = Watch(arguments);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, Not(HasSubstr("second channel")));
}

TEST_F(WatchTest, AForkOverTheSecondChannelIsAnAlarm) {
  const auto other = log_.Twin();
  other->Append(kNow - 5000, {{kAlice, AliceEntry()}});
  other->Append(kNow - 3000, {{"bob@example.org", "bob"}});
  other->Append(kNow - 3000, {});
  FakeServer mirror(*other, ServerTls(tls_ca_));
  for (int i = 0; i < 2; ++i) {
    const CliResult result = Watch(
        {"--once", kAlice, "--via", mirror.target(), "--via-ca", ca_file_});
    EXPECT_EQ(result.code, 3) << result.out << result.err;
    EXPECT_THAT(result.err, HasSubstr("second channel"));
    const auto alarms = List()["alarms"];
    ASSERT_EQ(alarms.size(), 1u);
    EXPECT_EQ(alarms[0]["kind"], "fork");
    EXPECT_EQ(alarms[0]["id"], 1);
    EXPECT_NE(alarms[0]["evidence"], "");
  }
}

TEST_F(WatchTest, ASecondChannelThatIsAwayIsNoAlarm) {
  const CliResult result =
      Watch({"--once", kAlice, "--via", "localhost:1", "--timeout", "5"});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("second channel"));
  EXPECT_EQ(List()["alarms"].size(), 0u);
}

TEST_F(WatchTest, AnAnswerThatIsRefusedIsAnAlarmUntilItIsDismissed) {
  server_.tamper_owner_init = [](v1::OwnerInitAnswer& answer) {
    answer.mutable_response()->back() ^= 1;
  };
  CliResult result = Watch({"--once", kAlice, "--json"});
  EXPECT_EQ(result.code, 3) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\"result\":\"refused\""));
  auto alarms = List()["alarms"];
  ASSERT_EQ(alarms.size(), 1u);
  EXPECT_EQ(alarms[0]["kind"], "refused-proof");
  EXPECT_EQ(alarms[0]["address"], kAlice);
  const std::string evidence = alarms[0]["evidence"];
  result = RunCli({"verify", "--from", evidence, "--view",
                   evidence + "/view.tls", "--state", path("state")});
  EXPECT_EQ(result.code, 3) << result.out << result.err;

  server_.tamper_owner_init = nullptr;
  EXPECT_EQ(Watch({"--once", kAlice}).code, 3);
  EXPECT_EQ(Watch({"--dismiss", "1"}).code, 0);
  EXPECT_EQ(Watch({"--once", kAlice}).code, 0);
}

// It says once that it waits, and tells what it has found before it does.
TEST_F(WatchTest, WaitsForTheServersLimit) {
  ASSERT_EQ(Watch({"--once", kAlice, "--quiet"}).code, 0);
  log_.Append(kNow - 100, {{kAlice, AliceEntry()}});
  int calls = 0;
  // Of carol@example.org, after Search, Update and OwnerMonitor.
  server_.limit = [&] { return ++calls == 4 || calls == 6 ? 3000 : 0; };
  while_asleep_ = [&] {
    EXPECT_TRUE(ReadFile(path("alarms")).ok()) << "while it waits";
  };
  CliResult result = Watch({"--once", kAlice, "carol@example.org", "--exec",
                            "cat >>" + path("alarms")});
  EXPECT_EQ(result.code, 6) << result.err;
  EXPECT_THAT(slept_, ::testing::ElementsAre(3000, 3000));
  const std::string note = "limits how many addresses";
  ASSERT_THAT(result.err, HasSubstr(note));
  EXPECT_EQ(result.err.find(note), result.err.rfind(note)) << result.err;

  server_.limit = [&] { return 3000; };
  while_asleep_ = nullptr;
  slept_.clear();
  result = Watch({"--once", "--quiet"});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr(note)));
  EXPECT_THAT(slept_, ::testing::SizeIs(10));
}

TEST_F(WatchTest, PrintsNewVersionsAndTheirAlarmsAsJson) {
  ASSERT_EQ(Watch({"--once", kAlice, "--quiet"}).code, 0);
  log_.Append(kNow - 100, {{kAlice, AliceEntry()}});
  const CliResult result = Watch({"--once", "--json"});
  EXPECT_EQ(result.code, 6) << result.err;
  std::istringstream lines(result.out);
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  const auto checked = nlohmann::json::parse(line, nullptr, false);
  EXPECT_EQ(checked["address"], kAlice);
  EXPECT_EQ(checked["result"], "new");
  EXPECT_EQ(checked["version"], 1);
  EXPECT_EQ(checked["new_versions"], nlohmann::json::array({1}));
  EXPECT_EQ(checked["tree_size"], 4);
  EXPECT_EQ(checked["log_root"], log_.Root(4).ToHex());
  ASSERT_TRUE(std::getline(lines, line));
  const auto alarm = nlohmann::json::parse(line, nullptr, false);
  EXPECT_EQ(alarm["kind"], "unknown-version");
  EXPECT_EQ(alarm["address"], kAlice);
}

}  // namespace
}  // namespace sealbook::client

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/testing/cli_test.h"
#include "client/words.h"

namespace sealbook::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// alice@example.org: version 0 has one certificate, 1 adds a second, 2 takes
// the first away, 3 to 7 repeat that.
class HistoryCommandTest : public CliTest {
 protected:
  HistoryCommandTest()
      : second_(issuing_.Issue({.emails = {"alice@example.org"}})) {
    log_.Append(kNow - 2000, {{"alice@example.org", Entry({alice_, second_})}});
    for (int i = 0; i < 6; ++i) {
      log_.Append(kNow - 1000 + 100 * i,
                  {{"alice@example.org", Entry({second_})}});
    }
  }

  std::string Entry(
      const std::vector<smime::testing::TestCertificate>& certificates) const {
    v1::DirectoryEntry entry;
    entry.set_format(1);
    entry.set_publisher("demo-ca");
    entry.mutable_issued()->set_certificate_sha256(
        crypto::Sha256(second_.der).ToString());
    for (const auto& certificate : certificates) {
      v1::CertificateInForce* listed = entry.add_certificates();
      listed->set_certificate(certificate.der);
      listed->set_role(v1::ROLE_SIGN_AND_ENCRYPT);
      listed->add_issuer_sha256(crypto::Sha256(issuing_.der()).ToString());
      listed->add_issuer_sha256(crypto::Sha256(root_.der()).ToString());
    }
    return entry.SerializeAsString();
  }

  CliResult History(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"history", "--state", path("state")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCli(arguments);
  }

  // The time of the last version or later, as a person would write it.
  static std::string Now() {
    return TimeInWords(kNow).substr(0,
                                    std::string("2026-01-01 00:00:00").size());
  }

  static std::string Hash(const smime::testing::TestCertificate& certificate) {
    return crypto::Sha256(certificate.der).ToHex();
  }

  smime::testing::TestCertificate second_;
};

TEST_F(HistoryCommandTest, ShowsATimelineNewestFirst) {
  ConfigureWell();
  CliResult result = History({"alice@example.org"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("verified: 8 versions, in a log of 10 entries"),
                    HasSubstr("issued by demo-ca"),
                    HasSubstr("the same certificates as before")));
  size_t at = 0;
  for (int version = 7; version >= 0; --version) {
    const size_t found = result.out.find(absl::StrCat("version ", version), at);
    ASSERT_NE(found, std::string::npos) << version << "\n" << result.out;
    at = found;
  }
  EXPECT_TRUE(result.err.empty()) << result.err;
}

TEST_F(HistoryCommandTest, SaysWhatChangedCertificateByCertificate) {
  ConfigureWell();
  CliResult result = History({"--json", "alice@example.org"});
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json versions = result.json()["versions"];
  ASSERT_EQ(versions.size(), 8u);
  auto of = [&](int version) { return versions[7 - version]; };
  EXPECT_EQ(of(0)["added"], nlohmann::json({Hash(alice_)}));
  EXPECT_EQ(of(0)["since_ms"], kNow - 5000);
  EXPECT_EQ(of(0)["position"], 0);
  EXPECT_EQ(of(1)["added"], nlohmann::json({Hash(second_)}));
  EXPECT_EQ(of(1)["removed"], nlohmann::json::array());
  EXPECT_EQ(of(2)["added"], nlohmann::json::array());
  EXPECT_EQ(of(2)["removed"], nlohmann::json({Hash(alice_)}));
  EXPECT_EQ(of(7)["entry"]["publisher"], "demo-ca");
  EXPECT_EQ(result.json()["tree_size"], 10);
}

TEST_F(HistoryCommandTest, ShowsOneVersion) {
  ConfigureWell();
  CliResult result = History({"--json", "--version", "2", "alice@example.org"});
  ASSERT_EQ(result.code, 0) << result.err;
  ASSERT_EQ(result.json()["versions"].size(), 1u);
  EXPECT_EQ(result.json()["versions"][0]["version"], 2);
  EXPECT_EQ(result.json()["versions"][0]["removed"],
            nlohmann::json({Hash(alice_)}));
  result = History({"--version", "0", "alice@example.org"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("version 0, since"),
                                HasSubstr("verified: 1 version, ")));
}

TEST_F(HistoryCommandTest, ShowsATimeOnly) {
  ConfigureWell();
  CliResult result =
      History({"--json", "--since", "1970-01-02", "alice@example.org"});
  EXPECT_EQ(result.json()["versions"].size(), 8u);
  result = History({"--json", "--until", "1970-01-02", "alice@example.org"});
  EXPECT_EQ(result.code, 4) << result.err;
  EXPECT_TRUE(result.json()["versions"].empty());
  result = History({"--until", "1970-01-02", "alice@example.org"});
  EXPECT_THAT(result.out, HasSubstr("nothing appeared in that time"));
  // What was in force at the beginning is shown.
  result = History({"--json", "--since", "2100-01-01", "alice@example.org"});
  ASSERT_EQ(result.json()["versions"].size(), 1u);
  EXPECT_EQ(result.json()["versions"][0]["version"], 7);
}

TEST_F(HistoryCommandTest, ProvesWhatIsNotThere) {
  ConfigureWell();
  CliResult result = History({"nobody@example.org"});
  EXPECT_EQ(result.code, 4) << result.err;
  EXPECT_THAT(result.out, HasSubstr("has no certificate, and never had one"));
  result = History({"--version", "8", "alice@example.org"});
  EXPECT_EQ(result.code, 4) << result.err;
  EXPECT_THAT(result.out,
              HasSubstr("version 8 does not exist, the greatest is 7"));
}

TEST_F(HistoryCommandTest, RefusesAForgedPageAndKeepsTheEvidence) {
  ConfigureWell();
  int pages = 0;
  server_.tamper_history = [&](v1::HistoryPage& page) {
    if (++pages == 2) page.mutable_response()->back() ^= 1;
  };
  CliResult result = History({"alice@example.org"});
  EXPECT_EQ(result.code, 3) << result.out;
  // What was proven before stands.
  EXPECT_THAT(result.out, HasSubstr("version 7"));
  EXPECT_THAT(result.out, Not(HasSubstr("verified: ")));
  EXPECT_THAT(result.err, HasSubstr("evidence kept in "));
  size_t answers = 0;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(path("state/evidence"))) {
    answers += file.path().filename() == "history.tls" ? 1 : 0;
  }
  EXPECT_EQ(answers, 1u);
}

// What is left out must not look like the end.
TEST_F(HistoryCommandTest, DoesNotTakeAHistoryCutShortForAWholeOne) {
  ConfigureWell();
  int pages = 0;
  server_.end_history = [&] { return ++pages > 1; };
  CliResult result = History({"alice@example.org"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, Not(HasSubstr("verified: ")));
  EXPECT_THAT(result.err, HasSubstr("ended the history before version 4"));
  server_.end_history = [] { return true; };
  result = History({"--json", "alice@example.org"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("before its first page"));
}

TEST_F(HistoryCommandTest, RefusesAnAnswerToAnotherQuestion) {
  ConfigureWell();
  server_.tamper = [](v1::SearchAnswer& answer) {
    const std::string bytes = answer.response();
    answer.set_greatest(bytes);
  };
  CliResult result = LookUp({"alice@example.org"});
  EXPECT_EQ(result.code, 3) << result.out;
  EXPECT_THAT(result.err, HasSubstr("none was asked for"));
}

TEST_F(HistoryCommandTest, RefusesTimesAndOptionsThatMakeNoSense) {
  ConfigureWell();
  CliResult result = History({"--since", "yesterday", "alice@example.org"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("\"yesterday\" is not a time"));
  result =
      History({"--since", "2026-01-01", "--version", "1", "alice@example.org"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--version names one version"));
  result = History(
      {"--since", "2026-01-02", "--until", "2026-01-01", "alice@example.org"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("2026-01-02 is later than --until"));
}

TEST_F(HistoryCommandTest, LooksOneVersionUp) {
  ConfigureWell();
  CliResult result = LookUp({"--json", "--version", "1", "alice@example.org"});
  ASSERT_EQ(result.code, 0) << result.err;
  nlohmann::json found = result.json()["addresses"][0];
  EXPECT_EQ(found["version"], 1);
  EXPECT_EQ(found["entry"]["certificates"].size(), 2u);
  result = LookUp({"--version", "8", "alice@example.org"});
  EXPECT_EQ(result.code, 4) << result.err;
  EXPECT_THAT(result.out,
              HasSubstr("version 8 does not exist, the greatest is 7"));
}

TEST_F(HistoryCommandTest, ShowsWhatWasInForceAtATime) {
  ConfigureWell();
  CliResult result = LookUp(
      {"--json", "--at", Now(), "alice@example.org", "nobody@example.org"});
  EXPECT_EQ(result.code, 4) << result.err;
  EXPECT_EQ(result.json()["addresses"][0]["version"], 7);
  EXPECT_EQ(result.json()["addresses"][1]["result"], "absent");
  result = LookUp({"--at", "1970-01-02", "alice@example.org"});
  EXPECT_EQ(result.code, 4) << result.err;
  EXPECT_THAT(result.out, HasSubstr("the log began after 1970-01-02"));
  result = LookUp({"--at", "2100-01-01", "alice@example.org"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("2100-01-01 is in the future"));

  server_.tamper_as_of = [](v1::AsOfAnswer& answer) {
    answer.mutable_response()->back() ^= 1;
  };
  result = LookUp({"--at", Now(), "alice@example.org"});
  EXPECT_EQ(result.code, 3) << result.out;
}

TEST_F(HistoryCommandTest, StatesAsOfATimeWaitForTheLimit) {
  ConfigureWell();
  int left = 2;
  server_.limit = [&] { return left > 0 ? (left--, 0) : 100; };
  while_asleep_ = [&] {
    left += 2;
    log_.Append(kNow, {});
  };
  std::vector<std::string> arguments = {"--json", "--at", Now()};
  for (int i = 0; i < 5; ++i) arguments.push_back("alice@example.org");
  err_is_terminal_ = true;
  CliResult result = LookUp(arguments);
  EXPECT_EQ(result.code, 0) << result.err;
  std::vector<uint64_t> sizes;
  const nlohmann::json answers = result.json()["addresses"];
  for (const nlohmann::json& answer : answers) {
    EXPECT_EQ(answer["version"], 7);
    sizes.push_back(answer["tree_size"]);
  }
  EXPECT_EQ(sizes, (std::vector<uint64_t>{10, 10, 11, 11, 12}));
  EXPECT_EQ(slept_, (std::vector<uint64_t>{2000, 2000}));
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("]  5/5"),
                    HasSubstr("the server limits how many addresses"),
                    HasSubstr("from 10 to 12 entries: the answers are proven "
                              "in 3 of its trees")));
}

TEST_F(HistoryCommandTest, StatesAsOfATimeDoNotEachWaitInVain) {
  ConfigureWell();
  int asked = 0;
  server_.limit = [&]() -> uint64_t { return ++asked == 1 ? 0 : 100; };
  CliResult result = LookUp({"--at", Now(), "alice@example.org",
                             "alice@example.org", "alice@example.org"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("version 7"));
  EXPECT_THAT(result.err, HasSubstr("too many addresses"));
  // The first that waited in vain has waited for all.
  EXPECT_EQ(slept_.size(), 10u);
}

TEST_F(HistoryCommandTest, SaysThatItWaitsForTheLimit) {
  ConfigureWell();
  server_.limit = [this] { return slept_.empty() ? 100 : 0; };
  CliResult result = History({"alice@example.org"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("trying again in 2 s"));
}

TEST_F(HistoryCommandTest, VerifiesExportedStatesOffline) {
  ConfigureWell();
  CliResult result =
      LookUp({"--at", Now(), "--export", path("e"), "alice@example.org"});
  ASSERT_EQ(result.code, 0) << result.err;
  result = RunCli({"verify", "--from", path("e"), "--state", path("state")});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("VERIFIED: in force as of log entry 9, "));
  result =
      LookUp({"--version", "9", "--export", path("v"), "alice@example.org"});
  result = RunCli({"verify", "--from", path("v"), "--state", path("state"),
                   "--view", path("v/view.tls"), "--json"});
  EXPECT_EQ(result.json()["result"], "verified-no-such-version") << result.err;
}

}  // namespace
}  // namespace sealbook::client

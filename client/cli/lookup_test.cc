#include "client/cli/testing/cli_test.h"
#include "client/exchange.h"
#include "smime/certificate.h"

namespace sealbook::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class LookupTest : public CliTest {
 protected:
  LookupTest() { ConfigureWell(); }
};

TEST_F(LookupTest, ShowsWhatIsProven) {
  CliResult result = LookUp({"alice@example.org"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("alice@example.org\n"),
            HasSubstr("verified: version 0, in a log of 3 entries, the newest "
                      "3 s old"),
            HasSubstr("issued by demo-ca"),
            HasSubstr("1. to sign and encrypt, usable"),
            HasSubstr("Alice@Example.org (upper and lower case differ)"),
            HasSubstr(smime::HashCertificate(alice_.der).ToHex())));
  EXPECT_THAT(result.err, IsEmpty());
}

TEST_F(LookupTest, PrintsJson) {
  CliResult result =
      LookUp({"--json", "Alice@EXAMPLE.org", "nobody@example.org"});
  EXPECT_EQ(result.code, 4);
  nlohmann::json alice = result.json()["addresses"][0];
  EXPECT_EQ(alice["address"], "Alice@EXAMPLE.org");
  EXPECT_EQ(alice["label"], "alice@example.org");
  EXPECT_EQ(alice["result"], "found");
  EXPECT_EQ(alice["tree_size"], 3);
  EXPECT_EQ(alice["log_root"], log_.Root(3).ToHex());
  nlohmann::json certificate = alice["entry"]["certificates"][0];
  EXPECT_EQ(certificate["usable"], true);
  EXPECT_EQ(certificate["address_match"], "exact");
  EXPECT_EQ(certificate["certificate"], absl::Base64Escape(alice_.der));
  EXPECT_EQ(certificate["issuers"].size(), 2u);
  nlohmann::json nobody = result.json()["addresses"][1];
  EXPECT_EQ(nobody["result"], "absent");
  EXPECT_EQ(nobody["log_root"], alice["log_root"]);
}

TEST_F(LookupTest, PrintsPemWithTheChain) {
  CliResult result = LookUp({"--pem", "alice@example.org"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(smime::ReadCertificates(result.out).value(),
              ElementsAre(alice_.der, issuing_.der(), root_.der()));
}

TEST_F(LookupTest, PrintsNoPemOfACertificateThatIsNotUsable) {
  now_ += 366 * 86'400'000ULL;
  log_.Append(now_, {});
  CliResult result = LookUp({"--pem", "alice@example.org"});
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, HasSubstr("no usable certificate"));
}

TEST_F(LookupTest, SaysThatAnAddressProvablyHasNothing) {
  CliResult result = LookUp({"nobody@example.org"});
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.out, HasSubstr("proven: this address has no certificate"));
}

TEST_F(LookupTest, LeavesOutCaseFoldedAddressesWhenToldTo) {
  EXPECT_EQ(LookUp({"--exact", "Alice@example.org"}).code, 0);
  CliResult result = LookUp({"--exact", "alice@example.org"});
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.out, HasSubstr("no certificate to show"));
}

TEST_F(LookupTest, RefusesAForgedAnswerInWords) {
  server_.tamper = [](v1::SearchAnswer& answer) {
    answer.mutable_response()->push_back('x');
  };
  CliResult result = LookUp({"--json", "alice@example.org"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("REFUSED (malformed): The answer is damaged"),
                    HasSubstr("evidence kept in")));
  nlohmann::json json = result.json()["addresses"][0];
  EXPECT_EQ(json["result"], "refused");
  EXPECT_EQ(json["reason"], "malformed");
  EXPECT_TRUE(ReadExchange(json["evidence"]).ok());
}

TEST_F(LookupTest, SuggestsToCheckAClockThatIsADayOff) {
  now_ += 86'400'000;
  CliResult result = LookUp({"alice@example.org"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(
      result.err,
      AllOf(HasSubstr("REFUSED (stale-head)"), HasSubstr("Check the clock"),
            HasSubstr("2026-01-01"), HasSubstr("2026-01-02")));
  now_ -= 2 * 86'400'000;
  result = LookUp({"alice@example.org"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("REFUSED (future-head)"),
                    HasSubstr("Check the clock"), HasSubstr("2025-12-31")));
}

TEST_F(LookupTest, TheWorstAnswerDecidesTheExitCode) {
  server_.tamper = [](v1::SearchAnswer& answer) {
    if (answer.has_response()) answer.Clear();
  };
  CliResult result = LookUp({"alice@example.org", "nobody@example.org"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.out, HasSubstr("nobody@example.org"));
  EXPECT_THAT(result.out, Not(HasSubstr("alice")));
}

TEST_F(LookupTest, ExportsTheExactBytes) {
  ASSERT_EQ(LookUp({"--export", path("e1"), "alice@example.org"}).code, 0);
  ASSERT_EQ(LookUp({"--export", path("e2"), "alice@example.org"}).code, 0);
  ASSERT_EQ(LookUp({"--export", path("e3"), "nobody@example.org"}).code, 4);
  EXPECT_EQ(ReadFile(path("e1/request.tls")).value(), server_.requests[0]);
  EXPECT_EQ(ReadFile(path("e2/request.tls")).value(), server_.requests[1]);
  EXPECT_EQ(ReadFile(path("e1/view.tls")).status().code(),
            absl::StatusCode::kNotFound);
  auto view = keytrans::TreeView::Parse(ReadFile(path("e2/view.tls")).value());
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->Root(), log_.Root(3));
  EXPECT_TRUE(ReadFile(path("e3/absence.tls")).ok());
  EXPECT_TRUE(ReadFile(path("e1/issuers/" +
                            crypto::Sha256(issuing_.der()).ToHex() + ".der"))
                  .ok());
  // Nothing is overwritten.
  CliResult result = LookUp({"--export", path("e1"), "alice@example.org"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("not empty"));
}

TEST_F(LookupTest, ExportTakesOneAddress) {
  CliResult result =
      LookUp({"--export", path("e"), "a@example.org", "b@example.org"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("one address"));
  EXPECT_THAT(server_.requests, IsEmpty());
}

TEST_F(LookupTest, RefusesWhatIsNoAddress) {
  for (const std::string& bad :
       {std::string("alice"), std::string("@example.org"),
        std::string("a@[127.0.0.1]"), std::string(300, 'a') + "@example.org"}) {
    CliResult result = LookUp({bad});
    EXPECT_EQ(result.code, 2) << bad;
    EXPECT_THAT(result.err, HasSubstr("address-")) << bad;
  }
  EXPECT_THAT(server_.requests, IsEmpty());
}

TEST_F(LookupTest, NamesTheCaBundleOfAnotherServer) {
  std::string other = Write("other.pem", TlsCa("Other").pem());
  CliResult result = RunCli({"configure", "--server", server_.target(), "--ca",
                             other, "--state", path("state"), "--configuration",
                             configuration_file_});
  ASSERT_EQ(result.code, 0) << result.err;
  result = LookUp({"alice@example.org"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr(other), HasSubstr("error:")));
}

TEST_F(LookupTest, SaysThatNothingIsConfigured) {
  CliResult result =
      RunCli({"lookup", "--state", path("none"), "alice@example.org"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("sealbook configure"));
}

TEST_F(LookupTest, AnswersOfALimitedServerNameTheirTrees) {
  int left = 2;
  server_.limit = [&] { return left > 0 ? (left--, 0) : 100; };
  while_asleep_ = [&] {
    ++left;
    log_.Append(kNow, {});
  };
  const std::vector<std::string> addresses = {
      "--json", "alice@example.org", "alice@example.org", "alice@example.org"};
  err_is_terminal_ = true;
  CliResult result = LookUp(addresses);
  EXPECT_EQ(result.code, 0) << result.err;
  const nlohmann::json answers = result.json()["addresses"];
  EXPECT_EQ(answers[0]["tree_size"], 3);
  EXPECT_EQ(answers[1]["tree_size"], 3);
  EXPECT_EQ(answers[2]["tree_size"], 4);
  EXPECT_THAT(slept_, ElementsAre(2000));
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("]  1/3"), HasSubstr("]  3/3"),
                    HasSubstr("asking again in 2 s"),
                    HasSubstr("the log grew meanwhile, from 3 to 4 entries")));
  // In one tree, nothing is to be said.
  server_.limit = nullptr;
  EXPECT_THAT(LookUp(addresses).err, Not(HasSubstr("note")));
}

TEST_F(LookupTest, StatusShowsWhatIsVerifiedBesideWhatTheServerSays) {
  CliResult result = RunCli({"status", "--state", path("state")});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("nothing verified yet"));
  ASSERT_EQ(LookUp({"alice@example.org"}).code, 0);
  log_.Append(kNow - 1000, {});
  result = RunCli({"status", "--state", path("state"), "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  nlohmann::json json = result.json();
  EXPECT_EQ(json["verified"]["tree_size"], 3);
  EXPECT_EQ(json["verified"]["head_age_ms"], 3000);
  EXPECT_EQ(json["server_says"]["tree_size"], 4);
  EXPECT_EQ(json["server_says"]["queue_depth"], 7);
  EXPECT_EQ(json["server_says"]["warning"], "");
  result = RunCli({"status", "--state", path("state")});
  EXPECT_THAT(result.out, AllOf(HasSubstr("tree size     3 (verified)"),
                                HasSubstr("tree size 4"),
                                HasSubstr("newest entry  2026-01-01")));
}

TEST_F(LookupTest, StatusCountsRefusedAnswersAndWarnsOfASmallerLog) {
  log_.Append(kNow - 1000, {});
  ASSERT_EQ(LookUp({"alice@example.org"}).code, 0);
  server_.tamper = [](v1::SearchAnswer& answer) { answer.Clear(); };
  ASSERT_EQ(LookUp({"alice@example.org"}).code, 3);
  server_.status_tree_size = 2;
  CliResult result = RunCli({"status", "--state", path("state")});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("refused       1 answers"), HasSubstr("WARNING"),
                    HasSubstr("rolled back")));
}

TEST_F(LookupTest, StatusWorksOfflineAndSaysWhenTheServerIsGone) {
  CliResult result = RunCli({"configure", "--server", "localhost:1", "--ca",
                             ca_file_, "--state", path("state"),
                             "--configuration", configuration_file_});
  ASSERT_EQ(result.code, 0) << result.err;
  result = RunCli({"status", "--state", path("state"), "--offline"});
  EXPECT_EQ(result.code, 0) << result.err;
  result = RunCli({"status", "--state", path("state"), "--json"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("Nothing listens on localhost:1"));
  EXPECT_EQ(result.json()["server_says"]["code"], "UNAVAILABLE");
}

}  // namespace
}  // namespace sealbook::client

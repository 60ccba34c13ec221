#include <filesystem>

#include "client/cli/testing/cli_test.h"
#include "client/exchange.h"
#include "client/state.h"

namespace sealbook::client {
namespace {

using ::testing::HasSubstr;

// Answers as files, without a server.
class VerifyTest : public CliTest {
 protected:
  Exchange Ask(const std::string& label, std::optional<uint64_t> last) {
    keytrans::SearchRequest request;
    request.label = label;
    request.last = last;
    auto answer = log_.Answer(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    Exchange exchange;
    exchange.configuration = log_.configuration().Encode();
    exchange.request = request.Encode();
    exchange.response = answer->bytes;
    if (answer->kind == keytrans::SearchAnswer::Kind::kAbsent) {
      exchange.kind = AnswerKind::kAbsent;
    }
    exchange.time_ms = kNow;
    if (last.has_value()) exchange.view = log_.View(*last).Encode();
    exchange.issuers = {issuing_.der(), root_.der()};
    return exchange;
  }
  std::string Export(const std::string& name, const Exchange& exchange) {
    absl::Status status = WriteExchange(path(name), exchange);
    EXPECT_TRUE(status.ok()) << status;
    return path(name);
  }
  // `sealbook verify` with the files of a folder.
  CliResult Verify(const std::string& folder,
                   const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"verify",
                                          "--configuration",
                                          folder + "/configuration.tls",
                                          "--operation",
                                          "search",
                                          "--request",
                                          folder + "/request.tls",
                                          "--response",
                                          folder + "/response.tls"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCli(arguments);
  }
  // `sealbook verify` of a folder of the log that is trusted.
  CliResult VerifyFrom(const std::string& folder,
                       const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {
        "verify", "--from", folder, "--configuration", configuration_file_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCli(arguments);
  }
};

TEST_F(VerifyTest, PrintsWhatIsVerified) {
  std::string folder = Export("e", Ask("alice@example.org", std::nullopt));
  CliResult result = Verify(folder);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("VERIFIED\n"), HasSubstr("version    0\n"),
            HasSubstr("value      " + absl::BytesToHexString(AliceEntry())),
            HasSubstr("tree size  3\n"),
            HasSubstr("log root   " + log_.Root(3).ToHex()),
            HasSubstr("terminal   ")));
}

TEST_F(VerifyTest, PrintsJson) {
  std::string folder = Export("e", Ask("alice@example.org", std::nullopt));
  CliResult result = Verify(folder, {"--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  nlohmann::json json = result.json();
  EXPECT_EQ(json["result"], "verified");
  EXPECT_EQ(json["label"], "alice@example.org");
  EXPECT_EQ(json["version"], 0);
  EXPECT_EQ(json["value"], absl::BytesToHexString(AliceEntry()));
  EXPECT_EQ(json["tree_size"], 3);
  EXPECT_EQ(json["log_root"], log_.Root(3).ToHex());
  EXPECT_EQ(json["log"], log_.configuration().Fingerprint().ToHex());
  EXPECT_TRUE(json["terminal_position"].is_number());
  EXPECT_FALSE(json.contains("entry"));
}

TEST_F(VerifyTest, DecodesOurEntriesWhenAsked) {
  std::string folder = Export("e", Ask("alice@example.org", std::nullopt));
  CliResult result = VerifyFrom(folder, {"--entry"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("issued by demo-ca"), HasSubstr("usable")));
  result = VerifyFrom(folder, {"--entry", "--json"});
  EXPECT_EQ(result.json()["entry"]["certificates"][0]["usable"], true);
}

TEST_F(VerifyTest, TheValueOfAnotherImplementationIsOpaque) {
  log_.Append(kNow, {{"bob@example.org", std::string("\0\xff", 2)}});
  std::string folder = Export("e", Ask("bob@example.org", std::nullopt));
  CliResult result = Verify(folder);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("value      00ff\n"));
  result = Verify(folder, {"--entry"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("not a DirectoryEntry"));
}

TEST_F(VerifyTest, NeedsTheViewThatTheRequestAdvertised) {
  std::string folder = Export("e", Ask("alice@example.org", 2));
  CliResult result = Verify(folder);
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("advertises tree size 2"));
  EXPECT_EQ(Verify(folder, {"--view", folder + "/view.tls"}).code, 0);
  EXPECT_EQ(Verify(folder, {"--state", folder}).code, 0);
  EXPECT_EQ(VerifyFrom(folder, {"--view", folder + "/view.tls"}).code, 0);
  // Another view than the advertised one.
  std::string other = Write("view1", log_.View(1).Encode());
  result = Verify(folder, {"--view", other});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("has tree size 1"));
  result = Verify(folder, {"--view", folder + "/request.tls"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("TreeView"));
}

TEST_F(VerifyTest, TakesTheViewOfAClientsState) {
  std::string folder = Export("e", Ask("alice@example.org", 2));
  ConfigureWell();
  State state = State::Open(path("state"), State::Mode::kExisting).value();
  ASSERT_TRUE(state
                  .Advance(log_.configuration().Fingerprint(), std::nullopt,
                           log_.View(2), {})
                  .ok());
  CliResult result = Verify(folder, {"--state", path("state")});
  EXPECT_EQ(result.code, 0) << result.err;
  result = Verify(folder, {"--state", path("nowhere")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("neither view.tls nor"));
}

TEST_F(VerifyTest, VerifiesAnAbsence) {
  std::string folder = Export("e", Ask("nobody@example.org", std::nullopt));
  CliResult result = VerifyFrom(folder);
  EXPECT_EQ(result.code, 4) << result.err;
  EXPECT_THAT(result.out, HasSubstr("the label has no version"));
  std::filesystem::copy(folder + "/absence.tls", folder + "/response.tls");
  result = Verify(folder, {"--absence", "--json"});
  EXPECT_EQ(result.code, 4) << result.err;
  EXPECT_EQ(result.json()["result"], "verified-absence");
  // An AbsenceResponse is no SearchResponse.
  result = Verify(folder);
  EXPECT_EQ(result.code, 3);
}

TEST_F(VerifyTest, RefusesWithTheTypedReason) {
  Exchange exchange = Ask("alice@example.org", std::nullopt);
  exchange.response.pop_back();
  CliResult result = Verify(Export("cut", exchange), {"--json"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("REFUSED (malformed)"));
  EXPECT_EQ(result.json()["result"], "refused");
  EXPECT_EQ(result.json()["reason"], "malformed");

  exchange = Ask("alice@example.org", std::nullopt);
  exchange.request[exchange.request.find("alice")] = 'b';
  result = Verify(Export("other", exchange), {"--json"});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.json()["reason"], "vrf-proof");

  // Of another log with the same answer.
  keytrans::TestLog stranger(1000, keytrans::TestKeys::kReal);
  exchange = Ask("alice@example.org", std::nullopt);
  keytrans::Configuration mixed = stranger.configuration();
  mixed.vrf_public_key = log_.configuration().vrf_public_key;
  exchange.configuration = mixed.Encode();
  result = Verify(Export("log", exchange), {"--json"});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.json()["reason"], "signature");
}

TEST_F(VerifyTest, VerifiesAtTheGivenTime) {
  std::string folder = Export("e", Ask("alice@example.org", std::nullopt));
  now_ += 86'400'000;
  CliResult result = Verify(folder, {"--json"});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.json()["reason"], "stale-head");
  EXPECT_EQ(Verify(folder, {"--now", std::to_string(kNow)}).code, 0);
  // An export has a time of its own, which --now overrides.
  EXPECT_EQ(VerifyFrom(folder).code, 0);
  result = VerifyFrom(folder,
                      {"--json", "--now", std::to_string(kNow - 86'400'000)});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.json()["reason"], "future-head");
}

TEST_F(VerifyTest, EvidenceOfARollbackIsRefused) {
  Exchange exchange = Ask("alice@example.org", std::nullopt);
  log_.Append(kNow, {});
  exchange.retained = log_.View(4).Encode();
  CliResult result = VerifyFrom(Export("e", exchange), {"--json"});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.json()["reason"], "tree-size");
  EXPECT_THAT(result.err, HasSubstr("signed one of 4"));
  // A view that the log never signed proves nothing.
  keytrans::TreeView forged = log_.View(4);
  forged.full_subtrees[0].data()[0] ^= 1;
  exchange.retained = forged.Encode();
  result = VerifyFrom(Export("f", exchange));
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("not signed by the log"));
}

TEST_F(VerifyTest, EvidenceOfAForkIsRefused) {
  Exchange exchange = Ask("alice@example.org", std::nullopt);
  std::unique_ptr<keytrans::TestLog> fork = log_.Twin();
  for (int i = 0; i < 3; ++i) fork->Append(kNow - 3000, {});
  exchange.retained = fork->View(3).Encode();
  CliResult result = VerifyFrom(Export("e", exchange), {"--json"});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.json()["reason"], "fork");
  // The same tree once more contradicts nothing.
  exchange.retained = log_.View(3).Encode();
  EXPECT_EQ(VerifyFrom(Export("f", exchange)).code, 0);
}

TEST_F(VerifyTest, AFolderDoesNotSayItselfWhichLogToTrust) {
  std::string folder = Export("e", Ask("alice@example.org", std::nullopt));
  CliResult result =
      RunCli({"verify", "--from", folder, "--state", path("state")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("does not trust"),
                                HasSubstr("--configuration FILE")));
  ConfigureWell();
  EXPECT_EQ(RunCli({"verify", "--from", folder, "--state", path("state")}).code,
            0);
  // A log that somebody made up, which is consistent in itself.
  keytrans::TestLog stranger(1000, keytrans::TestKeys::kReal);
  stranger.Append(kNow - 5000, {{"alice@example.org", AliceEntry()}});
  Exchange made_up = Ask("alice@example.org", std::nullopt);
  made_up.configuration = stranger.configuration().Encode();
  made_up.response =
      stranger.Answer({std::nullopt, "alice@example.org", std::nullopt})->bytes;
  folder = Export("made-up", made_up);
  result = RunCli({"verify", "--from", folder, "--state", path("state")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("does not trust"));
  EXPECT_EQ(VerifyFrom(folder).code, 3);
}

TEST_F(VerifyTest, AFoldersOwnViewIsNotBelieved) {
  std::string folder = Export("e", Ask("alice@example.org", 2));
  CliResult result = VerifyFrom(folder);
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("earlier tree"),
                                HasSubstr("--view " + folder + "/view.tls")));
}

TEST_F(VerifyTest, NamesAFileThatIsMissingOrWrong) {
  std::string folder = Export("e", Ask("alice@example.org", std::nullopt));
  std::filesystem::remove(folder + "/request.tls");
  CliResult result = Verify(folder);
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("request.tls"));
  std::string junk = Write("junk", "junk");
  result = RunCli({"verify", "--configuration", junk, "--operation", "search",
                   "--request", junk, "--response", junk});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr(junk), HasSubstr("not the configuration")));
  result =
      RunCli({"verify", "--configuration", configuration_file_, "--operation",
              "search", "--request", junk, "--response", junk});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("SearchRequest"));
}

TEST_F(VerifyTest, SaysWhichOptionsItNeeds) {
  CliResult result = RunCli({"verify", "--operation", "search"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--configuration"));
  result = RunCli({"verify", "--from", "x", "--request", "y"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--from"));
  std::string folder = Export("e", Ask("alice@example.org", std::nullopt));
  result = Verify(folder, {"--view", "x", "--state", "y"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("give one"));
  result = RunCli({"verify", "--from", folder, "--operation", "monitor"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("monitor"));
  result = RunCli({"verify", "--from", folder, "--now", "yesterday"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--now"));
}

}  // namespace
}  // namespace sealbook::client

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "client/cli/testing/cli_test.h"
#include "client/exchange.h"
#include "client/gossip/heads_text.h"
#include "client/state.h"
#include "client/testing/fake_proxy.h"
#include "keytrans/distinguished_structures.h"

namespace sealbook::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// The log has three entries and may fork after them.
class GossipTest : public CliTest {
 protected:
  GossipTest() : twin_(log_.Twin()) {
    twin_->Append(kNow - 5000, {{"alice@example.org", AliceEntry()}});
    twin_->Append(kNow - 3000, {});
    twin_->Append(kNow - 3000, {});
    ConfigureWell();
  }

  CliResult Gossip(const std::string& command,
                   const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"gossip", command, "--state",
                                          path("state")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCli(arguments);
  }
  // What somebody is shown who sees the other history.
  void Fork(int entries) {
    for (int i = 0; i < entries; ++i) {
      log_.Append(kNow - 2500, {{"bob@example.org", "bob"}});
      twin_->Append(kNow - 2500, {{"bob@example.org", "mallory"}});
    }
  }
  void ServeTwin(bool twin) {
    server_.before_answer = nullptr;
    if (!twin) return;
    server_.before_answer = [this](keytrans::TestLog*& log) {
      log = twin_.get();
    };
  }
  // Of `log`, in a new file.
  std::string TextOf(const std::string& name, keytrans::TestLog& log) {
    HeadsText text{log.configuration().Fingerprint(), {}};
    for (uint64_t position : {0, 1, 3}) {
      if (position >= log.size()) break;
      text.heads.push_back({position, log.entries()[position].timestamp,
                            log.Root(position + 1)});
    }
    return Write(name, WrapHeadsText(EncodeHeadsText(text)));
  }
  uint64_t StoredSize() {
    auto state = State::Open(path("state"), State::Mode::kReadOnly);
    const auto view = state->ReadLog(log_.configuration().Fingerprint())->view;
    return view.has_value() ? view->size() : 0;
  }

  std::unique_ptr<keytrans::TestLog> twin_;
};

TEST_F(GossipTest, ShowsATextThatComparesToItself) {
  const CliResult shown = Gossip("show", {});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("tree size  3 (verified)"),
                               HasSubstr("heads      2, the newest at entry 1"),
                               HasSubstr("\nSEALBOOK-HEADS-1/\n")));
  const CliResult compared = Gossip("compare", {Write("mail", shown.out)});
  EXPECT_EQ(compared.code, 0) << compared.err;
  EXPECT_THAT(compared.out,
              AllOf(StartsWith("CONSISTENT: the first 2 entries are the same "
                               "for both (3 are seen here)"),
                    HasSubstr("2 in common, the newest at entry 1")));
}

TEST_F(GossipTest, ShowsJsonPicturesAndTheDraftsStructure) {
  CliResult shown = Gossip("show", {"--json", "--png", path("p"), "--svg",
                                    path("s"), "--tls", path("t")});
  EXPECT_EQ(shown.code, 0) << shown.err;
  const nlohmann::json json = shown.json();
  EXPECT_EQ(json["tree_size"], 3);
  ASSERT_EQ(json["heads"].size(), 2u);
  EXPECT_EQ(json["heads"][1]["position"], 1);
  EXPECT_EQ(json["heads"][1]["log_root"], log_.Root(2).ToHex());
  EXPECT_EQ(ParseHeadsText(std::string(json["text"]))->heads[1].root,
            log_.Root(2));
  EXPECT_THAT(*ReadFile(path("p")), StartsWith("\x89PNG"));
  EXPECT_THAT(*ReadFile(path("s")), HasSubstr("<svg"));
  EXPECT_EQ(keytrans::DistinguishedHead::Parse(*ReadFile(path("t")))->heads,
            (std::vector<crypto::Hash>{log_.Root(1), log_.Root(2)}));
  const CliResult compared = Gossip("compare", {"--tls", path("t")});
  EXPECT_EQ(compared.code, 0) << compared.err;
  shown = Gossip("show", {"--png", path("p")});
  EXPECT_EQ(shown.code, 1);
  EXPECT_THAT(shown.err, HasSubstr(path("p")));
  shown = Gossip("show", {"--qr"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("█"));
}

TEST_F(GossipTest, ShowsTheNewestHeadsOnly) {
  const CliResult shown = Gossip("show", {"--json", "--heads", "1"});
  const auto text = ParseHeadsText(std::string(shown.json()["text"]));
  ASSERT_TRUE(text.ok()) << text.status();
  ASSERT_EQ(text->heads.size(), 1u);
  EXPECT_EQ(text->heads[0].position, 1u);
}

TEST_F(GossipTest, AForkInATextIsRefusedAndKept) {
  Fork(2);
  const std::string theirs = TextOf("theirs", *twin_);
  CliResult result = Gossip("compare", {theirs});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("REFUSED (fork)"), HasSubstr("up to log entry 3"),
                    HasSubstr("first 2 entries are known to be"),
                    HasSubstr("not signed")));
  result = Gossip("compare", {theirs, "--json"});
  EXPECT_EQ(result.code, 3);
  const nlohmann::json json = result.json();
  EXPECT_EQ(json["result"], "refused");
  EXPECT_EQ(json["reason"], "fork");
  EXPECT_EQ(json["same_entries"], 2);
  const std::string evidence = json["evidence"];
  EXPECT_EQ(ReadExchange(evidence)->heads_text,
            EncodeHeadsText(*ParseHeadsText(*ReadFile(theirs))) + "\n");
  // The kept evidence shows it again.
  result = RunCli({"verify", "--from", evidence, "--state", path("state"),
                   "--view", evidence + "/view.tls"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("up to log entry 3"));
}

TEST_F(GossipTest, AForkInBareRootsIsRefusedAndKept) {
  Fork(2);
  const keytrans::DistinguishedHead bare{
      {twin_->Root(1), twin_->Root(2), twin_->Root(4)}};
  const CliResult result =
      Gossip("compare", {"--json", "--tls", Write("b", *bare.Encode())});
  EXPECT_EQ(result.code, 3);
  const std::string evidence = result.json()["evidence"];
  EXPECT_EQ(ReadExchange(evidence)->bare_heads, *bare.Encode());
  EXPECT_EQ(
      RunCli({"verify", "--from", evidence, "--state", path("state")}).code, 3);
}

TEST_F(GossipTest, ComparesSignedAnswers) {
  CliResult result = Gossip("show", {"--export", path("honest")});
  EXPECT_EQ(result.code, 0) << result.err;
  result = Gossip("compare", {path("honest")});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("first 3 entries are the same for both (3 "
                                    "are seen here, 3 there)"));
  // Another history, which no head shows yet.
  Fork(1);
  ServeTwin(true);
  ASSERT_EQ(RunCli({"configure", "--state", path("other"), "--server",
                    server_.target(), "--ca", ca_file_, "--configuration",
                    configuration_file_})
                .code,
            0);
  result = RunCli(
      {"gossip", "show", "--state", path("other"), "--export", path("theirs")});
  EXPECT_EQ(result.code, 0) << result.err;
  ServeTwin(false);
  result = Gossip("compare", {path("theirs"), "--json"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("signed by the log"));
  const std::string evidence = result.json()["evidence"];
  EXPECT_TRUE(ReadExchange(evidence)->other.has_value());
  // Everybody who trusts the configuration is convinced, whatever they know.
  EXPECT_FALSE(ReadExchange(evidence)->view.has_value());
  result = RunCli(
      {"verify", "--from", evidence, "--configuration", configuration_file_});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("REFUSED (fork)"));
}

// Who shows another history to whoever it does not know leaves no better
// evidence than what it showed to us.
TEST_F(GossipTest, KeepsWhatWasShownToUsWhereOthersAreShownSomethingElse) {
  ASSERT_EQ(Gossip("show", {}).code, 0);
  Fork(1);
  ServeTwin(true);
  ASSERT_EQ(RunCli({"configure", "--state", path("other"), "--server",
                    server_.target(), "--ca", ca_file_, "--configuration",
                    configuration_file_})
                .code,
            0);
  CliResult result = RunCli(
      {"gossip", "show", "--state", path("other"), "--export", path("theirs")});
  ASSERT_EQ(result.code, 0) << result.err;
  server_.before_answer = [this](keytrans::TestLog*& log) {
    const auto request =
        keytrans::DistinguishedRequest::Parse(server_.requests.back());
    if (!request->last.has_value()) log = twin_.get();
  };
  result = Gossip("compare", {path("theirs"), "--json"});
  EXPECT_EQ(result.code, 3);
  const std::string evidence = result.json()["evidence"];
  EXPECT_TRUE(ReadExchange(evidence)->view.has_value());
  result = RunCli({"verify", "--from", evidence, "--state", path("state"),
                   "--view", evidence + "/view.tls"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("REFUSED (fork)"));
}

TEST_F(GossipTest, BelievesNoFolderThatIsNotSigned) {
  ASSERT_EQ(Gossip("show", {"--export", path("e")}).code, 0);
  auto exchange = ReadExchange(path("e"));
  exchange->response.back() ^= 1;
  ASSERT_TRUE(WriteExchange(path("bad"), *exchange).ok());
  EXPECT_EQ(Gossip("compare", {path("bad")}).code, 3);
  exchange->view = log_.View(2).Encode();
  ASSERT_TRUE(WriteExchange(path("view"), *exchange).ok());
  CliResult result = Gossip("compare", {path("view")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("--export DIR"));
  keytrans::TestLog other(1000, keytrans::TestKeys::kReal);
  exchange->configuration = other.configuration().Encode();
  ASSERT_TRUE(WriteExchange(path("other"), *exchange).ok());
  result = Gossip("compare", {path("other")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("about the log"));
  EXPECT_EQ(Gossip("compare", {path("")}).code, 1);
}

TEST_F(GossipTest, SaysWhichListIsOlder) {
  // Heads that this log cannot have, but that contradict nothing.
  HeadsText text{log_.configuration().Fingerprint(), {{9, kNow, {}}}};
  CliResult result =
      Gossip("compare", {Write("new", EncodeHeadsText(text)), "--json"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("NOT COMPARABLE: their list is newer"));
  EXPECT_EQ(result.json()["result"], "not-comparable");
  keytrans::DistinguishedHead bare{{crypto::Sha256("elsewhere")}};
  result = Gossip("compare", {"--tls", Write("bare", *bare.Encode())});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("no root is in both lists"));
}

TEST_F(GossipTest, AListThatNoLogHasIsNoFork) {
  Fork(2);
  HeadsText text{log_.configuration().Fingerprint(),
                 {{0, kNow - 5000, crypto::Sha256("made up")},
                  {1, log_.entries()[1].timestamp, log_.Root(2)}}};
  const CliResult result =
      Gossip("compare", {Write("t", EncodeHeadsText(text)), "--json"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("MADE UP OR DAMAGED"));
  EXPECT_EQ(result.json()["result"], "made-up");
  EXPECT_FALSE(std::filesystem::exists(path("state/evidence")));
}

TEST_F(GossipTest, RemarksOnAHeadThatIsNotShownHere) {
  HeadsText text = *ParseHeadsText(*ReadFile(TextOf("t", log_)));
  text.heads.push_back({3, kNow, crypto::Sha256("later")});
  const CliResult result =
      Gossip("compare", {Write("later", EncodeHeadsText(text))});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("note: they have seen entry 3"));
}

TEST_F(GossipTest, RefusesOtherTexts) {
  HeadsText text = *ParseHeadsText(*ReadFile(TextOf("t", log_)));
  text.log = crypto::Sha256("another log");
  CliResult result = Gossip("compare", {Write("other", EncodeHeadsText(text))});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("about the log"),
                                HasSubstr("compare the fingerprints")));
  result = Gossip("compare", {Write("none", "hello")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("no heads in it"));
  result = Gossip("compare", {"--tls", Write("bad", "hello")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("DistinguishedHead is malformed"));
  // Nothing of this needed the server.
  EXPECT_TRUE(server_.requests.empty());
}

TEST_F(GossipTest, ChecksThroughAProxyAsSomebodyUnknown) {
  ASSERT_EQ(Gossip("show", {}).code, 0);
  FakeProxy proxy;
  proxy.server_port = HostPort::Parse(server_.target())->port;
  const std::string via = "socks5://" + proxy.address().ToString();
  CliResult result = Gossip("check", {"--via", via});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("CONSISTENT: the first 3 entries"));
  // First as somebody unknown.
  ASSERT_EQ(server_.requests.size(), 3u);
  EXPECT_EQ(server_.requests[1], keytrans::DistinguishedRequest().Encode());
  EXPECT_EQ(server_.requests[2],
            (keytrans::DistinguishedRequest{3, std::nullopt}).Encode());
  result = Gossip("check", {"--via", via, "--json"});
  EXPECT_EQ(result.json()["result"], "consistent");
  EXPECT_EQ(result.json()["their_tree_size"], 3);
}

// The log shows a stranger another history than the user that it knows.
TEST_F(GossipTest, NoticesThatStrangersAreShownSomethingElse) {
  ASSERT_EQ(Gossip("show", {}).code, 0);
  Fork(1);
  FakeProxy proxy;
  proxy.server_port = HostPort::Parse(server_.target())->port;
  server_.before_answer = [this](keytrans::TestLog*& log) {
    if (server_.requests.back() == keytrans::DistinguishedRequest().Encode()) {
      log = twin_.get();
    }
  };
  const CliResult result = Gossip(
      "check", {"--via", "socks5://" + proxy.address().ToString(), "--json"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("signed by the log"));
  const nlohmann::json json = result.json();
  EXPECT_EQ(json["reason"], "fork");
  EXPECT_EQ(json["common_heads"], 2);
  const auto kept = ReadExchange(std::string(json["evidence"]));
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_TRUE(kept->other.has_value());
  EXPECT_EQ(StoredSize(), 4u);
  // Nor does the export go unnoticed.
  const CliResult shown = Gossip("show", {"--export", path("e")});
  EXPECT_EQ(shown.code, 3);
  EXPECT_FALSE(std::filesystem::exists(path("e")));
}

TEST_F(GossipTest, ChecksByWayOfAnotherServer) {
  FakeServer other(*twin_, ServerTls(tls_ca_));
  CliResult result = Gossip("check", {"--via", other.target()});
  EXPECT_EQ(result.code, 0) << result.err;
  Fork(1);
  result = Gossip("check", {"--via", other.target()});
  EXPECT_EQ(result.code, 3);
  // A server that is another log's.
  keytrans::TestLog another(1000, keytrans::TestKeys::kReal);
  another.Append(kNow, {});
  FakeServer stranger(another, ServerTls(tls_ca_));
  result = Gossip("check", {"--via", stranger.target()});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("by the other way: "),
                                HasSubstr("REFUSED (signature)")));
  // Its certificate is from another CA, until that is named.
  const smime::testing::TestCa ca = TlsCa("Mirror CA");
  FakeServer mirror(log_, ServerTls(ca));
  result = Gossip("check", {"--via", mirror.target()});
  EXPECT_EQ(result.code, 1);
  result = Gossip("check", {"--via", mirror.target(), "--ca",
                            Write("mirror.pem", ca.pem())});
  EXPECT_EQ(result.code, 0) << result.err;
}

TEST_F(GossipTest, SaysWhatIsWrongWithTheOtherWay) {
  CliResult result = Gossip("check", {"--via", "http://localhost:1"});
  EXPECT_EQ(result.code, 2);
  result = Gossip("check", {"--via", server_.target()});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("asked anyway"));
  result = Gossip("check", {"--via", "socks5://me:secret@127.0.0.1:1"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("nothing listens"), Not(HasSubstr("secret"))));
  // The log was not told whose check failed.
  EXPECT_TRUE(server_.requests.empty());
}

}  // namespace
}  // namespace sealbook::client

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/testing/cli_test.h"
#include "smime/certificate.h"
#include "smime/testing/test_ca.h"

namespace sealbook::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PublishTest : public CliTest {
 protected:
  PublishTest() {
    auto own = TlsCertificate(tls_ca_, "publisher");
    certificate_file_ = Write("own.pem", own.pem);
    key_file_ = Write("own-key.pem", own.private_key_pem);
    // Everything is published at position 7, but bob's is refused and carol's
    // is known.
    server_.publish = [this](grpc::ServerContext& context,
                             const v1::PublishRequest& request,
                             v1::PublishResponse& response) {
      for (const v1::PublishItem& item : request.items()) {
        items_.push_back(item);
        Answer(item, *response.add_results());
      }
      response.set_tree_size(9);
      return grpc::Status::OK;
    };
  }

  void Answer(const v1::PublishItem& item, v1::PublishResult& result) {
    std::string address =
        smime::ReadCertificateFacts(item.certificate())->addresses[0];
    if (address == "bob@example.org") {
      result.set_code(3);
      result.set_message("eku-email-protection (7.1.2.3 f): is missing");
      return;
    }
    v1::Publication* publication = result.add_publications();
    publication->set_address(address);
    publication->set_version(2);
    publication->set_position(7);
    publication->set_commitment("\x0a");
    publication->set_already_published(address == "carol@example.org");
  }
  // `name` may name a folder, too.
  std::string Leaf(const std::string& name) {
    const std::string local = name.substr(name.rfind('/') + 1);
    return Write(name + ".pem",
                 issuing_.Issue({.emails = {local + "@example.org"}}).pem +
                     issuing_.pem());
  }
  CliResult Revoke(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {
        "revoke", "--server",        server_.target(), "--ca",   ca_file_,
        "--cert", certificate_file_, "--key",          key_file_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCli(arguments);
  }
  CliResult Publish(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {
        "publish", "--server",        server_.target(), "--ca",   ca_file_,
        "--cert",  certificate_file_, "--key",          key_file_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCli(arguments);
  }

  std::string certificate_file_;
  std::string key_file_;
  std::vector<v1::PublishItem> items_;
};

TEST_F(PublishTest, ADryRunOnlyValidates) {
  CliResult result = Publish({Leaf("dave"), Leaf("bob"), "--dry-run"});
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("admitted  dave@example.org  version 2  serial"),
                    HasSubstr("dry run, nothing was written")));
  EXPECT_THAT(result.err, HasSubstr("eku-email-protection"));
  EXPECT_EQ(server_.validations, 1);
  EXPECT_EQ(server_.streams, 0);
  result = Publish({Leaf("eve"), "--dry-run", "--journal", path("j")});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--journal is of no use with --dry-run"));
}

TEST_F(PublishTest, TakesAFolderAndSaysWhatItSkipped) {
  std::filesystem::create_directories(path("issued/new"));
  Leaf("issued/new/dave");
  Leaf("issued/carol");
  Write("issued/index.txt", "V\t270101000000Z");
  CliResult result = Publish({path("issued")});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("certificates: 2"));
  EXPECT_THAT(result.err, AllOf(HasSubstr("skipped 1 files"),
                                HasSubstr("issued/index.txt")));
}

TEST_F(PublishTest, AJournalSavesWhatWasAcknowledged) {
  const std::vector<std::string> files = {Leaf("dave"), Leaf("bob"),
                                          Leaf("carol")};
  std::vector<std::string> arguments = files;
  arguments.insert(arguments.end(), {"--journal", path("journal")});
  ASSERT_EQ(Publish(arguments).code, 5);
  EXPECT_EQ(items_.size(), 3u);
  items_.clear();
  // What was refused is asked for once more.
  CliResult again = Publish(arguments);
  EXPECT_EQ(again.code, 5);
  ASSERT_EQ(items_.size(), 1u);
  EXPECT_THAT(again.err,
              AllOf(HasSubstr("resuming: 2 of 3"), HasSubstr("always safe")));
  EXPECT_THAT(again.out, HasSubstr("acknowledged in an earlier run: 2"));
  // A log that is smaller than the journal knows is not the same.
  items_.clear();
  server_.publish = [this](grpc::ServerContext& context,
                           const v1::PublishRequest& request,
                           v1::PublishResponse& response) {
    for (const v1::PublishItem& item : request.items()) {
      Answer(item, *response.add_results());
    }
    response.set_tree_size(3);
    return grpc::Status::OK;
  };
  CliResult other = Publish(arguments);
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err, HasSubstr("another log, or an old copy"));
}

TEST_F(PublishTest, AJournalTellsTheAddressesOfACertificateApart) {
  const std::string both =
      Write("both.pem",
            issuing_.Issue({.emails = {"a@example.org", "b@example.org"}}).pem +
                issuing_.pem());
  const auto publish = [&](const std::vector<std::string>& more) {
    items_.clear();
    std::vector<std::string> arguments = {both, "--journal", path("journal")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const CliResult result = Publish(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    return items_.size();
  };
  EXPECT_EQ(publish({"--address", "a@example.org"}), 1u);
  EXPECT_EQ(publish({"--address", "b@example.org"}), 1u);
  ASSERT_EQ(items_.size(), 1u);
  EXPECT_THAT(items_[0].addresses(), ElementsAre("b@example.org"));
  EXPECT_EQ(
      publish({"--address", "a@example.org", "--address", "b@example.org"}),
      1u);
  EXPECT_EQ(publish({}), 1u);
  // Each has been acknowledged by now, however it is written.
  EXPECT_EQ(publish({"--address", "A@EXAMPLE.org"}), 0u);
  EXPECT_EQ(
      publish({"--address", "b@example.org", "--address", "a@example.org"}),
      0u);
  EXPECT_EQ(publish({"--reason", "renewed", "--basis", "consent"}), 0u);
}

TEST_F(PublishTest, RefusesAnAddressThatIsNone) {
  CliResult result = Publish({Leaf("dave"), "--address", "dave"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("address-"));
  EXPECT_THAT(items_, IsEmpty());
}

// From 1,000 certificates on there is a journal without being asked for.
TEST_F(PublishTest, ManyCertificatesHaveAJournalUntilAllAreAnswered) {
  setenv("XDG_STATE_HOME", path("home").c_str(), 1);
  std::string pem = issuing_.pem();
  for (int i = 0; i < 1001; ++i) {
    pem += issuing_.Issue({.emails = {"x@example.org"}}).pem;
  }
  const std::string many = Write("many.pem", pem);
  const auto journals = [&] {
    std::vector<std::string> found;
    for (const auto& file :
         std::filesystem::directory_iterator(path("home/sealbook/publish"))) {
      found.push_back(file.path());
    }
    return found;
  };
  // The server breaks off after the first message.
  const auto answer = server_.publish;
  server_.publish = [&](grpc::ServerContext& context,
                        const v1::PublishRequest& request,
                        v1::PublishResponse& response) {
    return items_.empty() ? answer(context, request, response)
                          : grpc::Status(grpc::StatusCode::INTERNAL, "broken");
  };
  CliResult result = Publish({many});
  EXPECT_EQ(result.code, 1) << result.err;
  const size_t acknowledged = items_.size();
  ASSERT_GT(acknowledged, 0u);
  ASSERT_LT(acknowledged, 1001u);
  ASSERT_EQ(journals().size(), 1u);
  const std::string lines = *ReadFile(journals()[0]);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1 + acknowledged);

  std::set<std::string> sent;
  for (const v1::PublishItem& item : items_) sent.insert(item.certificate());
  items_.clear();
  server_.publish = answer;
  result = Publish({many});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr(absl::StrCat("resuming: ", acknowledged,
                                                 " of 1001 certificates")));
  EXPECT_EQ(items_.size(), 1001 - acknowledged);
  for (const v1::PublishItem& item : items_) sent.insert(item.certificate());
  EXPECT_EQ(sent.size(), 1001u);
  EXPECT_THAT(journals(), IsEmpty());
  // Fewer have none.
  ASSERT_EQ(Publish({Leaf("dave")}).code, 0);
  EXPECT_THAT(journals(), IsEmpty());
}

TEST_F(PublishTest, WritesWhatWasRefusedAsJsonLines) {
  CliResult result =
      Publish({Leaf("dave"), Leaf("bob"), "--report", path("report")});
  EXPECT_EQ(result.code, 5);
  const std::string lines = *ReadFile(path("report"));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1);
  nlohmann::json bob = nlohmann::json::parse(lines);
  EXPECT_EQ(bob["result"], "refused");
  EXPECT_EQ(bob["check"], "eku-email-protection");
  EXPECT_EQ(bob["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(bob["sha256"].get<std::string>().size(), 64u);
  items_.clear();
  result = Publish({Leaf("eve"), "--report", path("report")});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("exists"));
  result = Publish({path("eve.pem"), "--report", path("nowhere/report")});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("nothing was published"));
  EXPECT_THAT(items_, IsEmpty());
}

TEST_F(PublishTest, GroupsManyRefusals) {
  server_.publish = [](grpc::ServerContext& context,
                       const v1::PublishRequest& request,
                       v1::PublishResponse& response) {
    for (int i = 0; i < request.items_size(); ++i) {
      v1::PublishResult& result = *response.add_results();
      result.set_code(3);
      result.set_message(i % 3 == 0 ? "chain-path (RFC 5280, 6): none"
                                    : "key-size (6.1.5): RSA 1024");
    }
    return grpc::Status::OK;
  };
  std::string pem;
  for (int i = 0; i < 30; ++i) {
    pem += issuing_.Issue({.emails = {"x@example.org"}}).pem;
  }
  CliResult result = Publish({Write("many.pem", pem)});
  EXPECT_EQ(result.code, 5);
  const size_t key = result.err.find("20 by key-size, the first: ");
  const size_t chain = result.err.find("10 by chain-path, the first: ");
  EXPECT_NE(key, std::string::npos) << result.err;
  EXPECT_NE(chain, std::string::npos) << result.err;
  EXPECT_LT(key, chain);
}

TEST_F(PublishTest, ShowsProgressOnATerminalOnly) {
  const std::string dave = Leaf("dave");
  EXPECT_THAT(Publish({dave}).err, Not(HasSubstr("1/1")));
  err_is_terminal_ = true;
  EXPECT_THAT(Publish({dave}).err, HasSubstr("========]  1/1"));
}

TEST_F(PublishTest, RevokesWhatItIsTold) {
  v1::RevokeRequest seen;
  server_.revoke = [&](const v1::RevokeRequest& request,
                       v1::RevokeResponse& response) {
    seen = request;
    for (int i = 0; i < request.items_size(); ++i) {
      v1::RevokeResult& result = *response.add_results();
      result.set_certificate_sha256(std::string(32, '\1'));
      if (i == 2) {
        result.set_code(5);
        result.set_message("no such certificate was published here");
        continue;
      }
      v1::Publication& one = *result.add_publications();
      one.set_address("dave@example.org");
      one.set_version(3);
      one.set_position(8);
      one.set_already_published(i == 1);
    }
    response.set_tree_size(9);
    return grpc::Status::OK;
  };
  const std::string dave = Leaf("dave");
  const std::string hash(64, 'a');
  CliResult result =
      Revoke({dave, "--sha256", hash, "--serial", "4F:1c", "--issuer",
              Write("ca.pem", issuing_.pem()), "--reason", "keyCompromise"});
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("revoked  dave@example.org  version 3  position 8"),
            HasSubstr("known    dave@example.org"),
            HasSubstr("certificates: 3, refused: 1; tree size: 9")));
  EXPECT_THAT(result.err, AllOf(HasSubstr("REFUSED  serial 4f1c"),
                                HasSubstr("published here")));
  ASSERT_EQ(seen.items_size(), 3);
  EXPECT_EQ(seen.items(0).reason(), v1::CRL_REASON_KEY_COMPROMISE);
  EXPECT_EQ(seen.items(0).sha256().size(), 32u);
  EXPECT_EQ(seen.items(1).sha256(), std::string(32, '\xaa'));
  EXPECT_EQ(seen.items(2).serial_number().issuer_key_sha256(),
            issuing_.key_hash().ToString());
  EXPECT_EQ(seen.items(2).serial_number().serial(), "\x4f\x1c");
  result = Revoke({dave, "--reason", "removeFromCRL", "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  nlohmann::json json = result.json();
  EXPECT_EQ(json["reason"], "removeFromCRL");
  EXPECT_EQ(json["certificates"][0]["result"], "done");
  EXPECT_EQ(json["certificates"][0]["publications"][0]["version"], 3);
}

TEST_F(PublishTest, RevokeChecksItsArguments) {
  const std::string dave = Leaf("dave");
  CliResult result = Revoke({dave});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--reason"));
  result = Revoke({dave, "--reason", "boredom"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("boredom"));
  result = Revoke({"--reason", "superseded"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("name what to revoke"));
  result =
      Revoke({"--serial", "zz", "--issuer", Write("issuer.pem", issuing_.pem()),
              "--reason", "superseded"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--serial: \"zz\" is no hexadecimal"));
  result = Revoke({"--serial", "01", "--reason", "superseded"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("belong together"));
  result = Revoke({"--sha256", "abc", "--reason", "superseded"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("64 hexadecimal digits"));
}

TEST_F(PublishTest, PrintsALineForEachAddress) {
  CliResult result = Publish({Leaf("dave"), Leaf("carol")});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("published dave@example.org  version 2  position 7"),
            HasSubstr("known     carol@example.org  version 2"),
            HasSubstr("certificates: 2, refused: 0, not answered: 0; "
                      "addresses published now: 1, before: 1; tree size: 9")));
}

TEST_F(PublishTest, SendsWhatItWasTold) {
  CliResult result =
      Publish({Leaf("dave"), "--reason", "renewed", "--basis",
               "organization-policy", "--address", "dave@example.org"});
  EXPECT_EQ(result.code, 0) << result.err;
  ASSERT_EQ(items_.size(), 1u);
  EXPECT_EQ(items_[0].reason(), v1::PUBLISH_REASON_RENEWED);
  EXPECT_EQ(items_[0].basis(), v1::PUBLISH_BASIS_ORGANIZATION_POLICY);
  EXPECT_THAT(items_[0].addresses(), ElementsAre("dave@example.org"));
  EXPECT_THAT(items_[0].intermediates(), ElementsAre(issuing_.der()));
}

TEST_F(PublishTest, SaysWhichCertificateWasRefusedAndWhy) {
  std::string bob = Leaf("bob");
  CliResult result = Publish({Leaf("dave"), bob});
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.out, HasSubstr("published dave@example.org"));
  EXPECT_THAT(result.err, AllOf(HasSubstr("REFUSED"), HasSubstr(bob),
                                HasSubstr("eku-email-protection")));
}

TEST_F(PublishTest, PrintsJson) {
  CliResult result = Publish({Leaf("dave"), Leaf("bob"), "--json"});
  EXPECT_EQ(result.code, 5);
  nlohmann::json json = result.json();
  EXPECT_EQ(json["tree_size"], 9);
  EXPECT_EQ(json["certificates_refused"], 1);
  nlohmann::json dave = json["certificates"][0];
  EXPECT_EQ(dave["result"], "published");
  EXPECT_EQ(dave["publications"][0]["address"], "dave@example.org");
  EXPECT_EQ(dave["publications"][0]["position"], 7);
  EXPECT_EQ(dave["publications"][0]["commitment"], "0a");
  nlohmann::json bob = json["certificates"][1];
  EXPECT_EQ(bob["result"], "refused");
  EXPECT_EQ(bob["code"], "INVALID_ARGUMENT");
}

TEST_F(PublishTest, ReportsARequestThatFailed) {
  server_.publish = [](grpc::ServerContext& context,
                       const v1::PublishRequest& request,
                       v1::PublishResponse& response) {
    return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "no record");
  };
  CliResult result = Publish({Leaf("dave")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("FAILED"), HasSubstr("does not know this"),
                    HasSubstr("no record")));
}

TEST_F(PublishTest, OneAddressIsForOneCertificate) {
  CliResult result =
      Publish({Leaf("dave"), Leaf("carol"), "--address", "dave@example.org"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("one certificate, the files have 2"));
  EXPECT_THAT(items_, IsEmpty());
}

TEST_F(PublishTest, NamesAFileThatIsNoCertificate) {
  CliResult result = Publish({Leaf("dave"), Write("hello.pem", "hello")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("hello.pem"));
  EXPECT_THAT(items_, IsEmpty());
}

TEST_F(PublishTest, ChecksItsArguments) {
  std::string dave = Leaf("dave");
  CliResult result = Publish({dave, "--reason", "bored"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("bored"));
  result = RunCli({"publish", dave, "--server", "localhost:1"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--cert"));
  result = RunCli({"publish", dave, "--server", "localhost", "--cert",
                   certificate_file_, "--key", key_file_});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("HOST:PORT"));
}

}  // namespace
}  // namespace sealbook::client

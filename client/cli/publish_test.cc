#include "client/cli/testing/cli_test.h"
#include "smime/certificate.h"
#include "smime/testing/test_ca.h"

namespace sealbook::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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
  std::string Leaf(const std::string& name) {
    return Write(name + ".pem",
                 issuing_.Issue({.emails = {name + "@example.org"}}).pem +
                     issuing_.pem());
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

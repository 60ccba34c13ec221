#include "client/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "client/directory_info.h"
#include "client/files.h"
#include "client/search_calls.h"
#include "client/testing/fake_server.h"
#include "client/testing/temp_folder.h"
#include "client/testing/tls.h"
#include "keytrans/testing/test_log.h"

namespace sealbook::client {
namespace {

using ::testing::HasSubstr;

class ChannelTest : public ::testing::Test {
 protected:
  ChannelTest() : log_(1000), ca_(TlsCa("TLS CA")) {
    log_.Append(1000, {});
    ca_file_ = Write("ca.pem", ca_.pem());
  }
  std::string Write(const std::string& name, const std::string& contents) {
    EXPECT_TRUE(WriteNewFile(folder_.path(name), contents).ok());
    return folder_.path(name);
  }
  absl::Status Ask(const Endpoint& endpoint) {
    auto channel = OpenChannel(endpoint);
    if (!channel.ok()) return channel.status();
    return FetchStatus(*channel, endpoint, 10000).status();
  }
  // The code, and that the message has these words.
  void ExpectFailure(const absl::Status& status, absl::StatusCode code,
                     const std::vector<std::string>& words) {
    EXPECT_EQ(status.code(), code) << status;
    for (const std::string& word : words) {
      EXPECT_THAT(std::string(status.message()), HasSubstr(word));
    }
  }

  TempFolder folder_;
  keytrans::TestLog log_;
  smime::testing::TestCa ca_;
  std::string ca_file_;
};

TEST(CheckTargetTest, TakesHostAndPort) {
  for (const char* good :
       {"localhost:1", "a.example.org:65535", "127.0.0.1:8443", "[::1]:8443"}) {
    EXPECT_TRUE(CheckTarget(good).ok()) << good;
  }
  for (const char* bad :
       {"", "localhost", ":1", "localhost:", "localhost:0", "localhost:65536",
        "localhost:x", "::1:8443", "[::1", "unix:/run/x", "https://a.org:1"}) {
    absl::Status status = CheckTarget(bad);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), HasSubstr("HOST:PORT"));
  }
}

TEST_F(ChannelTest, TalksToAServerOfItsCa) {
  FakeServer server(log_, ServerTls(ca_));
  absl::Status status = Ask({.server = {server.target(), ca_file_}});
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(ChannelTest, SaysThatNothingListens) {
  std::string target;
  {
    FakeServer server(log_, ServerTls(ca_));
    target = server.target();
  }
  ExpectFailure(Ask({.server = {target, ca_file_}}),
                absl::StatusCode::kUnavailable, {"Nothing listens", target});
}

TEST_F(ChannelTest, NamesTheWrongCaBundle) {
  FakeServer server(log_, ServerTls(ca_));
  std::string other = Write("other.pem", TlsCa("Another CA").pem());
  ExpectFailure(Ask({.server = {server.target(), other}}),
                absl::StatusCode::kUnavailable, {other, "CA"});
}

TEST_F(ChannelTest, SaysThatTheCertificateIsForAnotherName) {
  FakeServer server(log_, ServerTls(ca_, "directory.example.org"));
  ExpectFailure(Ask({.server = {server.target(), ca_file_}}),
                absl::StatusCode::kUnavailable,
                {"certificate", server.target(), "name"});
}

TEST_F(ChannelTest, SaysThatANameCannotBeResolved) {
  ExpectFailure(Ask({.server = {"no-such-host.invalid:8443", ca_file_}}),
                absl::StatusCode::kUnavailable,
                {"no-such-host.invalid", "cannot be resolved"});
}

TEST_F(ChannelTest, ShowsTheClientCertificateToAServerThatAsks) {
  smime::testing::TestCa publishers = TlsCa("Publishers");
  FakeServerTls tls = ServerTls(ca_);
  tls.client_ca = publishers.pem();
  FakeServer server(log_, tls);
  auto own = TlsCertificate(publishers, "publisher");
  std::string certificate = Write("own.pem", own.pem);
  std::string key = Write("own-key.pem", own.private_key_pem);
  Endpoint endpoint = {.server = {server.target(), ca_file_},
                       .certificate_file = certificate,
                       .key_file = key};
  absl::Status status = Ask(endpoint);
  EXPECT_TRUE(status.ok()) << status;

  auto strange = TlsCertificate(TlsCa("Strangers"), "stranger");
  endpoint.certificate_file = Write("strange.pem", strange.pem);
  endpoint.key_file = Write("strange-key.pem", strange.private_key_pem);
  ExpectFailure(Ask(endpoint), absl::StatusCode::kUnavailable,
                {server.target(), "may not accept the certificate " +
                                      endpoint.certificate_file});
}

TEST_F(ChannelTest, RefusesAKeyThatOthersMayRead) {
  auto own = TlsCertificate(ca_, "publisher");
  Endpoint endpoint = {.server = {"localhost:1", ca_file_},
                       .certificate_file = Write("own.pem", own.pem),
                       .key_file = Write("own-key.pem", own.private_key_pem)};
  ASSERT_EQ(chmod(endpoint.key_file.c_str(), 0644), 0);
  ExpectFailure(OpenChannel(endpoint).status(),
                absl::StatusCode::kFailedPrecondition,
                {"own-key.pem", "chmod 600"});
}

TEST_F(ChannelTest, NamesAKeyThatDoesNotFitItsCertificate) {
  FakeServer server(log_, ServerTls(ca_));
  auto own = TlsCertificate(ca_, "publisher");
  auto other = TlsCertificate(ca_, "publisher");
  Endpoint endpoint = {
      .server = {server.target(), ca_file_},
      .certificate_file = Write("own.pem", own.pem),
      .key_file = Write("other-key.pem", other.private_key_pem)};
  ExpectFailure(Ask(endpoint), absl::StatusCode::kUnavailable,
                {"other-key.pem is not the key of", "own.pem"});
}

TEST_F(ChannelTest, NamesACaBundleThatIsDamaged) {
  std::string damaged =
      Write("damaged.pem",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  ExpectFailure(Ask({.server = {"localhost:1", damaged}}),
                absl::StatusCode::kUnavailable, {"damaged.pem"});
}

TEST_F(ChannelTest, NamesFilesThatAreNotWhatTheyShouldBe) {
  std::string junk = Write("junk.pem", "hello");
  ExpectFailure(OpenChannel({.server = {"localhost:1", junk}}).status(),
                absl::StatusCode::kInvalidArgument,
                {"junk.pem", "PEM certificate"});
  ExpectFailure(
      OpenChannel({.server = {"localhost:1", folder_.path("none")}}).status(),
      absl::StatusCode::kNotFound, {"none"});
  Endpoint endpoint = {.server = {"localhost:1", ca_file_},
                       .certificate_file = ca_file_,
                       .key_file = junk};
  ExpectFailure(OpenChannel(endpoint).status(),
                absl::StatusCode::kInvalidArgument,
                {"junk.pem", "private key"});
}

TEST_F(ChannelTest, DoesNotReadAnAnswerThatIsTooLarge) {
  FakeServer server(log_, ServerTls(ca_));
  server.tamper = [](v1::SearchAnswer& answer) {
    answer.set_response(std::string(kMaxAnswerBytes, 'x'));
  };
  Endpoint endpoint = {.server = {server.target(), ca_file_}};
  auto channel = OpenChannel(endpoint);
  ASSERT_TRUE(channel.ok()) << channel.status();
  auto stub = v1::KeyTransparency::NewStub(*channel);
  keytrans::SearchRequest request;
  request.label = "a@example.org";
  auto results = CallSearch(*stub, {request.Encode()}, 20000, [] { return 5; });
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].received_ms, 5u);
  ExpectFailure(ExplainRpc(results[0].status, endpoint),
                absl::StatusCode::kResourceExhausted,
                {"larger than 16777216", "not read"});
}

TEST_F(ChannelTest, SaysThatTheServerDidNotAnswerInTime) {
  ExpectFailure(
      ExplainRpc(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "late"),
                 {.server = {"localhost:1", ""}}),
      absl::StatusCode::kDeadlineExceeded, {"--timeout", "late"});
}

TEST_F(ChannelTest, SaysThatTheServerCannotAnswerNow) {
  ExpectFailure(ExplainRpc(grpc::Status(grpc::StatusCode::UNAVAILABLE,
                                        "no tree head has been signed yet"),
                           {.server = {"localhost:1", ""}}),
                absl::StatusCode::kUnavailable,
                {"at the moment", "no tree head"});
}

TEST_F(ChannelTest, EscapesWhatTheServerSays) {
  ExpectFailure(
      ExplainRpc(grpc::Status(grpc::StatusCode::INTERNAL, "\x1b[2Jboo"),
                 {.server = {"localhost:1", ""}}),
      absl::StatusCode::kInternal, {"\\u001b[2Jboo"});
}

TEST_F(ChannelTest, RefusesAConfigurationThatIsNone) {
  keytrans::TestLog log(1000);
  log.Append(1000, {});
  FakeServer server(log, ServerTls(ca_));
  Endpoint endpoint = {.server = {server.target(), ca_file_}};
  auto channel = OpenChannel(endpoint);
  ASSERT_TRUE(channel.ok()) << channel.status();
  auto configuration = FetchConfiguration(*channel, endpoint, 10000);
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  EXPECT_EQ(*configuration, log.configuration());
  server.configuration = "junk";
  ExpectFailure(FetchConfiguration(*channel, endpoint, 10000).status(),
                absl::StatusCode::kDataLoss, {server.target(), "is none"});
}

}  // namespace
}  // namespace sealbook::client

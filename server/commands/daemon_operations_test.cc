// What an operator sees of a running server and may change of it.
#include <grpcpp/client_context.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/structures.h"
#include "server/admin/http.h"
#include "server/clock.h"
#include "server/commands/daemon.h"
#include "server/commands/exit_code.h"
#include "server/commands/reload.h"
#include "server/commands/status.h"
#include "server/commands/testing/test_site.h"

namespace sealbook::server {
namespace {

using testing::Clients;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TestSite;
using testing::TestTls;
using testing::TlsIdentity;
using testing::WriteFile;

constexpr char kAdmin[] = "admin { address: \"localhost:0\" }\n";

class DaemonOperationsTest : public ::testing::Test {
 protected:
  void Start(const std::string& more = "") {
    more_ = kAdmin + more;
    daemon_ = site_.Start(more_);
  }

  HttpAnswer Page(const std::string& path) const {
    absl::StatusOr<HttpAnswer> answer =
        HttpGet(daemon_->admin_server()->address(), path);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *answer : HttpAnswer{.status = 0};
  }

  // The configuration with `what` replaced.
  absl::StatusOr<Config> Changed(const std::string& what,
                                 const std::string& replacement) const {
    EXPECT_THAT(site_.config_text() + more_, HasSubstr(what));
    return ParseConfig(
        absl::StrReplaceAll(site_.config_text() + more_, {{what, replacement}}),
        site_.config_file());
  }

  void ExpectRefused(const absl::StatusOr<Config>& next,
                     const std::string& words) {
    const absl::Status status = daemon_->Reload(next);
    EXPECT_FALSE(status.ok()) << words;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  grpc::Status Publish(const TlsIdentity& publisher, const std::string& email) {
    const auto channel = testing::Connect(daemon_->publisher_server().port(),
                                          site_.tls().ca(), &publisher);
    v1::PublishRequest request;
    *request.add_items() = site_.Item({email});
    v1::PublishResponse response;
    grpc::ClientContext context;
    return v1::Publisher::NewStub(channel)->Publish(&context, request,
                                                    &response);
  }

  TestSite site_;
  std::string more_;
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(DaemonOperationsTest, PagesTellWhatHappens) {
  Start();
  Clients clients(site_, *daemon_);
  v1::PublishResponse response;
  ASSERT_TRUE(
      clients
          .Publish({site_.Item({"a@example.org", "b@example.org"})}, &response)
          .ok());
  ASSERT_TRUE(clients.Find("a@example.org").found.has_value());
  EXPECT_FALSE(Publish(site_.tls().Client("stranger"), "c@example.org").ok());

  EXPECT_EQ(Page("/livez").status, 200);
  EXPECT_EQ(Page("/readyz").body, "ready\n");
  const std::string metrics = Page("/metrics").body;
  for (const std::string line :
       {"sealbook_calls_total{code=\"OK\",method=\"sealbook.v1.KeyTransparency/"
        "Search\"} 1",
        "sealbook_calls_total{code=\"OK\",method=\"sealbook.v1.Publisher/"
        "Publish\"} 1",
        "sealbook_call_seconds_count{method=\"sealbook.v1.Publisher/Publish\"} "
        "1",
        "sealbook_publications_total 2",
        "sealbook_batches_total{written="
        "\"yes\"} 1",
        "sealbook_tree_size 2", "sealbook_mark_tree_size 2",
        "sealbook_lookup_addresses_total 1", "sealbook_queue_depth 0",
        "sealbook_publishers 1", "sealbook_ready 1"}) {
    EXPECT_THAT(metrics, HasSubstr(line + "\n"));
  }
  EXPECT_THAT(metrics, Not(HasSubstr("example.org")));
  EXPECT_GE(daemon_->Status().unknown_publishers, 1u);
  EXPECT_GT(daemon_->Status().caches["pages"].misses, 0u);
}

TEST_F(DaemonOperationsTest, StatusIsForPeopleScriptsAndMonitors) {
  Start();
  StatusOptions options{.address = daemon_->admin_server()->address()};
  std::ostringstream text;
  EXPECT_TRUE(ShowStatus(options, text).ok());
  EXPECT_THAT(text.str(), HasSubstr("ready\n"));
  EXPECT_THAT(text.str(), HasSubstr("tree size          1\n"));

  daemon_->StopServing();
  EXPECT_EQ(Page("/readyz").status, 503);
  EXPECT_EQ(Page("/livez").status, 200);
  options.json = true;
  std::ostringstream json;
  absl::Status status = ShowStatus(options, json);
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kNotReady);
  EXPECT_THAT(std::string(status.message()), HasSubstr("stopping"));
  EXPECT_THAT(json.str(), HasSubstr("\"ready\": false"));

  daemon_.reset();
  status = ShowStatus(options, json);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kError);
  status = ShowStatus({}, json);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("admin {"));
}

TEST_F(DaemonOperationsTest, LookUpsBeyondTheLimitAreRefusedWithAHint) {
  Start("lookups_per_minute: 1\nlookup_burst: 3\n");
  Clients clients(site_, *daemon_);
  int answered = 0;
  grpc::Status refused;
  std::string hint;
  for (int i = 0; i < 10; ++i) {
    v1::SearchCall call;
    call.set_request(
        keytrans::SearchRequest{.label = absl::StrCat("a", i, "@example.org")}
            .Encode());
    v1::SearchAnswer answer;
    grpc::ClientContext context;
    const grpc::Status status =
        v1::KeyTransparency::NewStub(clients.public_channel())
            ->Search(&context, call, &answer);
    if (status.ok()) {
      ++answered;
      continue;
    }
    refused = status;
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto found = trailers.find("grpc-retry-pushback-ms");
    if (found != trailers.end()) {
      hint.assign(found->second.data(), found->second.size());
    }
  }
  EXPECT_EQ(answered, 3);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("too many addresses"));
  EXPECT_GT(std::stoi(hint), 30'000);
  EXPECT_LE(std::stoi(hint), 60'000);
  EXPECT_EQ(daemon_->Status().lookups_refused, 7u);
}

TEST_F(DaemonOperationsTest, AClientCertificateMakesACallerOfItsOwn) {
  ASSERT_TRUE(site_.Init().ok());
  more_ = "lookup_burst: 1\nlookups_per_minute: 1\n";
  const std::string end = "\n}\npublisher_listener";
  absl::StatusOr<Config> config =
      Changed(end, "\n  client_ca_file: \"tls-ca.pem\"" + end);
  ASSERT_TRUE(config.ok()) << config.status();
  absl::StatusOr<std::unique_ptr<Daemon>> daemon =
      Daemon::Start(*config, SystemClock(), [](const absl::Status&) {});
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  const auto look_up = [&](const TlsIdentity* client) {
    v1::SearchCall call;
    call.set_request(
        keytrans::SearchRequest{.label = "a@example.org"}.Encode());
    v1::SearchAnswer answer;
    grpc::ClientContext context;
    return v1::KeyTransparency::NewStub(
               testing::Connect((*daemon)->public_server().port(),
                                site_.tls().ca(), client))
        ->Search(&context, call, &answer)
        .error_code();
  };
  const TlsIdentity first = site_.tls().Client("first.example");
  const TlsIdentity second = site_.tls().Client("second.example");
  for (const TlsIdentity* caller :
       {static_cast<const TlsIdentity*>(nullptr), &first, &second}) {
    EXPECT_EQ(look_up(caller), grpc::StatusCode::OK);
    EXPECT_EQ(look_up(caller), grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
  EXPECT_EQ((*daemon)->Status().lookup_callers, 3u);
}

TEST_F(DaemonOperationsTest, ReloadExchangesPublishersAndKeepsCallsGoing) {
  Start();
  const TlsIdentity second = site_.tls().Client("second.example");
  Clients standing(site_, *daemon_);
  v1::PublishResponse response;
  ASSERT_TRUE(
      standing.Publish({site_.Item({"a@example.org"})}, &response).ok());
  EXPECT_EQ(Publish(second, "b@example.org").error_code(),
            grpc::StatusCode::UNAUTHENTICATED);

  const absl::Status status = daemon_->Reload(
      Changed(site_.publisher().key_hash.ToHex(), second.key_hash.ToHex()));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(Publish(second, "b@example.org").ok());
  // On a connection that stood before, too.
  EXPECT_EQ(
      standing.Publish({site_.Item({"c@example.org"})}, &response).error_code(),
      grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(standing.Find("a@example.org").found.has_value());
}

TEST_F(DaemonOperationsTest, ReloadExchangesCertificatesWhileConnectionsStand) {
  Start();
  Clients standing(site_, *daemon_);
  ASSERT_TRUE(standing.Find("a@example.org").verified.ok());
  const TestTls renewed;
  WriteFile(site_.path("server.pem"), renewed.server().certificate_pem);
  ExpectRefused(site_.config(more_), "server.key");
  WriteFile(site_.path("server.key"), renewed.server().private_key_pem);
  const absl::Status status = daemon_->Reload(site_.config(more_));
  ASSERT_TRUE(status.ok()) << status;

  const int port = daemon_->public_server().port();
  v1::GetStatusResponse response;
  grpc::ClientContext context;
  EXPECT_TRUE(v1::Directory::NewStub(testing::Connect(port, renewed.ca()))
                  ->GetStatus(&context, v1::GetStatusRequest(), &response)
                  .ok());
  grpc::ClientContext other;
  EXPECT_FALSE(v1::Directory::NewStub(testing::Connect(port, site_.tls().ca()))
                   ->GetStatus(&other, v1::GetStatusRequest(), &response)
                   .ok());
  EXPECT_TRUE(standing.Find("a@example.org").verified.ok());
}

TEST_F(DaemonOperationsTest, ReloadTakesNewLimits) {
  Start("lookup_burst: 1\nlookups_per_minute: 1\n");
  Clients clients(site_, *daemon_);
  EXPECT_TRUE(clients.Find("a@example.org").status.ok());
  EXPECT_FALSE(clients.Find("a@example.org").status.ok());
  ASSERT_TRUE(daemon_
                  ->Reload(Changed("lookups_per_minute: 1",
                                   "lookups_per_minute: 1000000000"))
                  .ok());
  EXPECT_TRUE(clients.Find("a@example.org").status.ok());
}

TEST_F(DaemonOperationsTest, ReloadRefusesByNameWhatCannotChange) {
  Start();
  ExpectRefused(Changed("data_dir: \"data\"", "data_dir: \"other\""),
                "while the server runs: data_dir;");
  ExpectRefused(Changed("vrf_key_file: \"vrf.pem\"",
                        "vrf_key_file: \"v.pem\" log { max_ahead_ms: 5000 }"),
                "vrf_key_file, log;");
  ExpectRefused(Changed("trust_anchors_file", "colour: 1 trust_anchors_file"),
                "no field named \"colour\"");
  WriteFile(site_.path("anchors.pem"), site_.tls().ca());
  ExpectRefused(site_.config(more_), "trust anchors cannot change");
  EXPECT_THAT(Page("/metrics").body,
              HasSubstr("sealbook_reloads_total{taken=\"no\"} 4\n"));
  Clients clients(site_, *daemon_);
  EXPECT_TRUE(clients.Find("a@example.org").verified.ok());
}

TEST_F(DaemonOperationsTest, LogsHoldNoAddresses) {
  std::ostringstream log;
  const auto before = spdlog::default_logger();
  // Without the formatter that would take addresses out.
  auto logger = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log));
  logger->set_level(spdlog::level::info);
  spdlog::set_default_logger(logger);
  {
    Start();
    Clients clients(site_, *daemon_);
    v1::PublishResponse response;
    ASSERT_TRUE(
        clients.Publish({site_.Item({"alice@example.org"})}, &response).ok());
    EXPECT_TRUE(clients.Find("alice@example.org").found.has_value());
    EXPECT_TRUE(clients.Find("absent@example.org").verified.ok());
    EXPECT_FALSE(clients.Find("Alice@Example.Org").status.ok());
    v1::PublishItem wrong = site_.Item({"alice@example.org"});
    wrong.add_addresses("bob@example.net");
    EXPECT_TRUE(clients.Publish({wrong}, &response).ok());
    daemon_.reset();
  }
  spdlog::set_default_logger(before);
  EXPECT_THAT(log.str(), HasSubstr("publisher test-ca: 1 items"));
  for (const char* word : {"@", "alice", "example.org", "example.net"}) {
    EXPECT_THAT(absl::AsciiStrToLower(log.str()), Not(HasSubstr(word)));
  }
}

TEST(CheckReloadTest, NamesEveryFieldThatDiffers) {
  Config now;
  now.data_dir = "/a";
  Config next = now;
  next.publishers.emplace_back();
  next.log_level = LogLevel::kDebug;
  next.lookups.burst = 5;
  next.public_listener.certificate_file = "/other";
  EXPECT_TRUE(CheckReload(now, next).ok());
  next.mark_file = "/b";
  next.queue_limit = 5;
  next.public_listener.client_ca_file = "/ca";
  const absl::Status status = CheckReload(now, next);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("mark_file, public_listener.client_ca_file (there or "
                        "not), queue_limit;"));
}

}  // namespace
}  // namespace sealbook::server

// Somebody reads the directory out, in every way that it can be asked at once:
// all of them take from one bucket.
#include <grpcpp/client_context.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/history_structures.h"
#include "keytrans/structures.h"
#include "proto/sealbook/v1/history.grpc.pb.h"
#include "server/clock.h"
#include "server/commands/daemon.h"
#include "server/commands/testing/test_site.h"

namespace sealbook::server {
namespace {

using testing::Clients;
using ::testing::HasSubstr;
using testing::TestSite;
using testing::TlsIdentity;

constexpr char kLabel[] = "often@example.org";
constexpr uint64_t kBurst = 12;
constexpr uint64_t kPerMinute = 60;
// Many more than there is to be had while they take.
constexpr int kRounds = 40;
constexpr int kBatch = 3;
constexpr int kCertificates = 16;

// One caller, with a connection of its own.
class Harvester {
 public:
  Harvester(const Daemon& daemon, const TestSite& site,
            const TlsIdentity* identity)
      : channel_(testing::Connect(daemon.public_server().port(),
                                  site.tls().ca(), identity)) {}

  // Addresses that were answered. A page of a history counts as one.
  struct Answers {
    uint64_t unary = 0;
    uint64_t batch = 0;
    uint64_t history = 0;
    uint64_t as_of = 0;
    uint64_t all() const { return unary + batch + history + as_of; }
  };
  const Answers& answers() const { return answers_; }

  void AskInEveryWay() {
    AskOne();
    AskBatch();
    AskHistory();
    AskAsOf();
  }

 private:
  // Answered, or refused for having asked too much.
  static uint64_t Judged(const grpc::Status& status) {
    if (status.ok()) return 1;
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED)
        << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr("too many addresses"));
    return 0;
  }

  static v1::SearchCall SearchOf(const std::string& label) {
    v1::SearchCall call;
    call.set_request(keytrans::SearchRequest{.label = label}.Encode());
    return call;
  }

  // Another address each time, as somebody who guesses does.
  std::string Guess() {
    return absl::StrCat("guess", ++guesses_, "@example.org");
  }

  void AskOne() {
    grpc::ClientContext context;
    v1::SearchAnswer answer;
    answers_.unary += Judged(v1::KeyTransparency::NewStub(channel_)->Search(
        &context, SearchOf(Guess()), &answer));
  }

  void AskBatch() {
    grpc::ClientContext context;
    auto stream = v1::KeyTransparency::NewStub(channel_)->SearchBatch(&context);
    for (int i = 0; i < kBatch; ++i) {
      if (!stream->Write(SearchOf(Guess()))) break;
    }
    stream->WritesDone();
    v1::SearchAnswer answer;
    while (stream->Read(&answer)) ++answers_.batch;
    Judged(stream->Finish());
  }

  void AskHistory() {
    v1::HistoryCall call;
    call.set_request(keytrans::HistoryRequest{.label = kLabel}.Encode());
    grpc::ClientContext context;
    auto stream = v1::History::NewStub(channel_)->ReadHistory(&context, call);
    v1::HistoryPage page;
    while (stream->Read(&page)) ++answers_.history;
    Judged(stream->Finish());
  }

  void AskAsOf() {
    v1::AsOfCall call;
    call.set_request(
        keytrans::AsOfRequest{.label = Guess(), .time = SystemClock().WallMs()}
            .Encode());
    grpc::ClientContext context;
    v1::AsOfAnswer answer;
    answers_.as_of += Judged(
        v1::History::NewStub(channel_)->ReadAsOf(&context, call, &answer));
  }

  const std::shared_ptr<grpc::Channel> channel_;
  Answers answers_;
  uint64_t guesses_ = 0;
};

class DaemonHarvestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(site_.Init().ok());
    const std::string end = "\n}\npublisher_listener";
    const absl::StatusOr<Config> config = ParseConfig(
        absl::StrCat(absl::StrReplaceAll(
                         site_.config_text(),
                         {{end, "\n  client_ca_file: \"tls-ca.pem\"" + end}}),
                     "lookup_burst: ", kBurst,
                     "\nlookups_per_minute: ", kPerMinute),
        site_.config_file());
    ASSERT_TRUE(config.ok()) << config.status();
    absl::StatusOr<std::unique_ptr<Daemon>> daemon =
        Daemon::Start(*config, SystemClock(), [](const absl::Status&) {});
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
    MakeHistoryOfTwoPages();
  }

  // A page ends behind a megabyte of values. So: certificates of some
  // kilobytes, all of one address; held and brought back, one by one.
  void MakeHistoryOfTwoPages() {
    Clients clients(site_, *daemon_);
    std::vector<std::string> emails = {kLabel};
    for (int i = 0; i < 150; ++i) {
      emails.push_back(absl::StrCat("often", i, "@example.org"));
    }
    std::vector<v1::PublishItem> items;
    v1::RevokeRequest change;
    for (int i = 0; i < kCertificates; ++i) {
      items.push_back(site_.Item(emails));
      items.back().add_addresses(kLabel);
      change.add_items()->set_der(items.back().certificate());
    }
    v1::PublishResponse published;
    ASSERT_TRUE(clients.Publish(items, &published).ok());
    auto stub = v1::Publisher::NewStub(clients.publisher_channel());
    for (const v1::CrlReason reason :
         {v1::CRL_REASON_CERTIFICATE_HOLD, v1::CRL_REASON_REMOVE_FROM_CRL}) {
      for (v1::RevokeItem& item : *change.mutable_items()) {
        item.set_reason(reason);
      }
      grpc::ClientContext context;
      v1::RevokeResponse revoked;
      const grpc::Status status = stub->Revoke(&context, change, &revoked);
      ASSERT_TRUE(status.ok()) << status.error_message();
    }
  }

  // Asks for all that is to be had by one caller, on all its connections, and
  // compares it with what the limit allows from the first question on.
  void HarvestUpToTheCeiling(const std::vector<Harvester*>& connections) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) {
      connections[i % connections.size()]->AskInEveryWay();
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    uint64_t had = 0;
    for (const Harvester* connection : connections) {
      had += connection->answers().all();
    }
    EXPECT_LE(had, kBurst + kPerMinute * took.count() / 60'000);
    EXPECT_GE(had, kBurst) << "the burst itself is to be had";
  }

  TestSite site_;
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(DaemonHarvestTest, EveryWayOfAskingTakesFromOneBucket) {
  Harvester caller(*daemon_, site_, nullptr);
  caller.AskInEveryWay();
  EXPECT_EQ(caller.answers().unary, 1u);
  EXPECT_EQ(caller.answers().batch, 3u);
  EXPECT_EQ(caller.answers().history, 2u) << "pages";
  EXPECT_EQ(caller.answers().as_of, 1u);
  EXPECT_EQ(daemon_->Status().lookups_taken, 7u) << "one for each";
}

TEST_F(DaemonHarvestTest, NoMixOfWaysGetsMoreThanTheCeiling) {
  Harvester caller(*daemon_, site_, nullptr);
  HarvestUpToTheCeiling({&caller});
  EXPECT_EQ(daemon_->Status().lookups_taken, caller.answers().all());
}

TEST_F(DaemonHarvestTest, AClientCertificateHasABucketOfItsOwnForAllWays) {
  Harvester nobody(*daemon_, site_, nullptr);
  HarvestUpToTheCeiling({&nobody});
  // Another connection with the same key is no other caller.
  const TlsIdentity identity = site_.tls().Client("gateway.example");
  Harvester gateway(*daemon_, site_, &identity);
  Harvester again(*daemon_, site_, &identity);
  HarvestUpToTheCeiling({&gateway, &again});
  EXPECT_EQ(daemon_->Status().lookup_callers, 2u);
}

}  // namespace
}  // namespace sealbook::server

#include "client/watch/label_updater.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/exchange.h"
#include "client/testing/fake_server.h"
#include "client/testing/temp_folder.h"
#include "client/watch/monitor_client.h"
#include "client/watch/owner_alarms.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"
#include "smime/certificate.h"
#include "smime/testing/test_ca.h"

namespace sealbook::client {
namespace {

using keytrans::RefusalOf;
using keytrans::TestLog;
using keytrans::UpdateRequest;
using smime::testing::TestCa;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kAlice[] = "alice@example.org";

// A directory that makes values as a real one does, over a log whose versions
// are made by the test.
class LabelUpdaterTest : public ::testing::Test {
 protected:
  LabelUpdaterTest()
      : root_(TestCa::Root({.common_name = "Root"})),
        log_(/*window=*/3000, keytrans::TestKeys::kReal),
        server_(log_),
        state_(*State::Open(temp_.path("state"), State::Mode::kCreate)) {
    EXPECT_TRUE(state_.PutLog(log_.configuration(), {"localhost:1", ""}).ok());
    for (int i = 0; i < 9; ++i) Append({});
    server_.publish = [this](grpc::ServerContext&,
                             const v1::PublishRequest& request,
                             v1::PublishResponse& response) {
      return Draft(request, response);
    };
    server_.create = [this](const UpdateRequest& request) {
      std::vector<TestLog::NewVersion> versions;
      for (const keytrans::LabelValue& value : request.values) {
        versions.push_back({request.label, value.value});
      }
      Append(versions);
      return true;
    };
  }

  void Append(const std::vector<TestLog::NewVersion>& versions) {
    log_.Append(now_ += 600, versions);
  }

  v1::PublishItem NewItem() {
    v1::PublishItem item;
    item.set_certificate(root_.Issue({.emails = {kAlice}}).der);
    return item;
  }

  // What Validate answers: each item comes on top of what is there.
  grpc::Status Draft(const v1::PublishRequest& request,
                     v1::PublishResponse& response) {
    EXPECT_TRUE(request.with_values());
    v1::DirectoryEntry entry;
    uint32_t version = 0;
    if (const auto found = log_.labels().find(kAlice);
        found != log_.labels().end()) {
      version = static_cast<uint32_t>(found->second.size());
      EXPECT_TRUE(entry.ParseFromString(found->second.back().opened.value));
    }
    entry.set_format(1);
    entry.set_publisher("ca");
    for (const v1::PublishItem& item : request.items()) {
      EXPECT_THAT(item.addresses(), ElementsAre(kAlice));
      v1::CertificateInForce& added = *entry.add_certificates();
      added.set_certificate(item.certificate());
      added.set_role(v1::ROLE_SIGN);
      added.add_issuer_sha256(std::string(32, 'i'));
      entry.mutable_issued()->set_certificate_sha256(
          smime::HashCertificate(item.certificate()).ToString());
      v1::DirectoryEntry given = entry;
      if (change_ != nullptr) change_(given);
      v1::Publication& publication =
          *response.add_results()->add_publications();
      publication.set_version(version++ + shift_);
      publication.set_value(given.SerializeAsString());
    }
    return grpc::Status::OK;
  }

  // As `sealbook watch` does.
  absl::StatusOr<OwnedCheck> Watch() {
    MonitorClient client(state_, {.server = {"localhost:1", ""}},
                         server_.InProcessChannel(), [this] { return now_; },
                         {});
    return client.CheckOwned(
        log_.configuration().Fingerprint(), kAlice,
        [](const std::string& label, const OwnedVersion& version,
           const OwnedVersion* older, const std::vector<std::string>&) {
          return UnknownVersionAlarm({}, label, version, older, {});
        });
  }
  absl::StatusOr<LabelUpdate> Create(
      const std::vector<v1::PublishItem>& items) {
    LabelUpdater updater(
        state_, {.server = {"localhost:2", ""}}, server_.InProcessChannel(),
        [this] { return now_; },
        /*timeout_ms=*/30000);
    return updater.Create(log_.configuration().Fingerprint(), kAlice, items);
  }
  void ExpectRefused(absl::StatusCode code, const std::string& words) {
    const uint64_t size = log_.size();
    const absl::StatusOr<LabelUpdate> update = Create({NewItem()});
    EXPECT_EQ(update.status().code(), code);
    EXPECT_THAT(update.status().message(), HasSubstr(words));
    EXPECT_EQ(log_.size(), size) << "nothing was asked for in earnest";
  }

  TempFolder temp_;
  uint64_t now_ = 1'767'225'600'000;
  TestCa root_;
  TestLog log_;
  FakeServer server_;
  State state_;
  // Changes each value that Validate gives, and the numbers of versions.
  std::function<void(v1::DirectoryEntry&)> change_;
  uint32_t shift_ = 0;
};

TEST_F(LabelUpdaterTest, CreatesWhatTheLogThenProves) {
  ASSERT_TRUE(Watch().ok());
  const auto update = Create({NewItem(), NewItem()});
  ASSERT_TRUE(update.ok()) << update.status();
  ASSERT_THAT(update->items, SizeIs(2));
  EXPECT_EQ(update->items[1].version, 1u);
  EXPECT_FALSE(update->items[1].already_published);
  EXPECT_EQ(update->position, 9u);
  EXPECT_EQ(update->tree_size, 10u);
  // It is confirmed: watching finds nothing to tell.
  Append({});
  const auto check = Watch();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(check->news, IsEmpty());
  EXPECT_EQ(check->owned.accepted, 1u);
  EXPECT_THAT(*state_.ReadOpenAlarms(), IsEmpty());
  // And goes on from there.
  const auto more = Create({NewItem()});
  ASSERT_TRUE(more.ok()) << more.status();
  EXPECT_EQ(more->items[0].version, 2u);
}

TEST_F(LabelUpdaterTest, AsksForNothingInEarnestThatNobodyWants) {
  ASSERT_TRUE(Watch().ok());
  const v1::PublishItem foreign = NewItem();
  const auto add_foreign = [&](v1::DirectoryEntry& entry) {
    *entry.add_certificates() = entry.certificates(0);
    entry.mutable_certificates()->rbegin()->set_certificate(
        foreign.certificate());
  };
  // Also in the label's first version, and the same one twice.
  change_ = add_foreign;
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "nobody asked for");
  change_ = [&](v1::DirectoryEntry& entry) {
    *entry.add_certificates() = entry.certificates(0);
  };
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "nobody asked for");
  change_ = nullptr;
  ASSERT_TRUE(Create({NewItem()}).ok());
  change_ = add_foreign;
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "nobody asked for");
  // What stands beside a certificate is not to change either.
  change_ = [](v1::DirectoryEntry& entry) {
    entry.mutable_certificates(0)->set_role(v1::ROLE_ENCRYPT);
  };
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "nobody asked for");
  change_ = [](v1::DirectoryEntry& entry) {
    entry.mutable_certificates()->DeleteSubrange(0, 1);
  };
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "which has not expired");
  change_ = [](v1::DirectoryEntry& entry) { entry.clear_issued(); };
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "another certificate");
  change_ = nullptr;
  shift_ = 1;
  ExpectRefused(absl::StatusCode::kFailedPrecondition,
                "somebody else has published");
}

TEST_F(LabelUpdaterTest, SaysWhyAnItemIsRefused) {
  ASSERT_TRUE(Watch().ok());
  server_.publish = [](grpc::ServerContext&, const v1::PublishRequest&,
                       v1::PublishResponse& response) {
    v1::PublishResult& result = *response.add_results();
    result.set_code(grpc::StatusCode::INVALID_ARGUMENT);
    result.set_message("key-size: 1024 bits");
    return grpc::Status::OK;
  };
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "key-size: 1024 bits");
}

TEST_F(LabelUpdaterTest, CreatesNothingForWhatIsThere) {
  ASSERT_TRUE(Watch().ok());
  server_.publish = [](grpc::ServerContext&, const v1::PublishRequest&,
                       v1::PublishResponse& response) {
    v1::Publication& publication = *response.add_results()->add_publications();
    publication.set_version(3);
    publication.set_already_published(true);
    return grpc::Status::OK;
  };
  const auto update = Create({NewItem()});
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_TRUE(update->items[0].already_published);
  EXPECT_EQ(update->position, 0u);
  EXPECT_EQ(log_.size(), 9u);
}

TEST_F(LabelUpdaterTest, TellsThatOthersWereFaster) {
  ASSERT_TRUE(Watch().ok());
  server_.create = [this](const UpdateRequest& request) {
    Append({{request.label, "another one's"}});
    return false;
  };
  const auto update = Create({NewItem()});
  EXPECT_EQ(update.status().code(), absl::StatusCode::kFailedPrecondition)
      << update.status();
  EXPECT_EQ((*state_.ReadOwned(log_.configuration().Fingerprint(), kAlice))
                ->owner.Greatest(),
            std::nullopt)
      << "that is for watching to tell";
}

// A watcher of the same state, or a look-up, while the log works.
TEST_F(LabelUpdaterTest, AsksAgainWhenAnotherProcessMovedTheState) {
  ASSERT_TRUE(Watch().ok());
  const auto create = server_.create;
  bool moved = false;
  server_.create = [&](const UpdateRequest& request) {
    if (moved) return false;  // They are there by now.
    moved = true;
    create(request);
    // The view only: no version is learned.
    const crypto::Hash fingerprint = log_.configuration().Fingerprint();
    StateChange change{.advertised = state_.ReadLog(fingerprint)->view};
    Append({});
    change.verified = log_.View(11);
    EXPECT_TRUE(state_.Apply(fingerprint, change).ok());
    return true;
  };
  const auto update = Create({NewItem()});
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_EQ(update->position, 9u);
  const auto check = Watch();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(check->news, IsEmpty());
  EXPECT_THAT(*state_.ReadOpenAlarms(), IsEmpty());
}

TEST_F(LabelUpdaterTest, SaysThatItIsNotKnownWhatBecameOfIt) {
  ASSERT_TRUE(Watch().ok());
  server_.end_update = [] { return true; };
  server_.update_end = grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
  const absl::Status status = Create({NewItem()}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("not known whether the versions were created"));
}

TEST_F(LabelUpdaterTest, SendsEachIntermediateOnce) {
  ASSERT_TRUE(Watch().ok());
  std::vector<v1::PublishItem> items = {NewItem(), NewItem()};
  for (v1::PublishItem& item : items) item.add_intermediates(root_.der());
  ASSERT_TRUE(Create(items).ok());
  ASSERT_THAT(server_.publisher_updates, SizeIs(1));
  EXPECT_THAT(server_.publisher_updates[0].intermediates(),
              ElementsAre(root_.der()));
}

TEST_F(LabelUpdaterTest, BelievesNoAnswerThatDoesNotVerify) {
  ASSERT_TRUE(Watch().ok());
  // Another value than the one that was asked for is in the tree.
  server_.create = [this](const UpdateRequest& request) {
    Append({{request.label, request.values[0].value + "x"}});
    return false;
  };
  server_.tamper_update = [this](v1::UpdateAnswer& answer) {
    auto response = *keytrans::UpdateResponse::Parse(log_.configuration(),
                                                     answer.response());
    response.values.clear();
    answer.set_response(*response.Encode());
  };
  const auto update = Create({NewItem()});
  EXPECT_TRUE(RefusalOf(update.status()).has_value()) << update.status();
  EXPECT_TRUE(EvidenceOf(update.status()).has_value());
  EXPECT_EQ((*state_.ReadOwned(log_.configuration().Fingerprint(), kAlice))
                ->owner.Greatest(),
            std::nullopt);
}

TEST_F(LabelUpdaterTest, ConfirmsNothingInPassing) {
  ASSERT_TRUE(Watch().ok());
  v1::DirectoryEntry entry;
  entry.set_format(1);
  Append({{kAlice, entry.SerializeAsString()}});
  ASSERT_TRUE(Watch().ok());
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "not confirmed");
}

TEST_F(LabelUpdaterTest, NeedsAnAddressThatIsWatched) {
  EXPECT_EQ(Create({NewItem()}).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sealbook::client

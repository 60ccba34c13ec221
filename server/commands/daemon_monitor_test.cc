// Contacts and owners at the public port.
#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/update_structures.h"
#include "keytrans/verifier.h"
#include "server/commands/daemon.h"
#include "server/commands/testing/test_site.h"

namespace sealbook::server {
namespace {

using keytrans::ContactMonitorRequest;
using keytrans::MonitorMapEntry;
using keytrans::OwnerInitRequest;
using keytrans::OwnerMonitorRequest;
using keytrans::UpdateRequest;
using testing::Clients;
using ::testing::HasSubstr;
using testing::LookUp;
using testing::TestSite;

constexpr char kAlice[] = "alice@example.org";
constexpr char kNobody[] = "nobody@example.org";

// A running log, and what clients ask it.
class MonitorSite {
 public:
  explicit MonitorSite(const std::string& more_config = "")
      : daemon_(site_.Start(more_config)), clients_(site_, *daemon_) {
    verifier_.emplace(
        *keytrans::Verifier::Create(daemon_->log().configuration()));
  }

  // That many new certificates of one address, in one log entry.
  void Publish(const std::string& address, int count = 1) {
    std::vector<v1::PublishItem> items;
    for (int i = 0; i < count; ++i) items.push_back(site_.Item({address}));
    v1::PublishResponse response;
    const grpc::Status status = clients_.Publish(items, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  // Looks the address up until something is owed: while the newest version is
  // in a distinguished entry, it publishes another one.
  keytrans::VerifiedVersion FindWhatIsOwed(const std::string& address) {
    while (true) {
      Publish(address);
      const LookUp found = clients_.Find(address);
      EXPECT_TRUE(found.found.has_value()) << found.verified;
      if (found.found->obligation.has_value()) return *found.found;
    }
  }

  grpc::Status Contact(const std::string& request,
                       const std::vector<std::string>& openings,
                       std::string* bytes = nullptr) {
    v1::ContactMonitorCall call;
    call.set_request(request);
    for (const std::string& opening : openings) call.add_openings(opening);
    v1::ContactMonitorAnswer answer;
    grpc::ClientContext context;
    const grpc::Status status = Stub()->ContactMonitor(&context, call, &answer);
    if (bytes != nullptr) *bytes = answer.response();
    return status;
  }

  grpc::Status Init(const std::string& request, std::string* bytes = nullptr) {
    v1::OwnerInitCall call;
    call.set_request(request);
    v1::OwnerInitAnswer answer;
    grpc::ClientContext context;
    const grpc::Status status = Stub()->OwnerInit(&context, call, &answer);
    if (bytes != nullptr) *bytes = answer.response();
    return status;
  }

  grpc::Status Monitor(const std::string& request,
                       std::string* bytes = nullptr) {
    v1::OwnerMonitorCall call;
    call.set_request(request);
    v1::OwnerMonitorAnswer answer;
    grpc::ClientContext context;
    const grpc::Status status = Stub()->OwnerMonitor(&context, call, &answer);
    if (bytes != nullptr) *bytes = answer.response();
    return status;
  }

  grpc::Status Update(const std::string& request,
                      std::vector<v1::UpdateAnswer>* answers = nullptr) {
    v1::UpdateCall call;
    call.set_request(request);
    grpc::ClientContext context;
    auto stream = Stub()->Update(&context, call);
    v1::UpdateAnswer answer;
    while (stream->Read(&answer)) {
      if (answers != nullptr) answers->push_back(answer);
    }
    return stream->Finish();
  }

  // An owner who begins at the rightmost distinguished entry now.
  keytrans::VerifiedOwner Begin(const std::string& address) {
    const keytrans::TreeView view = View();
    const OwnerInitRequest request{view.size(), address, Start(view)};
    std::string bytes;
    const grpc::Status status = Init(*request.Encode(), &bytes);
    EXPECT_TRUE(status.ok()) << status.error_message();
    auto begun = verifier().VerifyOwnerInit(request, view, bytes,
                                            SystemClock().WallMs());
    EXPECT_TRUE(begun.ok()) << begun.status();
    return *begun;
  }

  // Of the newest tree, verified.
  keytrans::TreeView View() {
    const keytrans::SearchRequest request{.label = kNobody};
    v1::SearchAnswer answer;
    EXPECT_TRUE(clients_.Search(request.Encode(), &answer).ok());
    return verifier()
        .VerifyAbsence(request, std::nullopt, answer.absence(),
                       SystemClock().WallMs())
        ->view;
  }
  uint64_t Start(const keytrans::TreeView& view) {
    return *keytrans::RightmostDistinguished(daemon_->log().configuration(),
                                             view);
  }

  const keytrans::Verifier& verifier() const { return *verifier_; }
  Clients& clients() { return clients_; }

 private:
  std::unique_ptr<v1::KeyTransparency::Stub> Stub() {
    return v1::KeyTransparency::NewStub(clients_.public_channel());
  }

  TestSite site_;
  std::unique_ptr<Daemon> daemon_;
  Clients clients_;
  std::optional<keytrans::Verifier> verifier_;
};

void ExpectStatus(const grpc::Status& status, grpc::StatusCode code,
                  const std::string& words) {
  EXPECT_EQ(status.error_code(), code) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr(words));
}

class DaemonMonitorTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { site_ = new MonitorSite(); }
  static void TearDownTestSuite() { delete site_; }

  static constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
  static constexpr auto kDenied = grpc::StatusCode::PERMISSION_DENIED;
  static constexpr auto kFailed = grpc::StatusCode::FAILED_PRECONDITION;

  static MonitorSite* site_;
};

MonitorSite* DaemonMonitorTest::site_ = nullptr;

TEST_F(DaemonMonitorTest, AContactMonitorsWhatItLookedUp) {
  const keytrans::VerifiedVersion found = site_->FindWhatIsOwed(kAlice);
  const keytrans::MonitoringObligation& owed = *found.obligation;
  ASSERT_TRUE(owed.CanBeMonitored());
  site_->Publish(kAlice);
  const ContactMonitorRequest request{
      found.view.size(), kAlice, {{owed.position, owed.version}}};
  for (const std::vector<std::string>& openings :
       {std::vector<std::string>{owed.opening.ToString()}, {}}) {
    std::string bytes;
    const grpc::Status status =
        site_->Contact(*request.Encode(), openings, &bytes);
    ASSERT_TRUE(status.ok()) << status.error_message();
    const auto monitored = site_->verifier().VerifyContactMonitor(
        request, found.view, owed.ladder, bytes, SystemClock().WallMs());
    EXPECT_TRUE(monitored.ok()) << monitored.status();
  }
}

TEST_F(DaemonMonitorTest, AnOwnerLearnsOfEveryVersionAndMonitors) {
  const std::string address = "owner@example.org";
  keytrans::VerifiedOwner owner = site_->Begin(address);
  EXPECT_EQ(owner.owner.Greatest(), std::nullopt);
  ExpectStatus(
      site_->Update(*UpdateRequest{owner.view.size(), address, std::nullopt, {}}
                         .Encode()),
      kFailed, "the label has no version");
  site_->Publish(address);
  site_->Publish(address, 2);
  site_->Publish(address);

  UpdateRequest request{owner.view.size(), address, std::nullopt, {}};
  std::vector<v1::UpdateAnswer> answers;
  const grpc::Status status = site_->Update(*request.Encode(), &answers);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(answers.size(), 3u);
  // Each issuer once in a stream.
  EXPECT_EQ(answers[0].issuers_size(), 2);
  EXPECT_EQ(answers[1].issuers_size(), 0);
  const size_t counts[] = {1, 2, 1};
  std::set<uint64_t> sizes;
  for (size_t i = 0; i < answers.size(); ++i) {
    request = {owner.view.size(), address, owner.owner.Greatest(), {}};
    const auto update = site_->verifier().VerifyUpdate(
        request, owner.view, owner.owner, answers[i].response(),
        SystemClock().WallMs());
    ASSERT_TRUE(update.ok()) << update.status();
    EXPECT_EQ(update->versions.size(), counts[i]);
    owner.owner = update->owner;
    owner.view = update->view;
    sizes.insert(owner.view.size());
  }
  EXPECT_EQ(sizes.size(), 1u) << "all in one tree";
  EXPECT_EQ(owner.owner.Greatest(), 3u);

  const OwnerMonitorRequest monitor{owner.view.size(), address,
                                    owner.owner.entries, owner.owner.start, 3u};
  std::string bytes;
  ASSERT_TRUE(site_->Monitor(*monitor.Encode(), &bytes).ok());
  const auto monitored = site_->verifier().VerifyOwnerMonitor(
      monitor, owner.view, owner.owner, bytes, SystemClock().WallMs());
  ASSERT_TRUE(monitored.ok()) << monitored.status();
  EXPECT_TRUE(monitored->complete);
}

TEST_F(DaemonMonitorTest, ValuesAreForPublishers) {
  const std::string address = "values@example.org";
  const keytrans::VerifiedOwner owner = site_->Begin(address);
  UpdateRequest request{owner.view.size(), address, std::nullopt, {{"mine"}}};
  ExpectStatus(site_->Update(*request.Encode()), kDenied,
               "new versions are added by publishers");
  // Disregarded where there is something to tell.
  site_->Publish(address);
  std::vector<v1::UpdateAnswer> answers;
  ASSERT_TRUE(site_->Update(*request.Encode(), &answers).ok());
  ASSERT_EQ(answers.size(), 1u);
  const auto update = site_->verifier().VerifyUpdate(
      request, owner.view, owner.owner, answers[0].response(),
      SystemClock().WallMs());
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_NE(update->versions[0].value, "mine");
  request.greatest_version = 0;
  ExpectStatus(site_->Update(*request.Encode()), kDenied,
               "new versions are added by publishers");
}

TEST_F(DaemonMonitorTest, RefusesOpeningsThatAreNone) {
  const keytrans::VerifiedVersion found = site_->FindWhatIsOwed(kAlice);
  const keytrans::MonitoringObligation& owed = *found.obligation;
  const ContactMonitorRequest request{
      found.view.size(), kAlice, {{owed.position, owed.version}}};
  const std::string bytes = *request.Encode();
  const std::string right = owed.opening.ToString();
  std::string wrong = right;
  wrong[15] ^= 1;
  const std::string version = std::to_string(owed.version);
  ExpectStatus(site_->Contact(bytes, {wrong}), kDenied,
               "openings[0] is not the opening of version " + version);
  ExpectStatus(site_->Contact(bytes, {right, right}), kInvalid,
               "there are 2 openings for 1 entries");
  ContactMonitorRequest two = request;
  two.entries.push_back({owed.position + 1, owed.version + 1});
  ExpectStatus(site_->Contact(*two.Encode(), {right}), kInvalid,
               "there are 1 openings for 2 entries");
  ExpectStatus(site_->Contact(bytes, {right.substr(1)}), kInvalid, "15");
  ExpectStatus(site_->Contact(bytes, {right + 'x'}), kInvalid, "17");
}

// What openings are worth does not depend on whether the address is there: who
// sends them is not counted, and could ask for every address otherwise.
TEST_F(DaemonMonitorTest, WrongOpeningsDoNotTellWhoIsThere) {
  site_->Publish(kAlice);
  for (const char* address : {kAlice, kNobody}) {
    const ContactMonitorRequest request{std::nullopt, address, {{0, 0}}};
    ExpectStatus(site_->Contact(*request.Encode(), {std::string(16, 'o')}),
                 kDenied, "openings[0] is not the opening of version 0");
  }
}

TEST_F(DaemonMonitorTest, RefusesEntriesThatNobodyHas) {
  site_->Publish(kAlice);
  const uint64_t size = site_->View().size();
  auto contact = [&](const std::vector<MonitorMapEntry>& entries) {
    return site_->Contact(
        *ContactMonitorRequest{size, kAlice, entries}.Encode(), {});
  };
  auto owner = [&](const std::vector<MonitorMapEntry>& entries) {
    return site_->Monitor(
        *OwnerMonitorRequest{size, kAlice, entries, 0, 0}.Encode());
  };
  using Ask = std::function<grpc::Status(const std::vector<MonitorMapEntry>&)>;
  for (const Ask& ask : {Ask(contact), Ask(owner)}) {
    ExpectStatus(ask({{2, 0}, {1, 1}}), kInvalid, "Request is malformed");
    ExpectStatus(ask({{1, 0}, {1, 1}}), kInvalid, "Request is malformed");
    ExpectStatus(ask({{1, 0}, {2, 0}}), kInvalid, "Request is malformed");
    ExpectStatus(ask({{size, 0}}), kInvalid,
                 absl::StrCat("the tree has ", size, " log entries"));
    ExpectStatus(ask({{0, 1'000'000}}), kInvalid, "no such version");
    ExpectStatus(ask({{0, 0}}), kInvalid, "direct path");
  }
}

TEST_F(DaemonMonitorTest, TakesAtMost255Entries) {
  site_->Publish(kAlice);
  std::vector<MonitorMapEntry> entries;
  for (uint32_t i = 0; i < 255; ++i) entries.push_back({i, i});
  const std::string full =
      *ContactMonitorRequest{std::nullopt, kAlice, entries}.Encode();
  // Read, and looked at; the log has not so many.
  const grpc::Status status = site_->Contact(full, {});
  ExpectStatus(status, kInvalid, "entry with position ");
  // One more than its count says; and a count that starts anew.
  const std::string more = full + full.substr(full.size() - 12);
  ExpectStatus(site_->Contact(more, {}), kInvalid, "ContactMonitorRequest");
  std::string wrapped = more;
  wrapped[full.size() - 255 * 12 - 1] = 0;
  ExpectStatus(site_->Contact(wrapped, {}), kInvalid, "ContactMonitorRequest");
  // Without any, the view is updated.
  EXPECT_TRUE(
      site_
          ->Contact(*ContactMonitorRequest{std::nullopt, kAlice, {}}.Encode(),
                    {})
          .ok());
}

TEST_F(DaemonMonitorTest, RefusesAStartThatIsNotDistinguished) {
  const keytrans::VerifiedVersion found = site_->FindWhatIsOwed(kAlice);
  // What is owed lies right of the rightmost distinguished entry.
  ExpectStatus(site_->Init(*OwnerInitRequest{std::nullopt, kAlice,
                                             found.obligation->position}
                                .Encode()),
               kInvalid,
               absl::StrCat("log entry ", found.obligation->position,
                            " is not distinguished"));
  ExpectStatus(
      site_->Init(*OwnerInitRequest{std::nullopt, kAlice, 1'000'000}.Encode()),
      kInvalid, "log entry 1000000 is not in the tree");
}

TEST_F(DaemonMonitorTest, RefusesAnOwnerWhoIsAheadOfTheLog) {
  site_->Publish(kAlice);
  const keytrans::TreeView view = site_->View();
  ExpectStatus(site_->Monitor(*OwnerMonitorRequest{
                   view.size(), kAlice, {}, site_->Start(view), 1'000'000}
                                   .Encode()),
               kInvalid, "greatest_version is 1000000");
  ExpectStatus(site_->Update(
                   *UpdateRequest{view.size(), kAlice, 1'000'000, {}}.Encode()),
               kFailed, "the label has no version 1000000");
  ExpectStatus(site_->Monitor(
                   *OwnerMonitorRequest{view.size(), kAlice, {}, view.size(), 0}
                        .Encode()),
               kInvalid, absl::StrCat("start is ", view.size()));
}

// The four, each with a request that is answered.
std::vector<std::pair<std::string, std::function<grpc::Status(std::string)>>>
AllOf(MonitorSite& site, const std::string& label,
      std::optional<uint64_t> last) {
  const std::string contact = *ContactMonitorRequest{last, label, {}}.Encode();
  const std::string init = *OwnerInitRequest{last, label, 0}.Encode();
  const std::string monitor =
      *OwnerMonitorRequest{last, label, {}, 0, std::nullopt}.Encode();
  const std::string update =
      *UpdateRequest{last, label, std::nullopt, {}}.Encode();
  return {
      {contact, [&](const std::string& b) { return site.Contact(b, {}); }},
      {init, [&](const std::string& b) { return site.Init(b); }},
      {monitor, [&](const std::string& b) { return site.Monitor(b); }},
      {update, [&](const std::string& b) { return site.Update(b); }},
  };
}

TEST_F(DaemonMonitorTest, RefusesMalformedBytes) {
  for (const auto& [good, ask] : AllOf(*site_, kAlice, std::nullopt)) {
    for (size_t size = 0; size < good.size(); ++size) {
      ExpectStatus(ask(good.substr(0, size)), kInvalid, "Request is malformed");
    }
    ExpectStatus(ask(good + '\0'), kInvalid, "Request is malformed");
    std::string presence = good;
    presence[0] = 2;
    ExpectStatus(ask(presence), kInvalid, "Request is malformed");
  }
}

TEST_F(DaemonMonitorTest, RefusesLabelsAndSizesAsSearchDoes) {
  for (const auto& [bytes, ask] :
       AllOf(*site_, "Alice@example.org", std::nullopt)) {
    ExpectStatus(ask(bytes), kInvalid, "ask for \"alice@example.org\"");
  }
  for (const auto& [bytes, ask] : AllOf(*site_, kAlice, 1'000'000)) {
    ExpectStatus(ask(bytes), kInvalid, "1000000");
  }
}

// With openings, monitoring is not among what one caller may look up.
TEST(DaemonMonitorLimitTest, DoesNotCountMonitoringWithOpenings) {
  MonitorSite site("lookups_per_minute: 1\nlookup_burst: 12\n");
  const keytrans::VerifiedVersion found = site.FindWhatIsOwed(kAlice);
  const keytrans::MonitoringObligation& owed = *found.obligation;
  const std::string request = *ContactMonitorRequest{
      found.view.size(),
      kAlice,
      {{owed.position,
        owed.version}}}.Encode();
  const std::string opening = owed.opening.ToString();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(site.Contact(request, {opening}).ok()) << i;
  }
  int answered = 0;
  grpc::Status status;
  while ((status = site.Contact(request, {})).ok()) ++answered;
  EXPECT_LT(answered, 12);
  ExpectStatus(status, grpc::StatusCode::RESOURCE_EXHAUSTED,
               "too many addresses");
  EXPECT_TRUE(site.Contact(request, {opening}).ok());
  // Owners are counted.
  for (const auto& [bytes, ask] : AllOf(site, kAlice, std::nullopt)) {
    ExpectStatus(ask(bytes), grpc::StatusCode::RESOURCE_EXHAUSTED,
                 "too many addresses");
  }
}

}  // namespace
}  // namespace sealbook::server

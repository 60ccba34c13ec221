// What contacts and owners of a label are answered, and what they accept, ours
// beside tests/reference: in random logs, the provers' bytes and the requests'
// bytes are the same, the verifiers come to the same state, and what a log
// refuses to answer is refused by both.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "crypto/types.h"
#include "keytrans/implicit_tree.h"
#include "keytrans/monitor_prover.h"
#include "keytrans/monitoring_map.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"
#include "tests/protocol/both_verifiers.h"
#include "tests/protocol/random_log.h"
#include "tests/protocol/structure_mirror.h"
#include "tests/protocol/world_mirror.h"
#include "tests/reference/added.h"
#include "tests/reference/monitor_prover.h"
#include "tests/reference/prover.h"
#include "tests/reference/request_checks.h"

namespace sealbook {
namespace {

using keytrans::ContactMonitorRequest;
using keytrans::MonitorMapEntry;
using keytrans::OwnerInitRequest;
using keytrans::OwnerMonitorRequest;
using keytrans::UpdateRequest;

// Longer than the log is old, and longer than any clock has run.
constexpr uint64_t kEdge = 1'600'000'000'000;
constexpr uint64_t kEndless = uint64_t{1} << 62;

struct Shape {
  std::string name;
  LogShape log;
};

class MonitorComparisonTest : public ::testing::TestWithParam<Shape> {
 protected:
  // A log of `size` entries, and the reference's idea of it.
  void MakeLog(uint64_t size) {
    LogShape shape = GetParam().log;
    shape.size = size;
    log_ = RandomLog(shape, random_);
    world_ = MirrorOf(*log_);
    both_.emplace(log_->verifier(), world_.config,
                  FakePublicKeys(GetParam().log.suite));
  }

  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  std::string AnyLabel() { return kRandomLabels[Below(4)]; }

  keytrans::LogHead Head(uint64_t n) const { return HeadOf(*log_, world_, n); }
  Seen SeenAt(uint64_t n) const {
    return {ViewOf(world_, n), reference::StateOf(world_, n)};
  }
  uint64_t Now(uint64_t n) const {
    return log_->entries()[n - 1].timestamp + 1;
  }
  std::optional<uint64_t> AnyLast(uint64_t n) {
    if (OneIn(4)) return std::nullopt;
    if (OneIn(4)) return n;
    return 1 + Below(n);
  }

  // What the log of n entries answers, or nothing where both refuse.
  std::optional<std::string> Answer(uint64_t n,
                                    const ContactMonitorRequest& asked) {
    reference::ContactMonitorRequest theirs;
    Mirror(asked, &theirs);
    const auto ours = keytrans::AnswerContactMonitor(
        *log_, log_->configuration(), Head(n), asked);
    const auto refusal = reference::RefuseContactMonitor(world_, n, theirs);
    if (ContradictsItself(ours.status())) {
      ExpectNobodyBelieves(n, theirs);
      return std::nullopt;
    }
    EXPECT_EQ(ours.ok(), !refusal.has_value())
        << ours.status() << "; theirs: " << refusal.value_or("answers");
    if (!ours.ok() || refusal.has_value()) return std::nullopt;
    EXPECT_TRUE(*asked.Encode() == reference::Encode(theirs));
    EXPECT_TRUE(*ours == reference::MakeContactMonitorResponse(
                             world_, n, theirs, asked.last == n))
        << "contact monitoring: the bytes differ";
    return *ours;
  }

  std::optional<std::string> Answer(uint64_t n, const OwnerInitRequest& asked) {
    reference::OwnerInitRequest theirs;
    Mirror(asked, &theirs);
    const auto ours =
        keytrans::AnswerOwnerInit(*log_, log_->configuration(), Head(n), asked);
    const auto refusal = reference::RefuseOwnerInit(world_, n, theirs);
    EXPECT_EQ(ours.ok(), !refusal.has_value())
        << ours.status() << "; theirs: " << refusal.value_or("answers");
    if (!ours.ok() || refusal.has_value()) return std::nullopt;
    EXPECT_TRUE(*asked.Encode() == reference::Encode(theirs));
    EXPECT_TRUE(*ours == reference::MakeOwnerInitResponse(world_, n, theirs,
                                                          asked.last == n))
        << "owner initialization: the bytes differ";
    return *ours;
  }

  std::optional<std::string> Answer(uint64_t n,
                                    const OwnerMonitorRequest& asked,
                                    size_t max_ladders) {
    reference::OwnerMonitorRequest theirs;
    Mirror(asked, &theirs);
    const auto ours = keytrans::AnswerOwnerMonitor(*log_, log_->configuration(),
                                                   Head(n), asked, max_ladders);
    const auto refusal = reference::RefuseOwnerMonitor(world_, n, theirs);
    if (ContradictsItself(ours.status())) return std::nullopt;
    EXPECT_EQ(ours.ok(), !refusal.has_value())
        << ours.status() << "; theirs: " << refusal.value_or("answers");
    if (!ours.ok() || refusal.has_value()) return std::nullopt;
    EXPECT_TRUE(*asked.Encode() == reference::Encode(theirs));
    EXPECT_TRUE(*ours == reference::MakeOwnerMonitorResponse(
                             world_, n, theirs, asked.last == n,
                             {.max_ladders = max_ladders}))
        << "owner monitoring: the bytes differ";
    return *ours;
  }

  // Only about versions that exist: adding some is not the prover's.
  std::optional<std::string> Answer(uint64_t n, const UpdateRequest& asked) {
    reference::UpdateRequest theirs;
    Mirror(asked, &theirs);
    const auto ours =
        keytrans::AnswerUpdate(*log_, log_->configuration(), Head(n), asked);
    const auto refusal = reference::RefuseUpdate(world_, n, theirs);
    EXPECT_EQ(ours.ok(), !refusal.has_value())
        << ours.status() << "; theirs: " << refusal.value_or("answers");
    if (!ours.ok() || refusal.has_value()) return std::nullopt;
    EXPECT_TRUE(*asked.Encode() == reference::Encode(theirs));
    EXPECT_TRUE(ours->bytes ==
                reference::MakeUpdateResponse(world_, n, theirs,
                                              reference::UpdateKind::kReported,
                                              asked.last == n))
        << "update: the bytes differ";
    const auto greatest = reference::GreatestAt(
        reference::GreatestAdded(world_, n, asked.label), n - 1);
    EXPECT_EQ(ours->more, *greatest > ours->greatest);
    return ours->bytes;
  }

  // Ours refuses to answer where two entries meet in the wrong order: the
  // contact algorithm says so to whoever runs it (tests/reference/README.md,
  // 43). The reference answers what no verifier accepts.
  bool ContradictsItself(const absl::Status& status) {
    return absl::StrContains(status.message(), "entries contradict each other");
  }

  void ExpectNobodyBelieves(uint64_t n,
                            const reference::ContactMonitorRequest& asked) {
    reference::MonitoringMap map;
    for (const auto& [position, version] : asked.entries) {
      map[position] = version;
    }
    std::optional<reference::RetainedState> state;
    if (asked.last.has_value()) state = reference::StateOf(world_, *asked.last);
    const auto judged = reference::VerifyContactMonitor(
        world_.config, FakePublicKeys(GetParam().log.suite), state,
        reference::ContactStateOf(world_, asked.label, map),
        reference::Encode(asked),
        reference::MakeContactMonitorResponse(world_, n, asked,
                                              asked.last == n),
        Now(n));
    EXPECT_EQ(judged.refusal,
              "monitoring: an entry was inspected for a version that is not "
              "greater");
  }

  // --- Users ---

  struct Contact {
    std::string label;
    Seen seen;
    BothContacts both;
  };

  // A search, which tells what to monitor.
  void Search(uint64_t n, Contact& contact) {
    const auto greatest =
        reference::GreatestVersion(world_, n - 1, contact.label);
    if (!greatest.has_value()) return;
    keytrans::SearchRequest asked{contact.seen.last(), contact.label,
                                  std::nullopt};
    if (OneIn(2)) asked.version = Below(*greatest + 1);
    const auto answer =
        keytrans::AnswerSearch(*log_, log_->configuration(), Head(n), asked);
    // Expired, or skipped.
    if (absl::IsOutOfRange(answer.status())) return;
    if (absl::IsFailedPrecondition(answer.status())) return;
    ASSERT_TRUE(answer.ok()) << answer.status();
    const auto found = log_->verifier().VerifySearch(asked, contact.seen.view,
                                                     answer->bytes, Now(n));
    ASSERT_TRUE(found.ok()) << found.status();
    contact.seen = SeenAt(n);
    const auto& owed = found->obligation;
    if (!owed.has_value() || !owed->CanBeMonitored()) return;
    std::vector<MonitorMapEntry> entries =
        RequestOf(contact.seen, contact.both).entries;
    entries.push_back({owed->position, owed->version});
    contact.both.contact.map.clear();
    for (const MonitorMapEntry& entry :
         keytrans::MergeMonitoringMap(std::move(entries))) {
      contact.both.contact.map[entry.position] = entry.version;
    }
    contact.both.contact = reference::ContactStateOf(world_, contact.label,
                                                     contact.both.contact.map);
    contact.both.keys.insert(owed->ladder.begin(), owed->ladder.end());
  }

  void Monitor(uint64_t n, Contact& contact) {
    const auto bytes = Answer(n, RequestOf(contact.seen, contact.both));
    ASSERT_TRUE(bytes.has_value());
    const ContactJudgement judged =
        both_->Contact(contact.seen, contact.both, *bytes, Now(n));
    ASSERT_TRUE(Agree(judged));
    // An honest log is believed.
    ASSERT_TRUE(judged.accepted()) << judged.Words();
    ASSERT_EQ(judged.ours->view, ViewOf(world_, n));
    contact.seen = {judged.ours->view, judged.theirs.accepted->state};
    contact.both.contact = judged.theirs.accepted->contact;
    ++monitored_;
  }

  struct Owner {
    Seen seen;
    std::optional<BothOwners> both;
  };

  void Init(uint64_t n, Owner& owner) {
    const OwnerInitRequest asked{owner.seen.last(), AnyLabel(), Below(n)};
    const auto bytes = Answer(n, asked);
    if (!bytes.has_value()) return;
    const InitJudgement judged = both_->Init(owner.seen, asked, *bytes, Now(n));
    ASSERT_TRUE(Agree(judged));
    ASSERT_TRUE(judged.accepted()) << judged.Words();
    ASSERT_EQ(judged.ours->view, ViewOf(world_, n));
    owner.seen = {judged.ours->view, judged.theirs.accepted->state};
    owner.both = {judged.ours->owner, judged.theirs.accepted->owner};
    ++begun_;
  }

  void Monitor(uint64_t n, Owner& owner) {
    const size_t max_ladders = OneIn(3) ? 1 + Below(3) : 64;
    const OwnerMonitorRequest asked = RequestOf(owner.seen, *owner.both);
    const auto bytes = Answer(n, asked, max_ladders);
    ASSERT_TRUE(bytes.has_value());
    const MonitorJudgement judged =
        both_->Monitor(owner.seen, *owner.both, *bytes, Now(n));
    ASSERT_TRUE(Agree(judged));
    ASSERT_TRUE(judged.accepted()) << judged.Words();
    ASSERT_EQ(judged.ours->view, ViewOf(world_, n));
    owner.seen = {judged.ours->view, judged.theirs.accepted->state};
    owner.both = {judged.ours->owner, judged.theirs.accepted->owner};
    ++monitored_;
  }

  // The next versions, if there are any: as the log reports them, or as if it
  // had just added them for the owner.
  void Update(uint64_t n, Owner& owner) {
    UpdateRequest asked = UpdateRequestOf(owner.seen, *owner.both);
    std::optional<std::string> bytes = Answer(n, asked);
    if (!bytes.has_value()) return;
    if (OneIn(3)) {
      for (uint32_t version : reference::VersionsOf(reference::NextVersions(
               world_, n, asked.label, asked.greatest_version))) {
        if (reference::IsSkipped(world_, n - 1, asked.label, version)) continue;
        asked.values.push_back({world_.open(asked.label, version).value});
      }
      reference::UpdateRequest theirs;
      Mirror(asked, &theirs);
      bytes = reference::MakeUpdateResponse(
          world_, n, theirs, reference::UpdateKind::kCreated, asked.last == n);
    }
    const UpdateJudgement judged =
        both_->Update(owner.seen, *owner.both, asked, *bytes, Now(n));
    ASSERT_TRUE(Agree(judged));
    ASSERT_TRUE(judged.accepted()) << judged.Words();
    ASSERT_EQ(judged.ours->view, ViewOf(world_, n));
    owner.seen = {judged.ours->view, judged.theirs.accepted->state};
    owner.both = {judged.ours->owner, judged.theirs.accepted->owner};
    // Ours merges the map; so that both ask the same, the reference does, too.
    reference::MonitoringMap& map = owner.both->theirs.map;
    map.clear();
    for (const MonitorMapEntry& entry : owner.both->ours.entries) {
      map[entry.position] = entry.version;
    }
    ++updated_;
  }

  // --- Requests that nobody made ---

  std::vector<MonitorMapEntry> AnyEntries(uint64_t n,
                                          const std::string& label) {
    std::vector<MonitorMapEntry> entries;
    const auto greatest = reference::GreatestVersion(world_, n - 1, label);
    for (size_t count = Below(5); count > 0; --count) {
      const auto version =
          static_cast<uint32_t>(Below(greatest ? *greatest + 1 : 1));
      const auto added = reference::PositionAdded(world_, n, label, version);
      uint64_t position = Below(n + 1);
      if (added.has_value() && !OneIn(8)) {
        position = *added;
        const std::vector<uint64_t> path = keytrans::DirectPath(*added, n);
        // Left ancestors, too: they are refused.
        if (!path.empty() && OneIn(2)) position = path[Below(path.size())];
      }
      entries.push_back({position, version + (OneIn(30) ? 1 : 0)});
    }
    if (!OneIn(8)) {
      std::sort(
          entries.begin(), entries.end(),
          [](const auto& a, const auto& b) { return a.position < b.position; });
    }
    return entries;
  }

  // Whether our parser takes the bytes that the reference makes of it: that
  // entries ascend is the parser's to check.
  template <typename Request>
  bool Parses(const Request& request) {
    const auto parsed = Request::Parse(*request.Encode());
    if (!parsed.ok()) return false;
    EXPECT_EQ(*parsed, request);
    return true;
  }

  void CompareAnyContactRequest(uint64_t n) {
    const std::string label = AnyLabel();
    const ContactMonitorRequest asked{AnyLast(n), label, AnyEntries(n, label)};
    if (Parses(asked)) {
      Answer(n, asked).has_value() ? ++answered_ : ++refused_;
      return;
    }
    reference::ContactMonitorRequest theirs;
    Mirror(asked, &theirs);
    EXPECT_TRUE(reference::RefuseContactMonitor(world_, n, theirs).has_value());
  }

  void CompareAnyOwnerRequest(uint64_t n) {
    const std::string label = AnyLabel();
    OwnerMonitorRequest asked{AnyLast(n), label, AnyEntries(n, label),
                              Below(n + 1), std::nullopt};
    if (!OneIn(4)) asked.greatest_version = Below(n / 2 + 1);
    if (Parses(asked)) {
      Answer(n, asked, 64).has_value() ? ++answered_ : ++refused_;
      return;
    }
    reference::OwnerMonitorRequest theirs;
    Mirror(asked, &theirs);
    EXPECT_TRUE(reference::RefuseOwnerMonitor(world_, n, theirs).has_value());
  }

  void CompareAnyInitRequest(uint64_t n) {
    const OwnerInitRequest asked{AnyLast(n), AnyLabel(), Below(n + 2)};
    Answer(n, asked).has_value() ? ++answered_ : ++refused_;
  }

  void CompareAnyUpdateRequest(uint64_t n) {
    UpdateRequest asked{AnyLast(n), AnyLabel(), std::nullopt, {}};
    if (!OneIn(4)) asked.greatest_version = Below(n / 2 + 1);
    // Values are disregarded where there is something to tell.
    const auto greatest =
        reference::GreatestVersion(world_, n - 1, asked.label);
    if (asked.greatest_version < greatest && OneIn(2)) {
      asked.values.push_back({"disregarded"});
    }
    Answer(n, asked).has_value() ? ++answered_ : ++refused_;
  }

  // Set by each test from a seed that a failure prints.
  std::mt19937_64 random_;
  std::unique_ptr<keytrans::TestLog> log_;
  reference::World world_;
  std::optional<BothVerifiers> both_;
  // What a test has seen, so that it does not pass for having seen nothing.
  int begun_ = 0;
  int monitored_ = 0;
  int updated_ = 0;
  int answered_ = 0;
  int refused_ = 0;
};

// Owners and contacts who look at a growing log now and then.
TEST_P(MonitorComparisonTest, AgreesAboutUsersOfAGrowingLog) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  for (int round = 0; round < 10; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    MakeLog(10 + Below(110));
    std::vector<Contact> contacts;
    for (const char* label : kRandomLabels) {
      Contact& contact = contacts.emplace_back();
      contact.label = contact.both.contact.label = label;
    }
    std::vector<Owner> owners(4);
    for (uint64_t n = 1; n <= log_->size(); ++n) {
      SCOPED_TRACE("size " + std::to_string(n));
      for (Contact& contact : contacts) {
        if (OneIn(4)) Search(n, contact);
        if (OneIn(4)) Monitor(n, contact);
        if (HasFatalFailure()) return;
      }
      for (Owner& owner : owners) {
        if (!owner.both.has_value()) {
          if (OneIn(4)) Init(n, owner);
        } else {
          if (OneIn(3)) Update(n, owner);
          if (OneIn(4)) Monitor(n, owner);
        }
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(monitored_, 0);
  // With an endless window nothing is distinguished, and nobody begins.
  const bool endless = GetParam().log.window == kEndless;
  EXPECT_EQ(begun_ > 0, !endless);
  EXPECT_EQ(updated_ > 0, !endless);
}

TEST_P(MonitorComparisonTest, AgreesAboutRequestsThatNobodyMade) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  for (int round = 0; round < 10; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    MakeLog(1 + Below(80));
    for (int i = 0; i < 100; ++i) {
      const uint64_t n = 1 + Below(log_->size());
      SCOPED_TRACE("size " + std::to_string(n) + ", request " +
                   std::to_string(i));
      CompareAnyContactRequest(n);
      CompareAnyOwnerRequest(n);
      CompareAnyInitRequest(n);
      CompareAnyUpdateRequest(n);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(answered_, 0);
  EXPECT_GT(refused_, 0);
}

std::vector<Shape> Shapes() {
  std::vector<Shape> shapes;
  for (const auto& [suite, suite_name] :
       {std::pair(crypto::CipherSuite::kP256, "P256"),
        std::pair(crypto::CipherSuite::kEd25519, "Ed25519")}) {
    for (const auto& [window, window_name] :
         {std::pair(uint64_t{0}, "NoWindow"),
          std::pair(kMeanStep, "OneEntryWindow"),
          std::pair(6 * kMeanStep, "SmallWindow"),
          std::pair(30 * kMeanStep, "LargeWindow"),
          std::pair(kEdge, "EdgeWindow"),
          std::pair(kEndless, "EndlessWindow")}) {
      for (const bool dies : {false, true}) {
        Shape shape{std::string(window_name) + suite_name, {}};
        shape.log.window = window;
        shape.log.suite = suite;
        if (dies) {
          shape.log.lifetime = window + 8 * kMeanStep;
          shape.name += "WithLifetime";
        }
        shapes.push_back(shape);
      }
    }
  }
  for (const bool dies : {false, true}) {
    Shape shape{dies ? "AuditedWithLifetime" : "Audited", {}};
    shape.log.window = 6 * kMeanStep;
    shape.log.mode = keytrans::DeploymentMode::kThirdPartyAuditing;
    if (dies) shape.log.lifetime = shape.log.window + 8 * kMeanStep;
    shapes.push_back(shape);
    shape.name = dies ? "ManagedWithLifetime" : "Managed";
    shape.log.mode = keytrans::DeploymentMode::kThirdPartyManagement;
    shapes.push_back(shape);
  }
  return shapes;
}

INSTANTIATE_TEST_SUITE_P(Shapes, MonitorComparisonTest,
                         ::testing::ValuesIn(Shapes()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace sealbook

// One misreading of the draft would satisfy a prover and a verifier that share
// code. So both are compared with tests/reference, which was written from the
// draft alone: the prover's bytes must be the reference's, for every log size
// to 300 and every advertised size (each pair with one of twelve labels in
// turn, which have 0 to 40 versions; without an advertised size all of them);
// and the verifier must come to the reference's view. In both cipher suites.
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "crypto/types.h"
#include "keytrans/history_prover.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"
#include "tests/protocol/world_mirror.h"
#include "tests/reference/prover.h"
#include "tests/reference/verifier.h"
#include "tests/reference/world.h"

namespace sealbook {
namespace {

using keytrans::SearchRequest;
using keytrans::TestLog;
using keytrans::TreeView;

constexpr uint64_t kSize = 300;
constexpr uint64_t kWindow = 1000;
constexpr uint32_t kVersionCounts[] = {0, 1, 2, 3, 4, 5, 7, 8, 12, 16, 31, 40};

std::string LabelWith(uint32_t versions) {
  return "with-" + std::to_string(versions) + "@example.org";
}

// How quickly the log grows: the mean time between entries decides how many
// entries are distinguished.
struct Pace {
  std::string name;
  uint64_t mean_step;
  // Maximum lifetime; 0: none.
  uint64_t lifetime = 0;
  crypto::CipherSuite suite = crypto::CipherSuite::kP256;
  // Of the advertised sizes every one, or every third one.
  uint64_t stride = 1;
};

class ReferenceComparisonTest : public ::testing::TestWithParam<Pace> {
 protected:
  ReferenceComparisonTest()
      : log_(kWindow, keytrans::TestKeys::kFake, GetParam().suite) {
    if (GetParam().lifetime != 0) log_.SetMaximumLifetime(GetParam().lifetime);
    FillLog();
    world_ = MirrorOf(log_);
  }

  void FillLog() {
    std::mt19937_64 random(GetParam().mean_step);
    std::vector<std::vector<TestLog::NewVersion>> added(kSize);
    for (uint32_t versions : kVersionCounts) {
      std::vector<uint64_t> positions;
      for (uint32_t i = 0; i < versions; ++i) {
        positions.push_back(random() % kSize);
      }
      for (uint64_t position : positions) {
        added[position].push_back({LabelWith(versions), "value"});
      }
    }
    uint64_t timestamp = 1'700'000'000'000;
    for (uint64_t i = 0; i < kSize; ++i) {
      log_.Append(timestamp, added[i]);
      timestamp += random() % (2 * GetParam().mean_step + 1);
    }
  }

  // The draft's other searches, and ours, about the same label.
  void CompareMore(uint64_t size, std::optional<uint64_t> last,
                   const std::string& label, uint64_t salt) {
    SCOPED_TRACE("size " + std::to_string(size) + ", last " +
                 (last ? std::to_string(*last) : "absent") + ", " + label);
    Shown shown{size, last, log_.Sign(size, log_.Root(size)), last == size};
    if (last.has_value()) {
      shown.view = log_.View(*last);
      shown.state = reference::StateOf(world_, *last);
    }
    shown.now = log_.entries()[size - 1].timestamp + 1;
    CompareWalk(shown, salt);
    CompareAsOf(shown, label, salt);
    const auto greatest = reference::GreatestVersion(world_, size - 1, label);
    if (!greatest.has_value()) return;
    const auto version = static_cast<uint32_t>(salt % (*greatest + 1));
    CompareFixed(shown, label, version);
    CompareHistory(shown, label, version);
  }

  // A tree, and who it is shown to.
  struct Shown {
    uint64_t size;
    std::optional<uint64_t> last;
    keytrans::TreeHead head;
    bool same;
    std::optional<TreeView> view = std::nullopt;
    std::optional<reference::RetainedState> state = std::nullopt;
    uint64_t now = 0;
  };

  // Whether the reference, and then ours, calls the past expired.
  template <typename Ours, typename Theirs>
  bool BothExpired(const Ours& ours, const Theirs& theirs) {
    if (theirs.outcome != reference::VersionOutcome::kExpired) return false;
    EXPECT_EQ(ours.status().code(), absl::StatusCode::kOutOfRange)
        << ours.status();
    ++expired_;
    return true;
  }

  void CompareFixed(const Shown& shown, const std::string& label,
                    uint32_t version) {
    const SearchRequest request{shown.last, label, version};
    auto ours = log_.Answer(request, shown.size);
    auto theirs = reference::MakeFixedVersionResponse(
        world_, shown.size, shown.last, label, version, shown.same);
    if (BothExpired(ours, theirs)) return;
    ASSERT_TRUE(ours.ok()) << ours.status();
    ASSERT_TRUE(ours->bytes == theirs.response) << "fixed: the bytes differ";
    auto verified = log_.verifier().VerifySearch(request, shown.view,
                                                 ours->bytes, shown.now);
    ASSERT_TRUE(verified.ok()) << verified.status();
    reference::Outcome judged =
        reference::VerifySearch(world_.config, keys_, shown.state,
                                request.Encode(), ours->bytes, shown.now);
    ASSERT_TRUE(judged.accepted.has_value()) << judged.refusal;
    EXPECT_EQ(verified->terminal, judged.accepted->terminal);
    EXPECT_EQ(verified->obligation.has_value(), judged.accepted->must_monitor);
    EXPECT_EQ(verified->view, log_.View(shown.size));
    EXPECT_EQ(judged.accepted->state, reference::StateOf(world_, shown.size));
  }

  void CompareWalk(const Shown& shown, uint64_t salt) {
    keytrans::DistinguishedRequest request{shown.last, std::nullopt};
    if (salt % 3 == 0) request.stop = salt % shown.size;
    auto ours = keytrans::AnswerDistinguished(log_, log_.configuration(),
                                              shown.head, request);
    ASSERT_TRUE(ours.ok()) << ours.status();
    ASSERT_TRUE(*ours ==
                reference::MakeDistinguishedResponse(
                    world_, shown.size, shown.last, request.stop, shown.same))
        << "walk: the bytes differ";
    auto verified = log_.verifier().VerifyDistinguished(request, shown.view,
                                                        *ours, shown.now);
    ASSERT_TRUE(verified.ok()) << verified.status();
    auto judged = reference::VerifyDistinguished(
        world_.config, keys_, shown.state, request.Encode(), *ours, shown.now);
    ASSERT_TRUE(judged.accepted.has_value()) << judged.refusal;
    ASSERT_EQ(verified->entries.size(), judged.accepted->entries.size());
    for (size_t i = 0; i < verified->entries.size(); ++i) {
      const reference::DistinguishedEntry& entry = judged.accepted->entries[i];
      EXPECT_EQ(verified->entries[i].position, entry.position);
      EXPECT_EQ(verified->entries[i].Root().ToString(), entry.log_root);
    }
  }

  void CompareAsOf(const Shown& shown, const std::string& label,
                   uint64_t salt) {
    const uint64_t first = log_.entries()[0].timestamp;
    const uint64_t span = log_.entries()[shown.size - 1].timestamp - first + 10;
    const keytrans::AsOfRequest request{shown.last, label,
                                        first - 5 + salt * 7919 % span};
    auto ours =
        keytrans::AnswerAsOf(log_, log_.configuration(), shown.head, request);
    auto theirs = reference::MakeAsOfResponse(world_, shown.size, shown.last,
                                              label, request.time, shown.same);
    if (BothExpired(ours, theirs)) return;
    ASSERT_TRUE(ours.ok()) << ours.status();
    ASSERT_TRUE(ours->bytes == theirs.response) << "as of: the bytes differ";
    auto verified =
        log_.verifier().VerifyAsOf(request, shown.view, ours->bytes, shown.now);
    ASSERT_TRUE(verified.ok()) << verified.status();
    auto judged =
        reference::VerifyAsOf(world_.config, keys_, shown.state,
                              request.Encode(), ours->bytes, shown.now);
    ASSERT_TRUE(judged.accepted.has_value()) << judged.refusal;
    EXPECT_EQ(verified->position, judged.accepted->position);
    ASSERT_EQ(verified->in_force.has_value(),
              judged.accepted->version.has_value());
    if (!verified->in_force.has_value()) return;
    EXPECT_EQ(verified->in_force->version, judged.accepted->version->version);
    EXPECT_EQ(verified->in_force->terminal, judged.accepted->version->terminal);
  }

  void CompareHistory(const Shown& shown, const std::string& label,
                      uint32_t version) {
    keytrans::HistoryRequest request{shown.last, label, std::nullopt};
    if (version % 2 == 1) request.newest = version;
    auto ours = keytrans::AnswerHistory(log_, log_.configuration(), shown.head,
                                        request, /*max_versions=*/5);
    // How many fit into a page is the log's choice.
    const size_t count = ours.ok() ? ours->values.size() : 1;
    auto theirs =
        reference::MakeHistoryResponse(world_, shown.size, shown.last, label,
                                       request.newest, count, shown.same);
    if (BothExpired(ours, theirs)) return;
    ASSERT_TRUE(ours.ok()) << ours.status();
    ASSERT_TRUE(ours->bytes == theirs.response) << "history: the bytes differ";
    auto verified = log_.verifier().VerifyHistory(request, shown.view,
                                                  ours->bytes, shown.now);
    ASSERT_TRUE(verified.ok()) << verified.status();
    auto judged =
        reference::VerifyHistory(world_.config, keys_, shown.state,
                                 request.Encode(), ours->bytes, shown.now);
    ASSERT_TRUE(judged.accepted.has_value()) << judged.refusal;
    ASSERT_EQ(verified->versions.size(), judged.accepted->versions.size());
    size_t monitored = 0;
    for (size_t i = 0; i < verified->versions.size(); ++i) {
      const keytrans::VerifiedHistoryVersion& mine = verified->versions[i];
      const reference::ShownVersion& other = judged.accepted->versions[i];
      EXPECT_EQ(mine.version, other.version);
      EXPECT_EQ(mine.value, other.value);
      ASSERT_EQ(mine.since.has_value(), other.position.has_value());
      if (mine.since.has_value()) {
        EXPECT_EQ(mine.since->position, *other.position);
        EXPECT_EQ(mine.since->timestamp, *other.since);
      }
      monitored += other.must_monitor ? 1 : 0;
    }
    EXPECT_EQ(verified->obligations.size(), monitored);
  }

  void Compare(uint64_t size, std::optional<uint64_t> last,
               const std::string& label) {
    SCOPED_TRACE("size " + std::to_string(size) + ", last " +
                 (last ? std::to_string(*last) : "absent") + ", " + label);
    const SearchRequest request{last, label, std::nullopt};
    auto answer = log_.Answer(request, size);
    ASSERT_TRUE(answer.ok()) << answer.status();
    const bool exists =
        reference::GreatestVersion(world_, size - 1, label).has_value();
    ASSERT_EQ(answer->kind == keytrans::SearchAnswer::Kind::kFound, exists);
    const bool same = last == size;
    ASSERT_TRUE(
        answer->bytes ==
        (exists
             ? reference::MakeSearchResponse(world_, size, last, label, same)
             : reference::MakeAbsenceResponse(world_, size, last, label, same)))
        << "the bytes differ";
    CompareVerifiers(request, answer->bytes, exists, size);
  }

  void CompareVerifiers(const SearchRequest& request, const std::string& bytes,
                        bool exists, uint64_t size) {
    const uint64_t now = log_.entries()[size - 1].timestamp + 1;
    std::optional<TreeView> retained;
    std::optional<reference::RetainedState> state;
    if (request.last.has_value()) {
      retained = log_.View(*request.last);
      state = reference::StateOf(world_, *request.last);
    }
    auto verify = exists ? reference::VerifySearch : reference::VerifyAbsence;
    reference::Outcome theirs =
        verify(world_.config, keys_, state, request.Encode(), bytes, now);
    ASSERT_TRUE(theirs.accepted.has_value()) << theirs.refusal;
    EXPECT_EQ(theirs.accepted->state, reference::StateOf(world_, size));
    if (!exists) {
      auto ours = log_.verifier().VerifyAbsence(request, retained, bytes, now);
      ASSERT_TRUE(ours.ok()) << ours.status();
      EXPECT_EQ(ours->view, log_.View(size));
      EXPECT_EQ(ours->view.Root().ToString(), theirs.accepted->root);
      return;
    }
    auto ours = log_.verifier().VerifySearch(request, retained, bytes, now);
    ASSERT_TRUE(ours.ok()) << ours.status();
    EXPECT_EQ(ours->view, log_.View(size));
    EXPECT_EQ(ours->view.Root().ToString(), theirs.accepted->root);
    EXPECT_EQ(ours->version, theirs.accepted->version);
    EXPECT_EQ(ours->value, theirs.accepted->value);
    EXPECT_EQ(ours->terminal, theirs.accepted->terminal);
    EXPECT_EQ(ours->obligation.has_value(), theirs.accepted->must_monitor);
  }

  TestLog log_;
  reference::World world_;
  size_t expired_ = 0;
  const reference::PublicKeys keys_ = FakePublicKeys(GetParam().suite);
};

TEST_P(ReferenceComparisonTest, AgreesForEverySizeAndEveryAdvertisedSize) {
  // The labels rotate with a step that is coprime to their number: each meets
  // every difference between the two sizes.
  size_t next = 0;
  for (uint64_t size = 1; size <= kSize; ++size) {
    for (uint64_t last = size % GetParam().stride; last <= size;
         last += GetParam().stride) {
      uint32_t versions = kVersionCounts[next++ % std::size(kVersionCounts)];
      Compare(size, last == 0 ? std::nullopt : std::optional(last),
              LabelWith(versions));
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(ReferenceComparisonTest, AgreesForEveryLabelWithoutAnAdvertisedSize) {
  for (uint64_t size = 1; size <= kSize; ++size) {
    for (uint32_t versions : kVersionCounts) {
      Compare(size, std::nullopt, LabelWith(versions));
      if (HasFatalFailure()) return;
    }
  }
}

// Each pair of sizes with one label, one version and one time, all in turn; a
// third of the pairs, so that it stays quick.
TEST_P(ReferenceComparisonTest, AgreesAboutThePastForEverySizeAndManyOthers) {
  uint64_t salt = 0;
  for (uint64_t size = 1; size <= kSize; ++size) {
    const uint64_t step = 3 * GetParam().stride;
    for (uint64_t last = size % step; last <= size; last += step) {
      uint32_t versions = kVersionCounts[++salt % std::size(kVersionCounts)];
      CompareMore(size, last == 0 ? std::nullopt : std::optional(last),
                  LabelWith(versions), salt);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_EQ(expired_ > 0, GetParam().lifetime != 0);
}

// In both suites at each pace. With fake keys they differ in the length of a
// proof alone, so the second one is compared for a third of the pairs of sizes.
std::vector<Pace> Paces() {
  std::vector<Pace> paces;
  for (const auto& [suite, name] :
       {std::pair(crypto::CipherSuite::kP256, "P256"),
        std::pair(crypto::CipherSuite::kEd25519, "Ed25519")}) {
    for (Pace pace :
         {Pace{"OneDistinguished", 1}, Pace{"SomeDistinguished", 60},
          Pace{"NearlyAllDistinguished", 1500},
          Pace{"ShortLifetime", 60, kWindow + 1},
          Pace{"LongLifetime", 100, 8 * kWindow}}) {
      pace.name += name;
      pace.suite = suite;
      if (suite == crypto::CipherSuite::kEd25519) pace.stride = 3;
      paces.push_back(pace);
    }
  }
  return paces;
}

INSTANTIATE_TEST_SUITE_P(Paces, ReferenceComparisonTest,
                         ::testing::ValuesIn(Paces()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace sealbook

// One misreading of the draft would satisfy a prover and a verifier that share
// code. So both are compared with tests/reference, which was written from the
// draft alone: the prover's bytes must be the reference's, for every log size
// to 300 and every advertised size (each pair with one of twelve labels in
// turn, which have 0 to 40 versions; without an advertised size all of them);
// and the verifier must come to the reference's view.
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "keytrans/structures.h"
#include "keytrans/testing/fake_keys.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"
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
  const char* name;
  uint64_t mean_step;
};

class ReferenceComparisonTest : public ::testing::TestWithParam<Pace> {
 protected:
  ReferenceComparisonTest() : log_(kWindow) {
    FillLog();
    MirrorIntoWorld();
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

  // The same log as the reference sees it: the lists of what was added.
  void MirrorIntoWorld() {
    const keytrans::Configuration& ours = log_.configuration();
    world_.config.signature_public_key = ours.signature_public_key;
    world_.config.vrf_public_key = ours.vrf_public_key;
    world_.config.max_ahead = ours.max_ahead;
    world_.config.max_behind = ours.max_behind;
    world_.config.reasonable_monitoring_window =
        ours.reasonable_monitoring_window;
    world_.vrf = [](const std::string& label, uint32_t version) {
      auto proven =
          keytrans::FakeProve(keytrans::EncodeVrfInput(label, version));
      return reference::VrfResult{proven.output.ToString(), proven.proof.bytes};
    };
    world_.sign = [](const std::string& tbs) {
      return keytrans::FakeSign(tbs);
    };
    world_.open = [this](const std::string& label, uint32_t version) {
      const auto& opened = log_.labels().at(label)[version].opened;
      return reference::OpenedValue{opened.opening.ToString(), opened.value};
    };
    world_.entries.resize(kSize);
    for (uint64_t i = 0; i < kSize; ++i) {
      world_.entries[i].timestamp = log_.entries()[i].timestamp;
      for (const merkle::PrefixLeaf& leaf : log_.added()[i]) {
        world_.entries[i].added.push_back({"padding", static_cast<uint32_t>(i),
                                           leaf.vrf_output.ToString(),
                                           leaf.commitment.ToString()});
      }
    }
    for (const auto& [label, versions] : log_.labels()) {
      for (uint32_t number = 0; number < versions.size(); ++number) {
        NameLeaf(label, number, versions[number].facts);
      }
    }
  }

  void NameLeaf(const std::string& label, uint32_t version,
                const keytrans::VersionFacts& facts) {
    for (reference::Leaf& leaf : world_.entries[facts.position].added) {
      if (leaf.vrf_output == facts.vrf_output.view()) {
        leaf.label = label;
        leaf.version = version;
      }
    }
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
    ASSERT_EQ(answer->found, exists);
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
  const reference::PublicKeys keys_ = {
      [](const std::string& tbs, const std::string& signature) {
        return signature == keytrans::FakeSign(tbs);
      },
      [](const std::string& input,
         const std::string& proof) -> std::optional<std::string> {
        auto proven = keytrans::FakeProve(input);
        if (proof != proven.proof.bytes) return std::nullopt;
        return proven.output.ToString();
      }};
};

TEST_P(ReferenceComparisonTest, AgreesForEverySizeAndEveryAdvertisedSize) {
  // The labels rotate with a step that is coprime to their number: each meets
  // every difference between the two sizes.
  size_t next = 0;
  for (uint64_t size = 1; size <= kSize; ++size) {
    for (uint64_t last = 0; last <= size; ++last) {
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

INSTANTIATE_TEST_SUITE_P(
    Paces, ReferenceComparisonTest,
    ::testing::Values(Pace{"OneDistinguished", 1},
                      Pace{"SomeDistinguished", 60},
                      Pace{"NearlyAllDistinguished", 1500}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace sealbook

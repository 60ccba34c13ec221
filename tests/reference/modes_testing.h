// What the tests of the deployment modes with a third party share: every
// operation, asked of one log and verified.
#ifndef SEALBOOK_TESTS_REFERENCE_MODES_TESTING_H_
#define SEALBOOK_TESTS_REFERENCE_MODES_TESTING_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "tests/reference/added.h"
#include "tests/reference/monitor_testing.h"
#include "tests/reference/prover.h"
#include "tests/reference/testing.h"

namespace sealbook::reference {

// Every size shown, with no and with every size seen before.
class EveryOperation {
 public:
  explicit EveryOperation(const World& world)
      : world_(world), keys_(FakeKeys(world.config.ciphersuite)) {}

  void Check(const std::string& label) {
    ForSizes(world_, [&](uint64_t n, std::optional<uint64_t> last) {
      SCOPED_TRACE(testing::Message() << "n " << n << " last "
                                      << last.value_or(0) << " " << label);
      if (n_ != n) expected_ = StateOf(world_, n);
      n_ = n;
      last_ = last;
      state_ = Seen(world_, last);
      CheckSearches(label);
      CheckPast(label);
      CheckMonitoring(label);
    });
  }

  // Answers accepted, and versions for which there was none.
  uint64_t accepted() const { return accepted_; }
  uint64_t without_answer() const { return without_answer_; }

 private:
  bool same() const { return last_ == n_; }
  uint64_t now() const { return world_.entries[n_ - 1].timestamp; }

  template <typename T>
  void Expect(const Verdict<T>& verdict) {
    ASSERT_EQ(verdict.refusal, "");
    EXPECT_EQ(verdict.accepted->state, expected_);
    EXPECT_EQ(verdict.accepted->root, LogValue(world_, {0, n_}));
    ++accepted_;
  }

  void CheckSearches(const std::string& label) {
    const auto greatest = GreatestVersion(world_, n_ - 1, label);
    const std::string request = MakeSearchRequest(last_, label);
    if (!greatest.has_value()) {
      Expect(VerifyAbsence(
          world_.config, keys_, state_, request,
          MakeAbsenceResponse(world_, n_, last_, label, same()), now()));
      return;
    }
    const Outcome found = VerifySearch(
        world_.config, keys_, state_, request,
        MakeSearchResponse(world_, n_, last_, label, same()), now());
    Expect(found);
    EXPECT_FALSE(found.accepted->must_monitor);
    for (uint32_t version = 0; version <= *greatest; ++version) {
      const Answer<std::string> answer =
          MakeFixedVersionResponse(world_, n_, last_, label, version, same());
      if (!answer.response.has_value()) {
        ++without_answer_;
        continue;
      }
      Expect(VerifySearch(world_.config, keys_, state_,
                          MakeSearchRequest(last_, label, version),
                          *answer.response, now()));
    }
  }

  void CheckPast(const std::string& label) {
    Expect(VerifyDistinguished(
        world_.config, keys_, state_,
        MakeDistinguishedRequest(last_, std::nullopt),
        MakeDistinguishedResponse(world_, n_, last_, std::nullopt, same()),
        now()));
    const Answer<std::string> history =
        MakeHistoryResponse(world_, n_, last_, label, std::nullopt, 3, same());
    if (history.response.has_value()) {
      Expect(VerifyHistory(world_.config, keys_, state_,
                           MakeHistoryRequest(last_, label, std::nullopt),
                           *history.response, now()));
    }
    const uint64_t time = world_.entries[n_ / 2].timestamp;
    const Answer<std::string> as_of =
        MakeAsOfResponse(world_, n_, last_, label, time, same());
    if (as_of.response.has_value()) {
      Expect(VerifyAsOf(world_.config, keys_, state_,
                        MakeAsOfRequest(last_, label, time), *as_of.response,
                        now()));
    }
  }

  void CheckMonitoring(const std::string& label) {
    MonitoringMap map;
    for (const auto& [position, version] : GreatestAdded(world_, n_, label)) {
      map[position] = *version;
    }
    Expect(MonitorAsContact(world_, n_, last_,
                            ContactStateOf(world_, label, map)));
    for (uint64_t start : DistinguishedOf(world_, n_)) {
      Expect(InitAsOwner(world_, n_, last_, label, start));
      Expect(MonitorAsOwner(world_, n_, last_,
                            OwnerStateOf(world_, n_, label, start)));
      CheckUpdates(label, start);
    }
  }

  void CheckUpdates(const std::string& label, uint64_t start) {
    OwnerState owner = OwnerStateOf(world_, start + 1, label, start);
    const GreatestVersions added = GreatestAdded(world_, n_, label);
    for (auto next = added.upper_bound(start); next != added.end(); ++next) {
      for (UpdateKind kind : {UpdateKind::kReported, UpdateKind::kCreated}) {
        const auto verdict = UpdateAsOwner(world_, n_, last_, owner, kind);
        Expect(verdict);
        if (kind == UpdateKind::kCreated && verdict.accepted.has_value()) {
          owner = verdict.accepted->owner;
        }
      }
    }
    EXPECT_EQ(owner, OwnerStateOf(world_, n_, label, start));
  }

  const World& world_;
  const PublicKeys keys_;
  uint64_t n_ = 0;
  std::optional<uint64_t> last_;
  std::optional<RetainedState> state_;
  RetainedState expected_;
  uint64_t accepted_ = 0;
  uint64_t without_answer_ = 0;
};

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_MODES_TESTING_H_

// An owner and a contact of labels in a TestLog, who verify everything that the
// prover answers.
//
//   TestOwner owner(log, "a@example.org");
//   ASSERT_EQ(owner.Init(/*start=*/7), absl::OkStatus());
//   ASSERT_EQ(owner.CatchUp(), absl::OkStatus());
#ifndef SEALBOOK_KEYTRANS_TESTING_TEST_OWNER_H_
#define SEALBOOK_KEYTRANS_TESTING_TEST_OWNER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {

// Not thread-safe. `log` outlives it.
class TestOwner {
 public:
  TestOwner(TestLog& log, std::string label)
      : log_(log), label_(std::move(label)), verifier_(log.verifier()) {}

  absl::Status Init(uint64_t start);
  // Asks for one UpdateResponse.
  absl::Status Update();
  // Until the greatest version is known.
  absl::Status UpdateAll();
  // Until the rightmost distinguished log entry is reached.
  absl::Status Monitor(size_t max_ladders = 64);
  absl::Status CatchUp();

  const OwnerState& state() const { return state_; }
  const std::optional<TreeView>& view() const { return view_; }
  // What the updates have shown, from the first after Init.
  const std::vector<VerifiedUpdate::Version>& seen() const { return seen_; }
  // Of the last Monitor.
  int calls() const { return calls_; }

 private:
  std::optional<uint64_t> last() const;
  TreeHead Head() const;
  uint64_t now() const { return log_.entries().back().timestamp; }

  TestLog& log_;
  const std::string label_;
  const Verifier verifier_;
  std::optional<TreeView> view_;
  OwnerState state_;
  std::vector<VerifiedUpdate::Version> seen_;
  int calls_ = 0;
};

// Not thread-safe. `log` outlives it.
class TestContact {
 public:
  TestContact(TestLog& log, std::string label)
      : log_(log), label_(std::move(label)), verifier_(log.verifier()) {}

  // Searches, and remembers what is owed.
  absl::Status Search(std::optional<uint32_t> version = std::nullopt);
  absl::Status Monitor();

  const std::vector<MonitorMapEntry>& entries() const { return entries_; }
  void set_entries(std::vector<MonitorMapEntry> entries) {
    entries_ = std::move(entries);
  }
  const LadderKeys& keys() const { return keys_; }
  const std::optional<TreeView>& view() const { return view_; }

 private:
  TreeHead Head() const;

  TestLog& log_;
  const std::string label_;
  const Verifier verifier_;
  std::optional<TreeView> view_;
  std::vector<MonitorMapEntry> entries_;
  LadderKeys keys_;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_TESTING_TEST_OWNER_H_

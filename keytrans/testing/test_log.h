// A log in memory for tests: real trees and pages, fake keys (fake_keys.h)
// unless real ones are asked for.
//
//   TestLog log(/*window=*/1000);
//   log.Append(/*timestamp=*/5, {{"a@example.org", "value"}});
//   auto answer = log.Answer(request);
//   log.verifier().VerifySearch(request, std::nullopt, answer->bytes, 5);
#ifndef SEALBOOK_KEYTRANS_TESTING_TEST_LOG_H_
#define SEALBOOK_KEYTRANS_TESTING_TEST_LOG_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/types.h"
#include "keytrans/prover.h"
#include "keytrans/verifier.h"
#include "merkle/log_tree.h"
#include "merkle/prefix_tree.h"

namespace sealbook::keytrans {

enum class TestKeys { kFake, kReal };

// Not thread-safe.
class TestLog : public ProverSource {
 public:
  struct NewVersion {
    std::string label;
    std::string value;
    // Its leaf is left out of the tree: a version that does not exist, though
    // the next one may.
    bool skipped = false;
    // A lie: its leaf is in the tree of this log entry and in no later one.
    bool passing = false;
    // In thirdPartyManagement mode: a version counter that was skipped.
    bool dummy = false;
  };

  struct Version {
    VersionFacts facts;
    OpenedValue opened;
  };

  // `window`: Reasonable Monitoring Window, ms. max_ahead is 60 s, max_behind
  // one hour. Real keys are for those who know the configuration only.
  explicit TestLog(uint64_t window, TestKeys keys = TestKeys::kFake,
                   crypto::CipherSuite suite = crypto::CipherSuite::kP256);
  ~TestLog() override;

  // Before the first Sign: the configuration is signed. Milliseconds.
  void SetMaximumLifetime(uint64_t lifetime) {
    configuration_.maximum_lifetime = lifetime;
  }

  // Before the first Sign: the log has an auditor, whose key is the log's own.
  void SetAuditor(uint64_t max_lag_ms, uint64_t start_pos);
  // Before the first Append: the log is run by a manager, and each value has
  // the Service Operator's signature, whose key is the log's own.
  void SetManager();
  // The head of the tree of `size`, with the auditor's of `auditor_size`.
  LogHead AuditedHead(uint64_t size, uint64_t auditor_size) const;

  // A log without entries that has the keys of this one: what a fork is made
  // of.
  std::unique_ptr<TestLog> Twin() const;

  // Adds one log entry. Each NewVersion gets the next version of its label;
  // without any, the entry gets a padding leaf.
  void Append(uint64_t timestamp, const std::vector<NewVersion>& versions);

  // A lie: adds a log entry that has forgotten everything. The next entry goes
  // on from the one before.
  void AppendLapse(uint64_t timestamp);
  // Adds a log entry with the leaf of a version that was added as passing; as
  // passing again, or to stay.
  void AppendAgain(uint64_t timestamp, const std::string& label,
                   uint32_t version, bool passing = false);

  // Whether the tree of the log entry at `position` has a leaf for this key.
  bool Shows(uint64_t position, const crypto::VrfOutput& search_key);

  uint64_t size() const { return entries_.size(); }
  const std::vector<LogEntry>& entries() const { return entries_; }
  // The leaves that each entry added.
  const std::vector<std::vector<merkle::PrefixLeaf>>& added() const {
    return added_;
  }
  const std::map<std::string, std::vector<Version>>& labels() const {
    return labels_;
  }
  const Configuration& configuration() const { return configuration_; }
  Verifier verifier() const;

  crypto::Hash Root(uint64_t size) const;
  // What a user retains who saw the log with `size` entries.
  TreeView View(uint64_t size) const;
  // Signs whatever root it is given.
  TreeHead Sign(uint64_t size, const crypto::Hash& root) const;
  // Answers in the tree of `size` entries; the whole tree when absent.
  absl::StatusOr<SearchAnswer> Answer(
      const SearchRequest& request,
      std::optional<uint64_t> size = std::nullopt);

  absl::StatusOr<std::vector<LogEntry>> ReadEntries(
      absl::Span<const uint64_t> positions) override;
  absl::StatusOr<std::vector<crypto::Hash>> ReadLogNodes(
      absl::Span<const merkle::LogNode> nodes) override;
  merkle::PageStore& pages() override;
  absl::StatusOr<std::optional<uint32_t>> ReadGreatestVersion(
      absl::string_view label) override;
  absl::StatusOr<std::vector<std::optional<VersionFacts>>> ReadVersions(
      absl::string_view label, absl::Span<const uint32_t> versions) override;
  absl::StatusOr<OpenedValue> ReadValue(absl::string_view label,
                                        uint32_t version,
                                        const VersionFacts& facts) override;
  absl::StatusOr<crypto::VrfPrivateKey::Proven> ProveVrf(
      absl::string_view label, uint32_t version) override;

 private:
  class Pages;

  std::string SignMessage(absl::string_view message) const;
  // Adds the log entry of `tree` with `leaves` added, and returns its tree.
  merkle::PrefixTreeVersion AppendEntry(uint64_t timestamp,
                                        const merkle::PrefixTreeVersion& tree,
                                        std::vector<merkle::PrefixLeaf> leaves);

  Configuration configuration_;
  // Null with fake keys.
  std::shared_ptr<const crypto::SignaturePrivateKey> signature_key_;
  std::shared_ptr<const crypto::VrfPrivateKey> vrf_key_;
  std::unique_ptr<Pages> pages_;
  merkle::PrefixTreeVersion tree_;
  merkle::LogAppender appender_;
  std::vector<LogEntry> entries_;
  std::vector<std::vector<merkle::PrefixLeaf>> added_;
  std::map<std::string, std::vector<Version>> labels_;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_TESTING_TEST_LOG_H_

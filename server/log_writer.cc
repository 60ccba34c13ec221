#include "server/log_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "merkle/log_tree.h"

namespace sealbook::server {
namespace {

std::vector<uint64_t> Positions(uint64_t first, uint64_t end) {
  std::vector<uint64_t> positions;
  for (uint64_t p = first; p < end; ++p) positions.push_back(p);
  return positions;
}

StoredEntry ToEntry(const std::vector<merkle::PrefixLeaf>& leaves,
                    uint64_t timestamp_ms, const crypto::Hash& prefix_root) {
  StoredEntry entry;
  entry.entry.timestamp = timestamp_ms;
  entry.entry.prefix_root = prefix_root;
  for (const merkle::PrefixLeaf& leaf : leaves) {
    entry.added.push_back(leaf.vrf_output);
  }
  std::sort(entry.added.begin(), entry.added.end());
  return entry;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LogWriter>> LogWriter::Open(
    LogWriterParts parts) {
  LogStore store(*parts.storage);
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::Configuration configuration,
                            store.ReadConfiguration());
  if (parts.signing_key->public_key() != configuration.signature_public_key) {
    return absl::FailedPreconditionError(
        "the signing key is not this log's: its public key is not the one in "
        "the log's configuration");
  }
  SEALBOOK_ASSIGN_OR_RETURN(Mark mark, parts.mark->Read());
  SEALBOOK_ASSIGN_OR_RETURN(
      RecoveredLog log, RecoverLog(store, configuration, mark, *parts.clock));
  std::unique_ptr<LogWriter> writer(new LogWriter(
      std::move(parts), std::move(configuration), std::move(log)));
  SEALBOOK_RETURN_IF_ERROR(writer->ReadTail());
  return writer;
}

LogWriter::LogWriter(LogWriterParts parts,
                     keytrans::Configuration configuration, RecoveredLog log)
    : parts_(std::move(parts)),
      store_(*parts_.storage),
      configuration_(std::move(configuration)),
      signed_tree_(std::move(log.signed_tree)),
      last_wall_ms_(parts_.clock->WallMs()),
      last_monotonic_ms_(parts_.clock->MonotonicMs()) {
  term_ = 1;
  if (!log.head.has_value()) return;
  Head& head = log.head->head;
  tree_size_ = head.tree_size;
  term_ = head.term + 1;
  timestamp_ms_ = head.timestamp_ms;
  head_record_ = std::move(log.head->record);
  full_subtrees_ = std::move(head.full_subtrees);
  prefix_tree_ = {merkle::PageId{tree_size_ - 1, 0}, head.prefix_root};
}

absl::Status LogWriter::ReadTail() {
  const uint64_t nodes = merkle::NodeCount(tree_size_);
  const uint64_t first = nodes - nodes % kLogNodesPerRecord;
  SEALBOOK_ASSIGN_OR_RETURN(tail_nodes_, store_.ReadLogNodesFrom(first, nodes));
  return absl::OkStatus();
}

absl::Status LogWriter::CheckClocks() const {
  return CheckClocksAt(parts_.clock->WallMs(), parts_.clock->MonotonicMs());
}

absl::Status LogWriter::CheckClocksAt(uint64_t wall_ms,
                                      uint64_t monotonic_ms) const {
  // Small steps back, each allowed below, may add up.
  if (timestamp_ms_ > wall_ms &&
      timestamp_ms_ - wall_ms > configuration_.max_ahead) {
    return absl::UnavailableError(absl::StrCat(
        "the newest log entry is ", timestamp_ms_ - wall_ms,
        " ms ahead of the wall clock, at most ", configuration_.max_ahead,
        " ms are allowed; nothing is written until the clock has caught up"));
  }
  const int64_t wall = static_cast<int64_t>(wall_ms - last_wall_ms_);
  const int64_t monotonic =
      static_cast<int64_t>(monotonic_ms - last_monotonic_ms_);
  const int64_t parted = wall - monotonic;
  const uint64_t distance =
      static_cast<uint64_t>(parted < 0 ? -parted : parted);
  if (distance <= configuration_.max_ahead / 2) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      "the wall clock has jumped ", parted < 0 ? "back" : "forward", " by ",
      distance,
      " ms since the last log entry; nothing is written until it is right "
      "again. If it is right now and was wrong before, start the server "
      "anew"));
}

absl::Status LogWriter::Append(LogBatch batch) {
  if (!stopped_.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the writer has stopped: ", stopped_.message()));
  }
  SEALBOOK_ASSIGN_OR_RETURN(Prepared prepared, Prepare(std::move(batch)));
  absl::Status written = Write(prepared);
  if (!written.ok()) {
    stopped_ = written;
    return absl::AbortedError(
        absl::StrCat("outcome unknown, publish again: ", written.message()));
  }
  Adopt(std::move(prepared));
  return absl::OkStatus();
}

absl::StatusOr<LogWriter::Prepared> LogWriter::Prepare(LogBatch batch) const {
  absl::StatusOr<merkle::PrefixTreeUpdate> update = merkle::InsertLeaves(
      *parts_.pages, prefix_tree_, tree_size_, batch.entries, parts_.parallel);
  if (absl::IsAlreadyExists(update.status())) {
    // Versions are numbered from the label's record, so it must be wrong.
    return absl::DataLossError(
        absl::StrCat("the stored versions contradict the tree: ",
                     update.status().message()));
  }
  if (!update.ok()) return update.status();

  Prepared prepared;
  prepared.wall_ms = parts_.clock->WallMs();
  prepared.monotonic_ms = parts_.clock->MonotonicMs();
  SEALBOOK_RETURN_IF_ERROR(
      CheckClocksAt(prepared.wall_ms, prepared.monotonic_ms));
  const uint64_t timestamp =
      std::max(timestamp_ms_, batch.timestamp_ms.value_or(prepared.wall_ms));
  std::vector<Put>& puts = prepared.commit.puts;
  puts = std::move(batch.puts);
  puts.reserve(puts.size() + update->pages.size() + 2 * batch.entries.size());
  merkle::LogAppender log(tree_size_, full_subtrees_);
  for (size_t i = 0; i < batch.entries.size(); ++i) {
    const StoredEntry entry =
        ToEntry(batch.entries[i], timestamp, update->versions[i].root);
    puts.push_back(EntryPut(tree_size_ + i, entry));
    log.Append(entry.entry.LeafValue());
  }
  for (merkle::NewPage& page : update->pages) {
    puts.push_back(PagePut(std::move(page)));
  }
  std::vector<crypto::Hash> nodes = tail_nodes_;
  nodes.insert(nodes.end(), log.new_nodes().begin(), log.new_nodes().end());
  const uint64_t first_node =
      merkle::NodeCount(tree_size_) - tail_nodes_.size();
  for (Put& put : LogNodePuts(first_node, nodes))
    puts.push_back(std::move(put));
  prepared.tail_nodes.assign(nodes.end() - nodes.size() % kLogNodesPerRecord,
                             nodes.end());
  prepared.prefix_tree = update->versions.back();
  prepared.head = {log.size(), log.Root(),
                   timestamp,  prepared.prefix_tree.root,
                   term_,      log.full_subtrees()};
  prepared.commit.expected_head = head_record_;
  prepared.commit.new_head = EncodeHead(prepared.head);
  return prepared;
}

absl::Status LogWriter::Write(const Prepared& prepared) {
  absl::Status committed = parts_.storage->Commit(prepared.commit);
  if (absl::IsAborted(committed)) {
    return absl::AbortedError(absl::StrCat(
        "another writer has extended this log: ", committed.message()));
  }
  SEALBOOK_RETURN_IF_ERROR(committed);
  SEALBOOK_RETURN_IF_ERROR(VerifyStored(prepared));
  SEALBOOK_RETURN_IF_ERROR(
      parts_.mark->Advance({prepared.head.tree_size, prepared.head.log_root,
                            prepared.head.timestamp_ms}));
  return Sign(prepared.head);
}

absl::Status LogWriter::VerifyStored(const Prepared& prepared) const {
  const Head& head = prepared.head;
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<StoredHead> stored,
                            store_.ReadHead());
  if (!stored.has_value() || stored->record != prepared.commit.new_head) {
    return absl::DataLossError(
        "head record: read back after the commit, it is not what was written");
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      std::vector<StoredEntry> entries,
      store_.ReadEntries(Positions(signed_tree_.size, head.tree_size)));
  merkle::LogAppender log(signed_tree_.size, signed_tree_.full_subtrees);
  uint64_t timestamp = signed_tree_.timestamp_ms;
  for (size_t i = 0; i < entries.size(); ++i) {
    const uint64_t position = signed_tree_.size + i;
    const keytrans::LogEntry& entry = entries[i].entry;
    if (entry.timestamp < timestamp) {
      return absl::DataLossError(absl::StrCat(
          "log entry ", position, ": its timestamp runs backwards"));
    }
    timestamp = entry.timestamp;
    SEALBOOK_RETURN_IF_ERROR(
        CheckRootPage(store_, position, entry.prefix_root));
    log.Append(entry.LeafValue());
  }
  SEALBOOK_ASSIGN_OR_RETURN(crypto::Hash stored_root,
                            StoredRootAt(store_, head.tree_size));
  if (log.Root() != head.log_root || stored_root != head.log_root) {
    return absl::DataLossError(absl::StrCat(
        "the log entries read back after the commit do not lead from the last "
        "signed tree of ",
        signed_tree_.size, " entries to the new root of ", head.tree_size));
  }
  return absl::OkStatus();
}

absl::Status LogWriter::Sign(const Head& head) {
  auto signed_head = std::make_shared<SignedHead>();
  signed_head->tree_size = head.tree_size;
  signed_head->log_root = head.log_root;
  signed_head->timestamp_ms = head.timestamp_ms;
  SEALBOOK_ASSIGN_OR_RETURN(
      signed_head->signature,
      parts_.signing_key->Sign(keytrans::EncodeTreeHeadTbs(
          configuration_, head.tree_size, head.log_root)));
  SEALBOOK_RETURN_IF_ERROR(store_.WriteSignedHead(*signed_head));
  parts_.visible_head->Set(std::move(signed_head));
  return absl::OkStatus();
}

void LogWriter::Adopt(Prepared prepared) {
  Head& head = prepared.head;
  tree_size_ = head.tree_size;
  timestamp_ms_ = head.timestamp_ms;
  head_record_ = std::move(prepared.commit.new_head);
  signed_tree_ = {head.tree_size, head.full_subtrees, head.timestamp_ms};
  full_subtrees_ = std::move(head.full_subtrees);
  prefix_tree_ = prepared.prefix_tree;
  tail_nodes_ = std::move(prepared.tail_nodes);
  last_wall_ms_ = prepared.wall_ms;
  last_monotonic_ms_ = prepared.monotonic_ms;
}

}  // namespace sealbook::server

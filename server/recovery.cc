#include "server/recovery.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/signature.h"
#include "merkle/log_tree.h"
#include "merkle/page.h"

namespace sealbook::server {
namespace {

absl::StatusOr<std::vector<crypto::Hash>> StoredSubtreesAt(
    const LogStore& store, uint64_t size) {
  return store.ReadLogNodes(merkle::FullSubtrees(size));
}

absl::Status CheckHead(const LogStore& store, const Head& head) {
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<crypto::Hash> subtrees,
                            StoredSubtreesAt(store, head.tree_size));
  if (subtrees != head.full_subtrees ||
      merkle::RootFromFullSubtrees(head.tree_size, subtrees) != head.log_root) {
    return absl::DataLossError(absl::StrCat(
        "head record: its root of ", head.tree_size,
        " log entries is not the root of the stored log tree; run `sealbookd "
        "check`"));
  }
  const uint64_t last = head.tree_size - 1;
  SEALBOOK_ASSIGN_OR_RETURN(auto entries, store.ReadEntries({last}));
  SEALBOOK_ASSIGN_OR_RETURN(auto leaf, store.ReadLogNodes({{last, 0}}));
  const keytrans::LogEntry& entry = entries[0].entry;
  if (entry.prefix_root != head.prefix_root ||
      entry.timestamp != head.timestamp_ms || entry.LeafValue() != leaf[0]) {
    return absl::DataLossError(
        absl::StrCat("log entry ", last,
                     " is not the one that the head record names; run "
                     "`sealbookd check`"));
  }
  return CheckRootPage(store, last, head.prefix_root);
}

absl::Status CheckMark(const LogStore& store, uint64_t stored_size,
                       const Mark& mark) {
  if (mark.tree_size == 0) return absl::OkStatus();
  if (stored_size < mark.tree_size) {
    return absl::FailedPreconditionError(absl::StrCat(
        "this data is an older copy of the log: it holds ", stored_size,
        " log entries, but the high-water mark shows that a tree of ",
        mark.tree_size,
        " may have been signed. Going on would sign a second history, and "
        "clients would rightly report a fork. Put the newest data back; if it "
        "is lost, this log cannot go on and a new one must be made"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(crypto::Hash root,
                            StoredRootAt(store, mark.tree_size));
  if (root != mark.log_root) {
    return absl::FailedPreconditionError(absl::StrCat(
        "this data is a fork of the log: of its ", stored_size,
        " log entries the first ", mark.tree_size, " have root ", root.ToHex(),
        ", but the high-water mark shows that root ", mark.log_root.ToHex(),
        " may have been signed for that size. Put back the data that belongs "
        "to the mark; do not change the mark"));
  }
  return absl::OkStatus();
}

absl::Status CheckSignature(const keytrans::Configuration& configuration,
                            const SignedHead& head) {
  SEALBOOK_ASSIGN_OR_RETURN(
      std::unique_ptr<crypto::SignaturePublicKey> key,
      crypto::SignaturePublicKey::Parse(configuration.ciphersuite,
                                        configuration.signature_public_key));
  const std::string signed_bytes =
      keytrans::EncodeTreeHeadTbs(configuration, head.tree_size, head.log_root);
  const absl::Status valid = key->Verify(signed_bytes, head.signature);
  if (!valid.ok()) {
    return absl::DataLossError(
        absl::StrCat("signed head record: the signature over ", head.tree_size,
                     " log entries does not verify: ", valid.message()));
  }
  return absl::OkStatus();
}

absl::StatusOr<SignedTree> CheckSignedHead(
    const LogStore& store, const keytrans::Configuration& configuration,
    uint64_t stored_size, const std::optional<Mark>& mark) {
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<SignedHead> head,
                            store.ReadSignedHead());
  if (!head.has_value()) return SignedTree{};
  if (head->tree_size > stored_size) {
    return absl::DataLossError(
        absl::StrCat("signed head record: signs ", head->tree_size,
                     " log entries, but the store holds only ", stored_size));
  }
  if (mark.has_value() && head->tree_size > mark->tree_size) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the high-water mark is an older copy: it stands at ", mark->tree_size,
        " log entries, but the store holds a signature over ", head->tree_size,
        ". The mark can no longer show whether the data is the newest. Put the "
        "newest mark file back"));
  }
  SEALBOOK_RETURN_IF_ERROR(CheckSignature(configuration, *head));
  SignedTree tree;
  tree.size = head->tree_size;
  tree.timestamp_ms = head->timestamp_ms;
  SEALBOOK_ASSIGN_OR_RETURN(tree.full_subtrees,
                            StoredSubtreesAt(store, tree.size));
  if (merkle::RootFromFullSubtrees(tree.size, tree.full_subtrees) !=
      head->log_root) {
    return absl::DataLossError(absl::StrCat(
        "signed head record: signs another root of ", head->tree_size,
        " log entries than the stored log tree has"));
  }
  // No signature covers it, and later entries are not to be older.
  SEALBOOK_ASSIGN_OR_RETURN(auto entries, store.ReadEntries({tree.size - 1}));
  if (entries[0].entry.timestamp != tree.timestamp_ms) {
    return absl::DataLossError(
        absl::StrCat("signed head record: its timestamp is not that of log "
                     "entry ",
                     tree.size - 1));
  }
  return tree;
}

// A log that was not extended for longer than clients put up with was down, or
// the wall clock runs ahead: then its next timestamp would stay for ever, and
// hold up all later ones.
absl::Status CheckPause(const keytrans::Configuration& configuration,
                        uint64_t pause_ms, const Clock& clock) {
  if (pause_ms <= configuration.max_behind || clock.Synchronized()) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat(
      "by the wall clock the last log entry was written ", pause_ms / 60'000,
      " minutes ago, and nothing vouches for this clock: the kernel does not "
      "have it from NTP. The timestamp of an entry can never be taken back, so "
      "nothing is written. Start again once NTP has set the clock; or, if you "
      "have made sure that it is right, start with --clock-is-right"));
}

absl::Status CheckClock(const keytrans::Configuration& configuration,
                        const Head& head, const Clock& clock) {
  const uint64_t wall_ms = clock.WallMs();
  if (head.timestamp_ms <= wall_ms) {
    return CheckPause(configuration, wall_ms - head.timestamp_ms, clock);
  }
  if (head.timestamp_ms - wall_ms <= configuration.max_ahead) {
    return absl::OkStatus();
  }
  const std::string what = absl::StrCat(
      "the last log entry's timestamp is ", head.timestamp_ms - wall_ms,
      " ms ahead of the wall clock, more than the ", configuration.max_ahead,
      " ms that clients accept. Check this machine's clock; if it is right, "
      "wait until it has caught up");
  // A machine that has just booted may get its time in a moment: starting again
  // helps. Otherwise the log itself has a time that was wrong.
  return clock.Synchronized() ? absl::FailedPreconditionError(what)
                              : absl::UnavailableError(what);
}

}  // namespace

absl::StatusOr<crypto::Hash> StoredRootAt(const LogStore& store,
                                          uint64_t size) {
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<crypto::Hash> subtrees,
                            StoredSubtreesAt(store, size));
  return merkle::RootFromFullSubtrees(size, subtrees);
}

absl::Status CheckRootPage(const LogStore& store, uint64_t position,
                           const crypto::Hash& prefix_root) {
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<std::string> bytes,
                            store.ReadPages({{position, 0}}));
  auto page = merkle::Page::Decode(bytes[0]);
  if (!page.ok()) {
    return absl::DataLossError(
        absl::StrCat("page ", position, "/0: ", page.status().message()));
  }
  if ((*page)->hash() != prefix_root) {
    return absl::DataLossError(absl::StrCat(
        "page ", position, "/0: its hash is not the prefix root of log entry ",
        position));
  }
  return absl::OkStatus();
}

absl::StatusOr<RecoveredLog> CompareHeads(
    const LogStore& store, const keytrans::Configuration& configuration,
    const std::optional<Mark>& mark) {
  RecoveredLog log;
  SEALBOOK_ASSIGN_OR_RETURN(log.head, store.ReadHead());
  const uint64_t size = log.head.has_value() ? log.head->head.tree_size : 0;
  if (mark.has_value()) {
    SEALBOOK_RETURN_IF_ERROR(CheckMark(store, size, *mark));
  }
  SEALBOOK_ASSIGN_OR_RETURN(log.signed_tree,
                            CheckSignedHead(store, configuration, size, mark));
  if (log.head.has_value()) {
    SEALBOOK_RETURN_IF_ERROR(CheckHead(store, log.head->head));
  }
  return log;
}

absl::StatusOr<RecoveredLog> RecoverLog(
    const LogStore& store, const keytrans::Configuration& configuration,
    const Mark& mark, const Clock& clock) {
  SEALBOOK_ASSIGN_OR_RETURN(RecoveredLog log,
                            CompareHeads(store, configuration, mark));
  if (log.head.has_value()) {
    SEALBOOK_RETURN_IF_ERROR(CheckClock(configuration, log.head->head, clock));
  }
  return log;
}

}  // namespace sealbook::server

#include "server/log_check.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/structures.h"
#include "server/recovery.h"

namespace sealbook::server {
namespace {

constexpr size_t kPagesPerBatch = 1024;
// Entries whose node values are compared in one read.
constexpr uint64_t kEntriesPerComparison = 1024;

}  // namespace

absl::Status LogCheck::CheckHeads(MarkKeeper* mark_keeper) {
  absl::StatusOr<keytrans::Configuration> configuration =
      run_.store.ReadConfiguration();
  if (!configuration.ok()) return configuration.status();
  absl::StatusOr<std::optional<StoredHead>> head = run_.store.ReadHead();
  if (!head.ok()) {
    run_.Damaged("head", head.status());
    return absl::OkStatus();
  }
  if (head->has_value()) run_.head = std::move((*head)->head);
  std::optional<Mark> mark;
  if (mark_keeper != nullptr) {
    SEALBOOK_ASSIGN_OR_RETURN(mark, mark_keeper->Read());
  }
  const absl::Status recovered =
      CompareHeads(run_.store, *configuration, mark).status();
  if (!recovered.ok()) run_.Damaged("heads", recovered);
  return absl::OkStatus();
}

absl::Status LogCheck::CheckEntries() {
  merkle::LogAppender log(0, {});
  uint64_t first_node = 0;
  uint64_t timestamp = 0;
  for (uint64_t position = 0; position < run_.head->tree_size; ++position) {
    absl::StatusOr<std::shared_ptr<const StoredEntry>> entry =
        run_.EntryAt(position);
    if (!entry.ok()) {
      run_.Damaged("log tree", entry.status());
      return absl::OkStatus();
    }
    if ((*entry)->entry.timestamp < timestamp) {
      run_.Damaged(absl::StrCat("log entry ", position,
                                ": its timestamp runs backwards"));
    }
    timestamp = (*entry)->entry.timestamp;
    log.Append((*entry)->entry.LeafValue());
    run_.Progress("log entries", position, run_.head->tree_size);
    if (log.size() % kEntriesPerComparison == 0) {
      CheckLogNodes(log, first_node);
      first_node += log.new_nodes().size();
      log = merkle::LogAppender(log.size(), log.full_subtrees());
    }
  }
  CheckLogNodes(log, first_node);
  if (log.Root() != run_.head->log_root) {
    run_.Damaged(absl::StrCat("head: its root is not the root of the ",
                              run_.head->tree_size, " stored log entries"));
  }
  run_.Finished("log entries", run_.head->tree_size);
  return run_.store.storage().Scan(
      Table::kEntries, PositionKey(run_.head->tree_size),
      [&](absl::string_view key, absl::string_view) {
        const auto position = DecodePositionKey(key);
        run_.Damaged(absl::StrCat("log entry ", position.ok() ? *position : 0,
                                  ": lies beyond the head"));
        return true;
      });
}

void LogCheck::CheckLogNodes(const merkle::LogAppender& log,
                             uint64_t first_node) {
  const std::vector<crypto::Hash>& expected = log.new_nodes();
  absl::StatusOr<std::vector<crypto::Hash>> stored =
      run_.store.ReadLogNodesFrom(first_node, first_node + expected.size());
  if (!stored.ok()) {
    run_.Damaged("log tree", stored.status());
    return;
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    if ((*stored)[i] != expected[i]) {
      run_.Damaged(absl::StrCat("log tree node ", first_node + i,
                                ": is not the hash of the entries below it"));
    }
  }
}

absl::Status LogCheck::CheckPages() {
  uint64_t position = 0;
  std::vector<PageToCheck> pages;
  SEALBOOK_RETURN_IF_ERROR(run_.store.storage().Scan(
      Table::kPages, "", [&](absl::string_view key, absl::string_view bytes) {
        const absl::StatusOr<merkle::PageId> id = DecodePageKey(key);
        if (!id.ok()) {
          run_.Damaged("page", id.status());
          return true;
        }
        if (id->position >= run_.head->tree_size) {
          run_.Damaged(absl::StrCat("page ", id->position, "/", id->ordinal,
                                    ": lies beyond the head"));
          return true;
        }
        pages.push_back(
            {*id, std::string(bytes), absl::InternalError("not decoded")});
        if (pages.size() == kPagesPerBatch) CheckPageBatch(pages, position);
        return true;
      }));
  CheckPageBatch(pages, position);
  for (; position < run_.head->tree_size; ++position) FinishEntry(position);
  run_.Finished("pages", run_.tree.pages());
  return absl::OkStatus();
}

void LogCheck::CheckPageBatch(std::vector<PageToCheck>& pages,
                              uint64_t& position) {
  run_.pool.ForEach(pages.size(), [&](size_t i) {
    pages[i].page = merkle::Page::Decode(pages[i].bytes);
  });
  for (PageToCheck& page : pages) {
    for (; position < page.id.position; ++position) FinishEntry(position);
    run_.tree.AddPage(page.id, std::move(page.page));
  }
  pages.clear();
  // Entries have about as many pages each; how many, nobody knows yet.
  if (position > 0) {
    const uint64_t all = run_.tree.pages() * run_.head->tree_size / position;
    run_.Tell("pages", run_.tree.pages(), std::max(all, run_.tree.pages()));
  }
}

void LogCheck::FinishEntry(uint64_t position) {
  absl::StatusOr<std::shared_ptr<const StoredEntry>> entry =
      run_.EntryAt(position);
  if (entry.ok()) {
    run_.tree.CheckEntry(position, **entry);
  } else {
    run_.Damaged("pages", entry.status());
  }
}

}  // namespace sealbook::server

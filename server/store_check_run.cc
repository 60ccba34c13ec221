#include "server/store_check_run.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/types.h"

namespace sealbook::server {
namespace {

constexpr size_t kPageCacheBytes = size_t{64} << 20;
constexpr size_t kEntryCacheBytes = size_t{16} << 20;
// Records between two reports of progress.
constexpr uint64_t kProgressStep = 1000;

}  // namespace

std::string NameOf(const LabelVersion& key) {
  return absl::StrCat("version ", key.version, " of ",
                      absl::CHexEscape(key.label));
}

StoreCheckRun::StoreCheckRun(Storage& stored,
                             const StoreCheckCallbacks& callbacks,
                             size_t threads)
    : pool(threads),
      storage(stored),
      store(storage),
      tree(store, kPageCacheBytes,
           [this](const std::string& damage) { Damaged(damage); }),
      callbacks_(callbacks),
      entries_(kEntryCacheBytes) {}

void StoreCheckRun::Damaged(const std::string& damage) {
  MutexLock lock(mutex_);
  ++summary.damages;
  if (callbacks_.damage) callbacks_.damage(damage);
}

void StoreCheckRun::Damaged(const std::string& record,
                            const absl::Status& status) {
  Damaged(absl::StrCat(record, ": ", status.message()));
}

absl::Status StoreCheckRun::GoOnAfter(const std::string& stage,
                                      const absl::Status& ended) {
  if (!absl::IsDataLoss(ended)) return ended;
  Damaged(stage, ended);
  return absl::OkStatus();
}

void StoreCheckRun::Progress(const std::string& stage, uint64_t done,
                             uint64_t of) {
  if (done % kProgressStep == 0 && done < of) Tell(stage, done, of);
}

void StoreCheckRun::Finished(const std::string& stage, uint64_t done) {
  Tell(stage, done, done);
}

void StoreCheckRun::Tell(const std::string& stage, uint64_t done, uint64_t of) {
  if (!callbacks_.progress) return;
  StoreCheckProgress progress;
  progress.stage = stage;
  progress.done = done;
  progress.share =
      of == 0 ? 1 : static_cast<double>(done) / static_cast<double>(of);
  progress.records = storage.records();
  progress.bytes = storage.bytes();
  callbacks_.progress(progress);
}

absl::StatusOr<std::shared_ptr<const StoredEntry>> StoreCheckRun::EntryAt(
    uint64_t position) {
  if (auto hit = entries_.Get(position)) return *std::move(hit);
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<StoredEntry> read,
                            store.ReadEntries({position}));
  auto entry = std::make_shared<const StoredEntry>(std::move(read[0]));
  entries_.Put(
      position, entry,
      sizeof(StoredEntry) + entry->added.size() * crypto::VrfOutput::kSize);
  return entry;
}

const StoreCheckSummary& StoreCheckRun::Summarize() {
  summary.leaves = tree.leaves();
  summary.pages = tree.pages();
  summary.records = storage.records();
  summary.bytes = storage.bytes();
  return summary;
}

}  // namespace sealbook::server

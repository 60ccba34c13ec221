// A storage and a high-water mark that fail where a test says.
#ifndef SEALBOOK_SERVER_TESTING_FAULTY_STORAGE_H_
#define SEALBOOK_SERVER_TESTING_FAULTY_STORAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "server/mark_keeper.h"
#include "server/storage/storage.h"

namespace sealbook::server::testing {

// What goes wrong in one write.
struct Fault {
  absl::Status status;
  // The write reached the disk although it reports an error.
  bool persisted = false;
};

// Hands on to another storage. After a fault it refuses every write, as
// Storage::Commit promises. Thread-safe.
class FaultyStorage final : public Storage {
 public:
  explicit FaultyStorage(std::unique_ptr<Storage> storage)
      : storage_(std::move(storage)) {}

  // For the next commit, or the next PutRecord.
  void FailNextCommit(Fault fault) { Set(commit_fault_, std::move(fault)); }
  void FailNextPut(Fault fault) { Set(put_fault_, std::move(fault)); }
  // For every read of `table` whose keys hold `key`, from now on.
  void FailReads(Table table, std::string key, absl::Status status) {
    MutexLock lock(mutex_);
    failing_table_ = table;
    failing_key_ = std::move(key);
    read_status_ = std::move(status);
  }
  // Changes what the next commit writes, behind the writer's back.
  void EditNextCommit(std::function<void(CommitRequest&)> edit) {
    MutexLock lock(mutex_);
    edit_ = std::move(edit);
  }
  // Commits wait from now on until they are let go.
  void HoldCommits() { SetHeld(true); }
  void ReleaseCommits() { SetHeld(false); }
  void WaitUntilCommitIsHeld() {
    MutexLock lock(mutex_);
    while (waiting_commits_ == 0) changed_.Wait(mutex_);
  }
  // Commits that were asked for.
  int commits() const {
    MutexLock lock(mutex_);
    return commits_;
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> Read(
      Table table, absl::Span<const std::string> keys) override {
    {
      MutexLock lock(mutex_);
      for (const std::string& key : keys) {
        if (table == failing_table_ && key == failing_key_) return read_status_;
      }
    }
    return storage_->Read(table, keys);
  }

  absl::Status Scan(
      Table table, absl::string_view from,
      const std::function<bool(absl::string_view key, absl::string_view value)>&
          visit) override {
    return storage_->Scan(table, from, visit);
  }

  absl::Status ScanEverything(const RecordVisitor& visit) override {
    return storage_->ScanEverything(visit);
  }

  absl::Status Commit(const CommitRequest& request) override {
    CommitRequest edited = request;
    std::optional<Fault> fault;
    {
      MutexLock lock(mutex_);
      ++commits_;
      ++waiting_commits_;
      changed_.NotifyAll();
      while (held_) changed_.Wait(mutex_);
      --waiting_commits_;
      if (broken_)
        return absl::FailedPreconditionError("the storage is broken");
      fault = std::exchange(commit_fault_, std::nullopt);
      broken_ = fault.has_value();
      if (edit_) std::exchange(edit_, nullptr)(edited);
    }
    return Write(fault, [&] { return storage_->Commit(edited); });
  }

  absl::Status PutRecord(const Put& put) override {
    std::optional<Fault> fault;
    {
      MutexLock lock(mutex_);
      if (broken_)
        return absl::FailedPreconditionError("the storage is broken");
      fault = std::exchange(put_fault_, std::nullopt);
      broken_ = fault.has_value();
    }
    return Write(fault, [&] { return storage_->PutRecord(put); });
  }

 private:
  static absl::Status Write(const std::optional<Fault>& fault,
                            const std::function<absl::Status()>& write) {
    if (!fault.has_value()) return write();
    if (fault->persisted) {
      absl::Status written = write();
      if (!written.ok()) return written;
    }
    return fault->status;
  }

  void Set(std::optional<Fault>& place, Fault fault) {
    MutexLock lock(mutex_);
    place = std::move(fault);
  }
  void SetHeld(bool held) {
    MutexLock lock(mutex_);
    held_ = held;
    changed_.NotifyAll();
  }

  const std::unique_ptr<Storage> storage_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::optional<Fault> commit_fault_;
  std::optional<Fault> put_fault_;
  std::function<void(CommitRequest&)> edit_;
  std::optional<Table> failing_table_;
  std::string failing_key_;
  absl::Status read_status_;
  bool broken_ = false;
  bool held_ = false;
  int waiting_commits_ = 0;
  int commits_ = 0;
};

// A mark in memory; `disk` outlives the keeper as a file outlives a process.
class FaultyMark final : public MarkKeeper {
 public:
  explicit FaultyMark(std::shared_ptr<Mark> disk) : disk_(std::move(disk)) {}

  void FailNextAdvance(Fault fault) { fault_ = std::move(fault); }

  absl::StatusOr<Mark> Read() override { return *disk_; }
  absl::Status Advance(const Mark& mark) override {
    if (mark.tree_size < disk_->tree_size) {
      return absl::FailedPreconditionError("the mark does not go back");
    }
    const std::optional<Fault> fault = std::exchange(fault_, std::nullopt);
    if (!fault.has_value() || fault->persisted) *disk_ = mark;
    return fault.has_value() ? fault->status : absl::OkStatus();
  }

 private:
  const std::shared_ptr<Mark> disk_;
  std::optional<Fault> fault_;
};

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_TESTING_FAULTY_STORAGE_H_

// Work on the records of a scan by all threads, while they are scanned by one.
//
//   RecordBatches<Version> batches(pool, [](const Version& v) { ... });
//   storage.Scan(..., [&](...) { batches.Add(version); return true; });
//   batches.Finish();
#ifndef SEALBOOK_SERVER_RECORD_BATCHES_H_
#define SEALBOOK_SERVER_RECORD_BATCHES_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "server/worker_pool.h"

namespace sealbook::server {

// One thread adds; `work` is called on all of the pool's, in any order.
template <typename Record>
class RecordBatches {
 public:
  // `pool` outlives this.
  RecordBatches(WorkerPool& pool, std::function<void(const Record&)> work)
      : pool_(pool), work_(std::move(work)) {}
  RecordBatches(const RecordBatches&) = delete;
  RecordBatches& operator=(const RecordBatches&) = delete;

  // Returns once a full batch, if this made one, has been worked on.
  void Add(Record record) {
    records_.push_back(std::move(record));
    if (records_.size() == kBatch) Finish();
  }

  // Works on what is left. To be called after the last Add.
  void Finish() {
    const size_t shares = (records_.size() + kShare - 1) / kShare;
    pool_.ForEach(shares, [this](size_t share) {
      const size_t end = std::min(records_.size(), (share + 1) * kShare);
      for (size_t i = share * kShare; i < end; ++i) work_(records_[i]);
    });
    records_.clear();
  }

 private:
  static constexpr size_t kBatch = 4096;
  // Small enough that the threads end at about the same time.
  static constexpr size_t kShare = 64;

  WorkerPool& pool_;
  const std::function<void(const Record&)> work_;
  std::vector<Record> records_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_RECORD_BATCHES_H_

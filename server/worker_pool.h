// A fixed set of threads for work that is bound by the processor.
#ifndef SEALBOOK_SERVER_WORKER_POOL_H_
#define SEALBOOK_SERVER_WORKER_POOL_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace sealbook::server {

// Thread-safe.
class WorkerPool {
 public:
  // `threads` counts the caller of ForEach: 1 starts none. 0 is taken as one a
  // processor.
  explicit WorkerPool(size_t threads);
  // Waits for the threads to end.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs task(0) .. task(n - 1) on the caller's thread and the pool's, in any
  // order, and returns when all have ended. `task` must not call ForEach.
  void ForEach(size_t n, const std::function<void(size_t)>& task);

  size_t threads() const { return threads_.size() + 1; }

 private:
  struct Job;

  void Work();
  static void RunShare(Job& job);

  Mutex mutex_;
  CondVar wake_;
  // Offered to every idle thread; null when there is nothing to do.
  std::shared_ptr<Job> job_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_WORKER_POOL_H_

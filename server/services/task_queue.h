// A bounded queue of tasks in front of a fixed set of threads: gRPC's own
// threads must not wait for a disk or compute for long, and work that cannot be
// done soon is refused instead of gathered.
//
//   TaskQueue queue(/*threads=*/4, /*limit=*/1000);
//   if (!queue.TryPost([] { ... })) ... refuse, with a retry hint ...
//
// Thread-safe.
#ifndef SEALBOOK_SERVER_SERVICES_TASK_QUEUE_H_
#define SEALBOOK_SERVER_SERVICES_TASK_QUEUE_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace sealbook::server {

class TaskQueue {
 public:
  // Requires threads >= 1. At most `limit` tasks wait.
  TaskQueue(size_t threads, size_t limit);
  // Runs what was posted, then ends the threads.
  ~TaskQueue();
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;

  // Tasks start in the order in which they were posted. False: the queue is
  // full, and `task` was not taken.
  [[nodiscard]] bool TryPost(std::function<void()> task);

  size_t threads() const { return threads_.size(); }

 private:
  void Work();

  const size_t limit_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Written by the constructor only.
  std::vector<std::thread> threads_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_TASK_QUEUE_H_

// A bounded queue of tasks in front of a fixed set of threads: gRPC's own
// threads must not wait for a disk or compute for long, and work that cannot be
// done soon is refused instead of gathered.
//
//   TaskQueue queue(/*threads=*/4, /*limit=*/1000);
//   if (!queue.TryPost([] { ... })) ... refuse, with a retry hint ...
//
// Where several owners share the threads, each has a line of its own: whoever
// floods fills that one, and the owners' lines are served in turn.
//
//   TaskQueue queue(4, 64, [&] { return publishers.size(); });
//   if (!queue.TryPost("ca", [] { ... })) ...
//
// Thread-safe.
#ifndef SEALBOOK_SERVER_SERVICES_TASK_QUEUE_H_
#define SEALBOOK_SERVER_SERVICES_TASK_QUEUE_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"

namespace sealbook::server {

class TaskQueue {
 public:
  // However many owners there are, so many tasks of each may wait.
  static constexpr size_t kLeastShare = 4;
  // Callers' threads that may run tasks at a time: few, since these threads are
  // not ours, and others wait for what they do next.
  static constexpr size_t kLentThreads = 1;

  // Requires threads >= 1. At most `limit` tasks wait; with `owners`, which
  // says how many share the queue, an equal part of it of each.
  TaskQueue(size_t threads, size_t limit,
            std::function<size_t()> owners = nullptr);
  // Runs what was posted, then ends the threads.
  ~TaskQueue();
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;

  using Task = std::function<void()>;

  // Tasks of one owner start in the order in which they were posted. False: as
  // many of them wait as may, and `task` was not taken.
  [[nodiscard]] bool TryPost(const std::string& owner, Task task);
  // The same where there are no owners.
  [[nodiscard]] bool TryPost(Task task) { return TryPost("", std::move(task)); }
  // Runs a short task at once in the caller's thread, while nothing waits and
  // fewer than kLentThreads callers do so: handing it over would cost more than
  // many a task. Otherwise as TryPost.
  [[nodiscard]] bool TryRun(Task task);
  // For what the task that runs goes on with when others have had their turn:
  // never refused, because it takes the place of a task that was not.
  void GoOn(const std::string& owner, Task task);
  // For what is done without it, too: false unless a thread has nothing to do.
  bool TryHelp(const std::string& owner, Task task);

  size_t threads() const { return threads_.size(); }

 private:
  void Work();
  // Whether the caller's thread may run a task.
  bool Borrow();
  void Add(const std::string& owner, Task task)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Task TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t limit_;
  const std::function<size_t()> owners_;
  Mutex mutex_;
  CondVar wake_;
  // By owner; none is empty.
  absl::flat_hash_map<std::string, std::deque<Task>> lines_
      ABSL_GUARDED_BY(mutex_);
  // Their owners; the first one is served next.
  std::deque<std::string> turns_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t lent_ ABSL_GUARDED_BY(mutex_) = 0;
  // Threads that have nothing to do.
  size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Written by the constructor only.
  std::vector<std::thread> threads_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_TASK_QUEUE_H_

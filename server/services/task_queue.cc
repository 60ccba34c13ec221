#include "server/services/task_queue.h"

#include <utility>

namespace sealbook::server {

TaskQueue::TaskQueue(size_t threads, size_t limit) : limit_(limit) {
  threads_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

TaskQueue::~TaskQueue() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

bool TaskQueue::TryPost(std::function<void()> task) {
  {
    MutexLock lock(mutex_);
    if (waiting_.size() >= limit_) return false;
    waiting_.push_back(std::move(task));
  }
  wake_.NotifyOne();
  return true;
}

void TaskQueue::Work() {
  while (true) {
    std::function<void()> task;
    {
      MutexLock lock(mutex_);
      while (waiting_.empty() && !stopping_) wake_.Wait(mutex_);
      if (waiting_.empty()) return;
      task = std::move(waiting_.front());
      waiting_.pop_front();
    }
    task();
  }
}

}  // namespace sealbook::server

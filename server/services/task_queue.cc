#include "server/services/task_queue.h"

#include <algorithm>

namespace sealbook::server {

TaskQueue::TaskQueue(size_t threads, size_t limit,
                     std::function<size_t()> owners)
    : limit_(limit), owners_(std::move(owners)) {
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

bool TaskQueue::TryPost(const std::string& owner, Task task) {
  size_t share = limit_;
  if (owners_ != nullptr) {
    share = std::max(kLeastShare, limit_ / std::max<size_t>(1, owners_()));
  }
  {
    MutexLock lock(mutex_);
    const auto line = lines_.find(owner);
    if (line != lines_.end() && line->second.size() >= share) return false;
    Add(owner, std::move(task));
  }
  wake_.NotifyOne();
  return true;
}

bool TaskQueue::Borrow() {
  MutexLock lock(mutex_);
  if (waiting_ > 0 || lent_ == kLentThreads) return false;
  ++lent_;
  return true;
}

bool TaskQueue::TryRun(Task task) {
  if (!Borrow()) return TryPost(std::move(task));
  task();
  MutexLock lock(mutex_);
  --lent_;
  return true;
}

void TaskQueue::GoOn(const std::string& owner, Task task) {
  {
    MutexLock lock(mutex_);
    Add(owner, std::move(task));
  }
  wake_.NotifyOne();
}

bool TaskQueue::TryHelp(const std::string& owner, Task task) {
  {
    MutexLock lock(mutex_);
    if (waiting_ >= idle_) return false;
    Add(owner, std::move(task));
  }
  wake_.NotifyOne();
  return true;
}

void TaskQueue::Add(const std::string& owner, Task task) {
  std::deque<Task>& line = lines_[owner];
  if (line.empty()) turns_.push_back(owner);
  line.push_back(std::move(task));
  ++waiting_;
}

TaskQueue::Task TaskQueue::TakeNext() {
  std::string owner = std::move(turns_.front());
  turns_.pop_front();
  const auto line = lines_.find(owner);
  Task task = std::move(line->second.front());
  line->second.pop_front();
  --waiting_;
  if (line->second.empty()) {
    lines_.erase(line);
  } else {
    turns_.push_back(std::move(owner));
  }
  return task;
}

void TaskQueue::Work() {
  while (true) {
    Task task;
    {
      MutexLock lock(mutex_);
      ++idle_;
      while (waiting_ == 0 && !stopping_) wake_.Wait(mutex_);
      --idle_;
      if (waiting_ == 0) return;
      task = TakeNext();
    }
    task();
  }
}

}  // namespace sealbook::server

#include "server/worker_pool.h"

#include <algorithm>
#include <atomic>

namespace sealbook::server {

// One ForEach call. Threads may look at it after the call has returned (they
// find nothing left to claim then), hence it is shared; `task` is touched only
// for a claimed index, and the call waits for those.
struct WorkerPool::Job {
  size_t size = 0;
  const std::function<void(size_t)>* task = nullptr;
  std::atomic<size_t> next = 0;

  Mutex mutex;
  CondVar ended;
  size_t unfinished ABSL_GUARDED_BY(mutex) = 0;
};

WorkerPool::WorkerPool(size_t threads) {
  if (threads == 0) threads = std::thread::hardware_concurrency();
  for (size_t i = 1; i < threads; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

WorkerPool::~WorkerPool() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::ForEach(size_t n, const std::function<void(size_t)>& task) {
  if (n == 0) return;
  auto job = std::make_shared<Job>();
  job->size = n;
  job->task = &task;
  {
    MutexLock lock(job->mutex);
    job->unfinished = n;
  }
  if (n > 1 && !threads_.empty()) {
    MutexLock lock(mutex_);
    job_ = job;
    wake_.NotifyAll();
  }
  RunShare(*job);
  {
    MutexLock lock(mutex_);
    if (job_ == job) job_ = nullptr;
  }
  MutexLock lock(job->mutex);
  while (job->unfinished > 0) job->ended.Wait(job->mutex);
}

void WorkerPool::Work() {
  while (true) {
    std::shared_ptr<Job> job;
    {
      MutexLock lock(mutex_);
      while (!stopping_ && job_ == nullptr) wake_.Wait(mutex_);
      if (stopping_) return;
      job = job_;
    }
    RunShare(*job);
    MutexLock lock(mutex_);
    if (job_ == job) job_ = nullptr;
  }
}

void WorkerPool::RunShare(Job& job) {
  size_t done = 0;
  for (size_t i; (i = job.next.fetch_add(1)) < job.size; ++done) {
    (*job.task)(i);
  }
  if (done == 0) return;
  MutexLock lock(job.mutex);
  job.unfinished -= done;
  if (job.unfinished == 0) job.ended.NotifyAll();
}

}  // namespace sealbook::server

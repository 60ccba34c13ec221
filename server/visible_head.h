// The signed tree head that readers use now.
//
//   std::shared_ptr<const SignedHead> head = visible.Get();
//   if (head == nullptr) return NotReady();
//   keytrans::AnswerSearch(source, configuration, head->TreeHead(), request);
//
// Thread-safe. The lock is held for the copy of one pointer, never during a
// commit. A reader keeps its head for as long as it answers one request.
#ifndef SEALBOOK_SERVER_VISIBLE_HEAD_H_
#define SEALBOOK_SERVER_VISIBLE_HEAD_H_

#include <memory>
#include <utility>

#include "base/mutex.h"
#include "server/log_store.h"

namespace sealbook::server {

class VisibleHead {
 public:
  VisibleHead() = default;
  VisibleHead(const VisibleHead&) = delete;
  VisibleHead& operator=(const VisibleHead&) = delete;

  // Null before the first head of this process was signed.
  std::shared_ptr<const SignedHead> Get() const {
    MutexLock lock(mutex_);
    return head_;
  }

  // Only the sequencer calls this, with a head that is durable and signed.
  void Set(std::shared_ptr<const SignedHead> head) {
    MutexLock lock(mutex_);
    head_.swap(head);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const SignedHead> head_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_VISIBLE_HEAD_H_

#include "server/services/publisher_shares.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sealbook::server {

absl::Status PublisherShares::AcquireOrCall(const std::string& publisher,
                                            size_t count, size_t publishers,
                                            std::function<void()> released) {
  const size_t share = total_ / std::max<size_t>(1, publishers);
  MutexLock lock(mutex_);
  Use& use = uses_[publisher];
  if (use.taken > 0 && use.taken + count > share) {
    if (released != nullptr) use.waiting.push_back(std::move(released));
    return absl::ResourceExhaustedError(
        absl::StrCat("publisher ", publisher, " has ", use.taken, " ", unit_,
                     " under way, and its share of the queue is ", share));
  }
  use.taken += count;
  return absl::OkStatus();
}

void PublisherShares::Release(const std::string& publisher, size_t count) {
  std::vector<std::function<void()>> waiting;
  {
    MutexLock lock(mutex_);
    Use& use = uses_[publisher];
    use.taken -= count;
    waiting.swap(use.waiting);
  }
  for (const std::function<void()>& released : waiting) released();
}

absl::Status PublisherShares::OpenStream(const std::string& publisher) {
  MutexLock lock(mutex_);
  Use& use = uses_[publisher];
  if (use.streams >= kMaxStreamsPerPublisher) {
    return absl::ResourceExhaustedError(
        absl::StrCat("publisher ", publisher, " has ", use.streams,
                     " streams open, as many as it may"));
  }
  ++use.streams;
  return absl::OkStatus();
}

void PublisherShares::CloseStream(const std::string& publisher) {
  MutexLock lock(mutex_);
  --uses_[publisher].streams;
}

}  // namespace sealbook::server

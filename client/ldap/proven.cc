#include "client/ldap/proven.h"

#include <utility>

namespace sealbook::client::ldap {
namespace {

// What the lists and maps around it take, about.
constexpr size_t kOverheadBytes = 512;
// What is remembered of judging a certificate, about.
constexpr size_t kUsableBytes = 256;

size_t SizeOf(const Proven& proven) {
  size_t size = kOverheadBytes + 2 * proven.label.size();
  if (proven.entry.has_value()) {
    size +=
        proven.entry->ByteSizeLong() +
        kUsableBytes * static_cast<size_t>(proven.entry->certificates_size());
  }
  for (const std::string& der : proven.issuers) size += der.size();
  return size;
}

}  // namespace

bool ProvenCache::MayBeShown(const Proven& proven, uint64_t now_ms) const {
  // A clock that was set back says nothing of an age.
  if (now_ms < proven.answered_ms) return false;
  if (now_ms - proven.answered_ms >= options_.max_age_ms) return false;
  return now_ms <= proven.head_ms ||
         now_ms - proven.head_ms <= options_.max_behind_ms;
}

ProvenPtr ProvenCache::Get(const std::string& label, uint64_t now_ms) {
  const auto found = by_label_.find(label);
  if (found == by_label_.end()) return nullptr;
  if (!MayBeShown(*found->second->proven, now_ms)) {
    Drop(found);
    return nullptr;
  }
  kept_.splice(kept_.begin(), kept_, found->second);
  return found->second->proven;
}

void ProvenCache::Put(ProvenPtr proven) {
  if (options_.max_age_ms == 0) return;
  const size_t size = SizeOf(*proven);
  const auto found = by_label_.find(proven->label);
  if (found != by_label_.end()) Drop(found);
  if (size > options_.max_bytes) return;
  while (bytes_ + size > options_.max_bytes) {
    Drop(by_label_.find(kept_.back().proven->label));
  }
  const std::string label = proven->label;
  kept_.push_front({std::move(proven), size});
  by_label_[label] = kept_.begin();
  bytes_ += size;
}

void ProvenCache::Clear() {
  by_label_.clear();
  kept_.clear();
  bytes_ = 0;
}

void ProvenCache::Drop(std::map<std::string, List::iterator>::iterator found) {
  bytes_ -= found->second->bytes;
  kept_.erase(found->second);
  by_label_.erase(found);
}

}  // namespace sealbook::client::ldap

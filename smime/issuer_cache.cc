#include "smime/issuer_cache.h"

#include <algorithm>
#include <utility>

#include "smime/x509.h"

namespace sealbook::smime {

std::vector<std::shared_ptr<const KnownIssuer>> IssuerCache::Find(
    absl::string_view name) const {
  MutexLock lock(mutex_);
  auto bucket = by_name_.find(name);
  return bucket == by_name_.end() ? Bucket() : bucket->second;
}

void IssuerCache::Add(std::shared_ptr<const KnownIssuer> issuer) {
  const absl::string_view name =
      NameDer(X509_get_subject_name(issuer->certificate.get()));
  MutexLock lock(mutex_);
  Bucket& bucket = by_name_[name];
  auto same = std::find_if(
      bucket.begin(), bucket.end(),
      [&](const auto& other) { return other->sha256 == issuer->sha256; });
  if (same != bucket.end()) {
    if ((*same)->chain != nullptr || issuer->chain == nullptr) return;
    bucket.erase(same);
    --size_;
  } else if (size_ >= capacity_) {
    if (bucket.empty()) by_name_.erase(name);
    return;
  }
  auto place = issuer->chain != nullptr ? bucket.begin() : bucket.end();
  bucket.insert(place, std::move(issuer));
  ++size_;
}

}  // namespace sealbook::smime

// Issuing certificates that are known, found by their subject name.
//
// Known is not trusted: an entry without a chain only saves the publisher from
// sending it. One with a chain was verified up to an anchor, and what holds for
// that chain holds for every end-entity certificate directly below it.
//
// Thread-safe.
#ifndef SEALBOOK_SMIME_ISSUER_CACHE_H_
#define SEALBOOK_SMIME_ISSUER_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "smime/path.h"
#include "smime/types.h"

namespace sealbook::smime {

struct KnownIssuer {
  SharedX509 certificate;
  CertificateHash sha256;
  // Set when verified: this certificate first, the anchor last.
  std::shared_ptr<const Chain> chain;
  // When every certificate of `chain` is valid (milliseconds since the Unix
  // epoch, both ends included).
  int64_t valid_from_ms = 0;
  int64_t valid_until_ms = -1;
  // ShortcutAllowed of the path (smime/path.h).
  bool shortcut = false;
};

class IssuerCache {
 public:
  explicit IssuerCache(size_t capacity) : capacity_(capacity) {}

  // Issuers whose subject is `name`, byte for byte in DER (S/MIME BR 7.1.4.1);
  // the verified ones first.
  std::vector<std::shared_ptr<const KnownIssuer>> Find(
      absl::string_view name) const;

  // A verified issuer takes the place of the same one unverified, else the
  // first stays. Ignored when `capacity` issuers are known.
  void Add(std::shared_ptr<const KnownIssuer> issuer);

 private:
  using Bucket = std::vector<std::shared_ptr<const KnownIssuer>>;

  const size_t capacity_;
  mutable Mutex mutex_;
  size_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, Bucket> by_name_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_ISSUER_CACHE_H_

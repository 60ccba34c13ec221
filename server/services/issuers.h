// Issuing certificates by SHA-256, from the store and a cache: a few hundred
// CAs stand behind all answers.
#ifndef SEALBOOK_SERVER_SERVICES_ISSUERS_H_
#define SEALBOOK_SERVER_SERVICES_ISSUERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/log_store.h"
#include "server/lru_cache.h"
#include "smime/types.h"

namespace sealbook::server {

// Thread-safe.
class Issuers {
 public:
  // `store` outlives this.
  explicit Issuers(const LogStore& store);

  // DER, in the order of `hashes`. DATA_LOSS: one is missing or damaged.
  absl::StatusOr<std::vector<std::shared_ptr<const std::string>>> Read(
      absl::Span<const smime::CertificateHash> hashes);

 private:
  const LogStore& store_;
  LruCache<smime::CertificateHash, std::shared_ptr<const std::string>> cache_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_ISSUERS_H_

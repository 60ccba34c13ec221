// Which publisher a TLS client is: found by the SHA-256 of the
// SubjectPublicKeyInfo of its certificate, so that a renewed certificate with
// the same key stays the same publisher.
#ifndef SEALBOOK_SERVER_SERVICES_PUBLISHER_REGISTRY_H_
#define SEALBOOK_SERVER_SERVICES_PUBLISHER_REGISTRY_H_

#include <grpcpp/security/auth_context.h>

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "server/config/config.h"
#include "smime/admission.h"
#include "smime/types.h"

namespace sealbook::server {

// Thread-safe.
class PublisherRegistry {
 public:
  // Requires that no two publishers share a key (server/config checks it).
  explicit PublisherRegistry(const std::vector<PublisherConfig>& publishers);

  // From the next call on; calls that run keep their policy.
  void Replace(const std::vector<PublisherConfig>& publishers);

  // UNAUTHENTICATED: the caller showed no certificate, or one whose key no
  // publisher record names (the message holds its hash, which is what the
  // operator would have to configure).
  absl::StatusOr<std::shared_ptr<const smime::PublisherPolicy>> Identify(
      const grpc::AuthContext& caller) const;
  // The same for a client certificate in PEM; empty: none was shown.
  absl::StatusOr<std::shared_ptr<const smime::PublisherPolicy>> Identify(
      absl::string_view certificate_pem) const;

  // How many are configured.
  size_t size() const;

 private:
  struct Records {
    size_t publishers = 0;
    std::map<smime::KeyHash, std::shared_ptr<const smime::PublisherPolicy>>
        by_key;
  };
  static std::shared_ptr<const Records> MakeRecords(
      const std::vector<PublisherConfig>& publishers);
  std::shared_ptr<const Records> records() const;

  mutable Mutex mutex_;
  std::shared_ptr<const Records> records_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_PUBLISHER_REGISTRY_H_

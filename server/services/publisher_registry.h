// Which publisher a TLS client is: found by the SHA-256 of the
// SubjectPublicKeyInfo of its certificate, so that a renewed certificate with
// the same key stays the same publisher.
#ifndef SEALBOOK_SERVER_SERVICES_PUBLISHER_REGISTRY_H_
#define SEALBOOK_SERVER_SERVICES_PUBLISHER_REGISTRY_H_

#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config/config.h"
#include "smime/admission.h"
#include "smime/types.h"

namespace sealbook::server {

// Immutable: thread-safe.
class PublisherRegistry {
 public:
  // Requires that no two publishers share a key (server/config checks it).
  explicit PublisherRegistry(const std::vector<PublisherConfig>& publishers);

  // UNAUTHENTICATED: the caller showed no certificate, or one whose key no
  // publisher record names (the message holds its hash, which is what the
  // operator would have to configure). The policy lives as long as this.
  absl::StatusOr<const smime::PublisherPolicy*> Identify(
      const grpc::AuthContext& caller) const;

 private:
  std::vector<smime::PublisherPolicy> policies_;
  std::map<smime::KeyHash, size_t> by_key_;
};

// Refuses calls of unknown callers before their messages are read: an unknown
// caller must not make the server hold megabytes.
class PublisherGate final : public grpc::AuthMetadataProcessor {
 public:
  explicit PublisherGate(std::shared_ptr<const PublisherRegistry> registry);

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& auth_metadata,
                       grpc::AuthContext* context,
                       OutputMetadata* consumed_auth_metadata,
                       OutputMetadata* response_metadata) override;

 private:
  const std::shared_ptr<const PublisherRegistry> registry_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_PUBLISHER_REGISTRY_H_

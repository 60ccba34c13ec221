#include "server/services/publisher_registry.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/support/string_ref.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/services/grpc_status.h"
#include "smime/certificate.h"

namespace sealbook::server {

PublisherRegistry::PublisherRegistry(
    const std::vector<PublisherConfig>& publishers) {
  for (const PublisherConfig& publisher : publishers) {
    for (const smime::KeyHash& key : publisher.client_keys) {
      by_key_.emplace(key, policies_.size());
    }
    policies_.push_back(publisher.policy);
  }
}

absl::StatusOr<const smime::PublisherPolicy*> PublisherRegistry::Identify(
    const grpc::AuthContext& caller) const {
  const std::vector<grpc::string_ref> pems =
      caller.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (pems.empty()) {
    return absl::UnauthenticatedError(
        "publishing needs a TLS client certificate, and the caller showed "
        "none");
  }
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<std::string> ders,
                            smime::ReadCertificates(absl::string_view(
                                pems.front().data(), pems.front().size())));
  SEALBOOK_ASSIGN_OR_RETURN(const smime::KeyHash key,
                            smime::HashSubjectKey(ders.front()));
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    return absl::UnauthenticatedError(absl::StrCat(
        "no publisher is configured with this client certificate's key "
        "(client_key_sha256 ",
        key.ToHex(), ")"));
  }
  return &policies_[found->second];
}

PublisherGate::PublisherGate(std::shared_ptr<const PublisherRegistry> registry)
    : registry_(std::move(registry)) {}

grpc::Status PublisherGate::Process(const InputMetadata&,
                                    grpc::AuthContext* context, OutputMetadata*,
                                    OutputMetadata*) {
  return ToGrpcStatus(registry_->Identify(*context).status());
}

}  // namespace sealbook::server

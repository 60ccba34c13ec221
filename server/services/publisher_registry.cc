#include "server/services/publisher_registry.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/support/string_ref.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "smime/certificate.h"

namespace sealbook::server {

PublisherRegistry::PublisherRegistry(
    const std::vector<PublisherConfig>& publishers)
    : records_(MakeRecords(publishers)) {}

std::shared_ptr<const PublisherRegistry::Records>
PublisherRegistry::MakeRecords(const std::vector<PublisherConfig>& publishers) {
  auto records = std::make_shared<Records>();
  records->publishers = publishers.size();
  for (const PublisherConfig& publisher : publishers) {
    const auto policy =
        std::make_shared<const smime::PublisherPolicy>(publisher.policy);
    for (const smime::KeyHash& key : publisher.client_keys) {
      records->by_key.emplace(key, policy);
    }
  }
  return records;
}

void PublisherRegistry::Replace(
    const std::vector<PublisherConfig>& publishers) {
  std::shared_ptr<const Records> records = MakeRecords(publishers);
  MutexLock lock(mutex_);
  records_.swap(records);
}

std::shared_ptr<const PublisherRegistry::Records> PublisherRegistry::records()
    const {
  MutexLock lock(mutex_);
  return records_;
}

size_t PublisherRegistry::size() const { return records()->publishers; }

absl::StatusOr<std::shared_ptr<const smime::PublisherPolicy>>
PublisherRegistry::Identify(const grpc::AuthContext& caller) const {
  const std::vector<grpc::string_ref> pems =
      caller.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (pems.empty()) return Identify(absl::string_view());
  return Identify(absl::string_view(pems.front().data(), pems.front().size()));
}

absl::StatusOr<std::shared_ptr<const smime::PublisherPolicy>>
PublisherRegistry::Identify(absl::string_view certificate_pem) const {
  if (certificate_pem.empty()) {
    return absl::UnauthenticatedError(
        "publishing needs a TLS client certificate, and the caller showed "
        "none");
  }
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<std::string> ders,
                            smime::ReadCertificates(certificate_pem));
  SEALBOOK_ASSIGN_OR_RETURN(const smime::KeyHash key,
                            smime::HashSubjectKey(ders.front()));
  const std::shared_ptr<const Records> now = records();
  const auto found = now->by_key.find(key);
  if (found == now->by_key.end()) {
    return absl::UnauthenticatedError(absl::StrCat(
        "no publisher is configured with this client certificate's key "
        "(client_key_sha256 ",
        key.ToHex(), ")"));
  }
  return found->second;
}

}  // namespace sealbook::server

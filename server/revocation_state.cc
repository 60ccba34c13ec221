#include "server/revocation_state.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/published_certificates.h"

namespace sealbook::server {
namespace {

constexpr size_t kCertificatesPerRead = 256;

using Certificates = std::vector<const smime::AdmittedCertificate*>;

// Each certificate once where they follow each other, as the addresses of one
// certificate do.
Certificates CertificatesIn(absl::Span<const PublishRequest* const> requests) {
  Certificates certificates;
  for (const PublishRequest* request : requests) {
    for (const Submission& submission : *request) {
      if (certificates.empty() ||
          certificates.back() != submission.certificate.get()) {
        certificates.push_back(submission.certificate.get());
      }
    }
  }
  return certificates;
}

absl::StatusOr<RevokedCertificate> WithVersions(const LogStore& store,
                                                v1::RevocationRecord record) {
  std::vector<LabelVersion> keys;
  for (const auto& version : record.versions()) {
    keys.push_back({version.label(), version.version()});
  }
  SEALBOOK_ASSIGN_OR_RETURN(auto facts, store.ReadVersions(keys));
  RevokedCertificate revoked;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!facts[i].has_value()) {
      return absl::DataLossError(
          absl::StrCat("version ", keys[i].version,
                       ": a revocation names it, but it is missing"));
    }
    revoked.versions.emplace(keys[i].label,
                             StoredPublication{keys[i].version, *facts[i]});
  }
  revoked.record = std::move(record);
  return revoked;
}

absl::Status ReadSome(const LogStore& store,
                      absl::Span<const smime::AdmittedCertificate* const> some,
                      RevocationState& state) {
  std::vector<smime::CertificateHash> hashes;
  std::vector<SerialNumber> numbers;
  std::vector<smime::KeyHash> keys;
  for (const smime::AdmittedCertificate* certificate : some) {
    hashes.push_back(certificate->sha256);
    numbers.push_back(SerialNumberOf(*certificate));
    keys.push_back(certificate->key_sha256);
  }
  SEALBOOK_ASSIGN_OR_RETURN(auto revocations, store.ReadRevocations(hashes));
  SEALBOOK_ASSIGN_OR_RETURN(auto serials, store.ReadRevokedSerials(numbers));
  SEALBOOK_ASSIGN_OR_RETURN(auto compromised, store.ReadCompromisedKeys(keys));
  for (size_t i = 0; i < some.size(); ++i) {
    if (revocations[i].has_value()) {
      SEALBOOK_ASSIGN_OR_RETURN(
          state.certificates[hashes[i]],
          WithVersions(store, *std::move(revocations[i])));
    }
    if (serials[i].has_value()) {
      state.serials[SerialKeyPrefix(numbers[i])].record =
          *std::move(serials[i]);
    }
    if (compromised[i].has_value()) state.compromised_keys.insert(keys[i]);
  }
  return absl::OkStatus();
}

// One read for all; where records are damaged, one a certificate.
absl::Status ReadGroup(const LogStore& store,
                       absl::Span<const smime::AdmittedCertificate* const> some,
                       RevocationState& state) {
  const absl::Status all = ReadSome(store, some, state);
  if (!absl::IsDataLoss(all)) return all;
  state = {};
  for (size_t i = 0; i < some.size(); ++i) {
    const absl::Status one = ReadSome(store, some.subspan(i, 1), state);
    if (!one.ok() && !absl::IsDataLoss(one)) return one;
    if (absl::IsDataLoss(one)) state.damaged[some[i]->sha256] = one;
  }
  return absl::OkStatus();
}

}  // namespace

SerialNumber SerialNumberOf(const smime::AdmittedCertificate& certificate) {
  return SerialNumber::FromHex(certificate.issuer_key_sha256(),
                               certificate.serial_hex);
}

std::string SerialKeyOf(const smime::AdmittedCertificate& certificate) {
  return SerialKeyPrefix(SerialNumberOf(certificate));
}

absl::StatusOr<RevocationState> ReadRevocationState(
    const LogStore& store, absl::Span<const PublishRequest* const> requests,
    const merkle::ParallelFor& parallel) {
  const Certificates certificates = CertificatesIn(requests);
  const absl::Span<const smime::AdmittedCertificate* const> all = certificates;
  const size_t groups =
      (all.size() + kCertificatesPerRead - 1) / kCertificatesPerRead;
  std::vector<RevocationState> found(groups);
  std::vector<absl::Status> statuses(groups);
  parallel(groups, [&](size_t i) {
    statuses[i] = ReadGroup(
        store, all.subspan(i * kCertificatesPerRead, kCertificatesPerRead),
        found[i]);
  });
  RevocationState state;
  for (size_t i = 0; i < groups; ++i) {
    SEALBOOK_RETURN_IF_ERROR(statuses[i]);
    state.certificates.merge(found[i].certificates);
    state.serials.merge(found[i].serials);
    state.compromised_keys.merge(found[i].compromised_keys);
    state.damaged.merge(found[i].damaged);
  }
  return state;
}

absl::StatusOr<std::vector<smime::CertificateHash>> CertificatesOf(
    const LogStore& store, const PublishRequest& request) {
  return store.ReadSerial(SerialNumberOf(*request.front().certificate));
}

absl::StatusOr<PublishRequest> ExpandRevocation(
    const LogStore& store, const PublishRequest& request,
    const smime::CertificateHash& certificate) {
  Submission revocation = request.front();
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<LabelVersion> published,
                            store.ReadLabelsOf(certificate));
  if (revocation.certificate->sha256 != certificate) {
    SEALBOOK_ASSIGN_OR_RETURN(revocation.certificate,
                              ReadPublishedCertificate(store, certificate));
  }
  PublishRequest expanded;
  for (const LabelVersion& version : published) {
    expanded.push_back(revocation);
    expanded.back().label = version.label;
  }
  return expanded;
}

absl::string_view CrlReasonName(v1::CrlReason reason) {
  switch (reason) {
    case v1::CRL_REASON_KEY_COMPROMISE:
      return "keyCompromise";
    case v1::CRL_REASON_CA_COMPROMISE:
      return "cACompromise";
    case v1::CRL_REASON_AFFILIATION_CHANGED:
      return "affiliationChanged";
    case v1::CRL_REASON_SUPERSEDED:
      return "superseded";
    case v1::CRL_REASON_CESSATION_OF_OPERATION:
      return "cessationOfOperation";
    case v1::CRL_REASON_CERTIFICATE_HOLD:
      return "certificateHold";
    case v1::CRL_REASON_REMOVE_FROM_CRL:
      return "removeFromCRL";
    case v1::CRL_REASON_PRIVILEGE_WITHDRAWN:
      return "privilegeWithdrawn";
    case v1::CRL_REASON_AA_COMPROMISE:
      return "aACompromise";
    default:
      return "no stated reason";
  }
}

}  // namespace sealbook::server

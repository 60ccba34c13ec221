#include "server/directory_entry.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace sealbook::server {
namespace {

bool IsHash(const std::string& bytes) {
  return bytes.size() == smime::CertificateHash::kSize;
}

absl::Status CheckCertificate(const v1::CertificateInForce& certificate) {
  if (certificate.certificate().empty()) {
    return absl::InvalidArgumentError(
        "directory entry: a certificate without bytes");
  }
  if (!v1::Role_IsValid(certificate.role()) ||
      certificate.role() == v1::ROLE_UNSPECIFIED) {
    return absl::InvalidArgumentError(
        absl::StrCat("directory entry: unknown role ", certificate.role()));
  }
  if (certificate.issuer_sha256().empty() ||
      !std::all_of(certificate.issuer_sha256().begin(),
                   certificate.issuer_sha256().end(), IsHash)) {
    return absl::InvalidArgumentError(
        "directory entry: issuers are not hashes of 32 bytes");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::DirectoryEntry> ParseDirectoryEntry(
    absl::string_view value) {
  v1::DirectoryEntry entry;
  if (value.size() > size_t{INT32_MAX} ||
      !entry.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return absl::InvalidArgumentError("not a directory entry");
  }
  if (entry.format() != kDirectoryEntryFormat) {
    return absl::InvalidArgumentError(
        absl::StrCat("directory entry: format ", entry.format(),
                     " is not known, only ", kDirectoryEntryFormat));
  }
  for (const v1::CertificateInForce& certificate : entry.certificates()) {
    absl::Status status = CheckCertificate(certificate);
    if (!status.ok()) return status;
  }
  return entry;
}

std::vector<smime::CertificateHash> IssuersOf(const v1::DirectoryEntry& entry) {
  std::vector<smime::CertificateHash> hashes;
  for (const v1::CertificateInForce& certificate : entry.certificates()) {
    for (const std::string& bytes : certificate.issuer_sha256()) {
      const auto hash = smime::CertificateHash::FromBytes(bytes);
      if (hash.ok() &&
          std::find(hashes.begin(), hashes.end(), *hash) == hashes.end()) {
        hashes.push_back(*hash);
      }
    }
  }
  return hashes;
}

std::string SerializeDirectoryEntry(const EntryDraft& draft) {
  v1::DirectoryEntry entry;
  entry.set_format(kDirectoryEntryFormat);
  for (const v1::CertificateInForce* certificate : draft.in_force) {
    *entry.add_certificates() = *certificate;
  }
  if (draft.added != nullptr) {
    *entry.add_certificates() = ToInForce(*draft.added);
  }
  const smime::AdmittedCertificate& subject =
      draft.cause == PublishCause::kRevoked ? *draft.revoked : *draft.added;
  const std::string sha256 = subject.sha256.ToString();
  switch (draft.cause) {
    case PublishCause::kIssued:
      entry.mutable_issued()->set_certificate_sha256(sha256);
      break;
    case PublishCause::kRenewed:
      entry.mutable_renewed()->set_certificate_sha256(sha256);
      break;
    case PublishCause::kRevoked:
      entry.mutable_revoked()->set_certificate_sha256(sha256);
      entry.mutable_revoked()->set_reason(draft.reason);
      break;
    case PublishCause::kRestored:
      entry.mutable_restored()->set_certificate_sha256(sha256);
      break;
  }
  entry.set_publisher(draft.publisher.data(), draft.publisher.size());
  entry.set_basis(draft.basis);
  return entry.SerializeAsString();
}

v1::CertificateInForce ToInForce(
    const smime::AdmittedCertificate& certificate) {
  v1::CertificateInForce in_force;
  in_force.set_certificate(certificate.der);
  in_force.set_role(static_cast<v1::Role>(certificate.role));
  for (const smime::Issuer& issuer : *certificate.chain) {
    in_force.add_issuer_sha256(issuer.sha256.ToString());
  }
  return in_force;
}

}  // namespace sealbook::server

#include "server/published_certificates.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/structures.h"
#include "server/directory_entry.h"
#include "smime/certificate.h"

namespace sealbook::server {
namespace {

absl::Status InCertificate(const smime::CertificateHash& certificate,
                           absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("published certificate ", certificate.ToHex(), ": ", what));
}

// The certificate as the value of `version` lists it.
absl::StatusOr<v1::CertificateInForce> ReadListed(
    const LogStore& store, const LabelVersion& version,
    const smime::CertificateHash& certificate) {
  SEALBOOK_ASSIGN_OR_RETURN(auto facts, store.ReadVersions({version}));
  if (!facts[0].has_value()) {
    return InCertificate(certificate, "its version is missing");
  }
  SEALBOOK_ASSIGN_OR_RETURN(auto values,
                            store.ReadValues({version}, {*facts[0]}));
  if (keytrans::CommitToValue(values[0].opening, version.label, version.version,
                              values[0].value) != facts[0]->commitment) {
    return InCertificate(certificate,
                         "the stored value does not open its commitment");
  }
  absl::StatusOr<v1::DirectoryEntry> entry =
      ParseDirectoryEntry(values[0].value);
  if (!entry.ok()) return InCertificate(certificate, entry.status().message());
  for (v1::CertificateInForce& listed : *entry->mutable_certificates()) {
    if (smime::HashCertificate(listed.certificate()) == certificate) {
      return std::move(listed);
    }
  }
  return InCertificate(certificate, "its version does not list it");
}

absl::StatusOr<std::shared_ptr<const smime::Chain>> ReadChain(
    const LogStore& store, const smime::CertificateHash& certificate,
    const v1::CertificateInForce& listed) {
  auto chain = std::make_shared<smime::Chain>();
  for (const std::string& bytes : listed.issuer_sha256()) {
    SEALBOOK_ASSIGN_OR_RETURN(const auto hash,
                              smime::CertificateHash::FromBytes(bytes));
    SEALBOOK_ASSIGN_OR_RETURN(auto ders, store.ReadIssuers({hash}));
    if (!ders[0].has_value()) {
      return InCertificate(
          certificate, absl::StrCat("its issuing certificate ", hash.ToHex(),
                                    " is missing"));
    }
    SEALBOOK_ASSIGN_OR_RETURN(const auto key, smime::HashSubjectKey(*ders[0]));
    chain->push_back({*std::move(ders[0]), hash, key});
  }
  return chain;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const smime::AdmittedCertificate>>
ReadPublishedCertificate(const LogStore& store,
                         const smime::CertificateHash& certificate) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<LabelVersion> published,
                            store.ReadLabelsOf(certificate));
  if (published.empty()) {
    return absl::NotFoundError(absl::StrCat("no certificate with the SHA-256 ",
                                            certificate.ToHex(),
                                            " was published here"));
  }
  // Any of the versions will do: one may be damaged or erased.
  absl::StatusOr<v1::CertificateInForce> listed = absl::UnknownError("");
  for (const LabelVersion& version : published) {
    listed = ReadListed(store, version, certificate);
    if (listed.ok()) break;
  }
  if (!listed.ok()) return listed.status();
  auto read = std::make_shared<smime::AdmittedCertificate>();
  SEALBOOK_ASSIGN_OR_RETURN(const smime::CertificateFacts facts,
                            smime::ReadCertificateFacts(listed->certificate()));
  SEALBOOK_ASSIGN_OR_RETURN(read->chain,
                            ReadChain(store, certificate, *listed));
  read->role = static_cast<smime::Role>(listed->role());
  read->der = std::move(*listed->mutable_certificate());
  read->sha256 = certificate;
  read->key_sha256 = facts.key_sha256;
  read->not_before_ms = facts.not_before_ms;
  read->not_after_ms = facts.not_after_ms;
  read->subject = facts.subject;
  read->serial_hex = facts.serial_hex;
  for (const LabelVersion& version : published) {
    read->addresses.push_back({version.label, version.label});
  }
  return std::shared_ptr<const smime::AdmittedCertificate>(std::move(read));
}

}  // namespace sealbook::server

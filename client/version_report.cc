#include "client/version_report.h"

#include <set>
#include <utility>

namespace sealbook::client {
namespace {

std::set<smime::CertificateHash> HashesOf(const v1::DirectoryEntry& entry) {
  std::set<smime::CertificateHash> hashes;
  for (const v1::CertificateInForce& listed : entry.certificates()) {
    hashes.insert(smime::HashCertificate(listed.certificate()));
  }
  return hashes;
}

// `entry` without the certificates of `hashes`.
v1::DirectoryEntry Without(const v1::DirectoryEntry& entry,
                           const std::set<smime::CertificateHash>& hashes) {
  v1::DirectoryEntry left;
  for (const v1::CertificateInForce& listed : entry.certificates()) {
    if (hashes.contains(smime::HashCertificate(listed.certificate()))) continue;
    *left.add_certificates() = listed;
  }
  return left;
}

}  // namespace

VersionReport CompareVersions(const HistoryEntry& entry,
                              const HistoryEntry* older,
                              const smime::Address& address, Chains chains) {
  VersionReport report;
  report.version = entry.version;
  report.since = entry.since;
  // Judged as of when the version appeared; where that is not proven, as of
  // the beginning of time, and problems are not shown.
  const int64_t time = entry.since.has_value()
                           ? static_cast<int64_t>(entry.since->timestamp)
                           : 0;
  report.entry = ViewEntry(entry.entry, entry.issuers, address, time, chains);
  if (older == nullptr && entry.version > 0) return report;
  report.added.emplace();
  std::set<smime::CertificateHash> before;
  if (older != nullptr) {
    before = HashesOf(older->entry);
    report.removed = ViewEntry(Without(older->entry, HashesOf(entry.entry)),
                               older->issuers, address, time, Chains::kLeftOut)
                         .certificates;
  }
  for (const CertificateView& certificate : report.entry.certificates) {
    if (!before.contains(certificate.sha256)) {
      report.added->push_back(certificate);
    }
  }
  return report;
}

}  // namespace sealbook::client

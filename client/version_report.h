// What a version of an address changed, certificate by certificate.
#ifndef SEALBOOK_CLIENT_VERSION_REPORT_H_
#define SEALBOOK_CLIENT_VERSION_REPORT_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "client/entry_view.h"
#include "client/history_client.h"
#include "keytrans/verifier.h"
#include "smime/address.h"

namespace sealbook::client {

// What one version changed against the one before it.
struct VersionReport {
  uint32_t version = 0;
  std::optional<keytrans::VerifiedHistoryVersion::Appearance> since;
  EntryView entry;
  // Certificates, in the order of the entries. Absent: the version before is
  // not known, so all of `entry` is shown as it was.
  std::optional<std::vector<CertificateView>> added;
  std::vector<CertificateView> removed;
};

// `older` is the version before; null: there is none, or it is not known.
// `chains`: in `entry` of the report.
VersionReport CompareVersions(const HistoryEntry& entry,
                              const HistoryEntry* older,
                              const smime::Address& address, Chains chains);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_VERSION_REPORT_H_

// The value of a label-version: a serialized sealbook.v1.DirectoryEntry
// (proto/sealbook/v1/records.proto), written once and never again.
#ifndef SEALBOOK_SERVER_DIRECTORY_ENTRY_H_
#define SEALBOOK_SERVER_DIRECTORY_ENTRY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/sealbook/v1/records.pb.h"
#include "smime/admission.h"
#include "smime/types.h"

namespace sealbook::server {

inline constexpr uint32_t kDirectoryEntryFormat = 1;

// Why a version exists.
enum class PublishCause : uint8_t {
  kIssued,
  kRenewed,
  kRevoked,
  // A hold was lifted.
  kRestored,
};

// INVALID_ARGUMENT: not a DirectoryEntry of a format that we know, or with a
// hash that is not 32 bytes long.
absl::StatusOr<v1::DirectoryEntry> ParseDirectoryEntry(absl::string_view value);

// The issuing certificates that `entry` names, each once, in order of
// appearance.
std::vector<smime::CertificateHash> IssuersOf(const v1::DirectoryEntry& entry);

// A new version.
struct EntryDraft {
  // What stays, oldest publication first.
  std::vector<const v1::CertificateInForce*> in_force;
  // What it adds; null for kRevoked.
  const smime::AdmittedCertificate* added = nullptr;
  // What it lacks from now on, and why; for kRevoked only.
  const smime::AdmittedCertificate* revoked = nullptr;
  v1::CrlReason reason = v1::CRL_REASON_UNSPECIFIED;
  PublishCause cause = PublishCause::kIssued;
  absl::string_view publisher;
  uint32_t basis = 0;
};
std::string SerializeDirectoryEntry(const EntryDraft& draft);

// `certificate` as it stands in a DirectoryEntry.
v1::CertificateInForce ToInForce(const smime::AdmittedCertificate& certificate);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_DIRECTORY_ENTRY_H_

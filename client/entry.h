// The value of a label-version as it was verified: decoded, with the issuing
// certificates that it names.
#ifndef SEALBOOK_CLIENT_ENTRY_H_
#define SEALBOOK_CLIENT_ENTRY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/sealbook/v1/records.pb.h"

namespace sealbook::client {

// UNIMPLEMENTED: a format of a newer version. INVALID_ARGUMENT: not a
// DirectoryEntry, or an issuer's hash is not 32 bytes.
absl::StatusOr<v1::DirectoryEntry> DecodeEntry(absl::string_view value);

// Those of `sent` (DER) whose SHA-256 the entry lists, each once. Others have
// no proof and are dropped.
std::vector<std::string> IssuersOf(const v1::DirectoryEntry& entry,
                                   absl::Span<const std::string> sent);

struct ProvenEntry {
  v1::DirectoryEntry entry;
  // DER, each named by its SHA-256 in the entry.
  std::vector<std::string> issuers;
};

// Both of the above for a value that was proven. Refused (kMalformed): the log
// committed itself to something that is no entry. UNIMPLEMENTED as above.
absl::StatusOr<ProvenEntry> DecodeProvenEntry(
    absl::string_view value, absl::Span<const std::string> sent);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ENTRY_H_

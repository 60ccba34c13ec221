// The heads that users compare to detect a fork: the log roots at which the
// recent distinguished log entries are the rightmost ones ([KT] "Detecting
// Forks").
#ifndef SEALBOOK_CLIENT_GOSSIP_HEADS_H_
#define SEALBOOK_CLIENT_GOSSIP_HEADS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "crypto/types.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/verified.h"

namespace sealbook::client {

// What the draft's list of roots leaves out, position and time, goes along: it
// tells which of two lists is the older one.
struct LogHead {
  // Of the distinguished log entry.
  uint64_t position = 0;
  // Its timestamp, milliseconds since the Unix epoch.
  uint64_t timestamp = 0;
  // The log root of the first position + 1 entries.
  crypto::Hash root;

  friend bool operator==(const LogHead&, const LogHead&) = default;
};

// Left to right, from entries right to left as a walk yields them.
std::vector<LogHead> HeadsOf(
    absl::Span<const keytrans::DistinguishedEntry> entries);

// The draft's structure of them.
keytrans::DistinguishedHead ToDistinguishedHead(
    absl::Span<const LogHead> heads);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_GOSSIP_HEADS_H_

// What look-ups that were asked for together say together.
#ifndef SEALBOOK_CLIENT_LOOKUP_ANSWERS_H_
#define SEALBOOK_CLIENT_LOOKUP_ANSWERS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/directory_client.h"

namespace sealbook::client {

using Answers = std::vector<absl::StatusOr<Lookup>>;

// What the log grew to while the questions were under way; null when every
// answer failed.
const Lookup* Newest(const Answers& answers);

// What the answers in the tree of `size` oblige to.
std::vector<keytrans::MonitoringObligation> ObligationsAt(
    uint64_t size, const Answers& answers);

// Moves the answers in the tree of `size`, and all failures, into `results`.
// `open` has the places of those that were asked for, in the order of
// `answers`, which may be fewer; then of those that are left. Returns how many
// were moved. An entry
// that cannot be read is a failure unless `keep_unreadable`.
size_t Settle(uint64_t size, bool keep_unreadable, Answers& answers,
              std::vector<size_t>& open, Answers& results);

// Refuses (kFork) two roots of one size.
absl::Status CheckNoForks(const Answers& answers);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_LOOKUP_ANSWERS_H_

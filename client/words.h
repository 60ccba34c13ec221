// What a newcomer is told.
#ifndef SEALBOOK_CLIENT_WORDS_H_
#define SEALBOOK_CLIENT_WORDS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "keytrans/refusal.h"

namespace sealbook::client {

// What a refusal means, in one or two sentences.
absl::string_view RefusalInWords(keytrans::RefusalReason reason);

// "2026-08-18 09:30:00 UTC". `ms` since the Unix epoch.
std::string TimeInWords(int64_t ms);

// A time that a person gave, as milliseconds since the Unix epoch:
// "2026-08-18", "2026-08-18 09:30", with seconds, RFC 3339
// ("2026-08-18T09:30:00+02:00"). Without a zone it is UTC. INVALID_ARGUMENT:
// something else.
absl::StatusOr<uint64_t> ParseTimeText(absl::string_view text);

// "3 s", "5 min", "2 h", "3 days": rounded down.
std::string DurationInWords(uint64_t ms);

// `text` from outside, safe to print on a terminal: UTF-8 stays, control
// characters and stray bytes are escaped.
std::string Printable(absl::string_view text);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_WORDS_H_

// The one form of a refusal: "<check> (<section>): <what is wrong and the
// value>".
#ifndef SEALBOOK_SMIME_REFUSAL_H_
#define SEALBOOK_SMIME_REFUSAL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sealbook::smime {

// INVALID_ARGUMENT. `check` is a stable id that programs may look for.
absl::Status Refusal(absl::string_view check, absl::string_view section,
                     absl::string_view text);

// `value` between double quotes, printable ASCII only, cut after 80 bytes: it
// came from outside and ends up in logs and terminals.
std::string Quoted(absl::string_view value);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_REFUSAL_H_

#include "client/watch/still_proven.h"

#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "keytrans/refusal.h"
#include "keytrans/structures.h"

namespace sealbook::client {

absl::Status CheckStillProven(const Lookup& now,
                              const keytrans::OwnerState& known) {
  const std::optional<uint32_t> before = known.Greatest();
  if (!before.has_value()) return absl::OkStatus();
  const auto refuse = [&](absl::string_view contradiction) {
    return keytrans::Refuse(
        keytrans::RefusalReason::kLadder,
        absl::StrCat("the log proves ", contradiction, " of ", now.label,
                     ", where it has proven version ", *before, " before"));
  };
  if (!now.found.has_value()) return refuse("that there is no version");
  const FoundEntry& found = *now.found;
  if (found.version < *before) {
    return refuse(
        absl::StrCat("version ", found.version, " to be the greatest"));
  }
  if (found.version == *before &&
      keytrans::CommitToValue(found.opening, now.label, *before, found.value) !=
          known.keys.at(*before).commitment) {
    return refuse(absl::StrCat("another value of version ", *before));
  }
  return absl::OkStatus();
}

}  // namespace sealbook::client

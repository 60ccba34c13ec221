#include "smime/refusal.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace sealbook::smime {

absl::Status Refusal(absl::string_view check, absl::string_view section,
                     absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat(check, " (", section, "): ", text));
}

std::string Quoted(absl::string_view value) {
  constexpr size_t kShown = 80;
  return absl::StrCat("\"", absl::CHexEscape(value.substr(0, kShown)),
                      value.size() > kShown ? "...\"" : "\"");
}

}  // namespace sealbook::smime

#include "server/redaction.h"

#include "absl/strings/str_cat.h"

namespace sealbook::server {
namespace {

constexpr absl::string_view kEnds = " \t\r\n,;:<>()\"";

// Where the address whose '@' is at `at` begins; not before `from`.
size_t Begin(absl::string_view text, size_t at, size_t from) {
  size_t begin = at;
  if (begin > from && text[begin - 1] == '"') {
    // "a \"b"@example.org, perhaps escaped once more: which of the quotation
    // marks opens it cannot be told.
    begin = text.find('"', from);
  }
  while (begin > from && kEnds.find(text[begin - 1]) == kEnds.npos) --begin;
  return begin;
}

}  // namespace

std::string WithoutAddresses(absl::string_view text) {
  std::string result;
  size_t from = 0;
  for (size_t at = text.find('@'); at != absl::string_view::npos;
       at = text.find('@', from)) {
    const size_t begin = Begin(text, at, from);
    size_t end = text.find_first_of(kEnds, at);
    if (end == absl::string_view::npos) end = text.size();
    absl::StrAppend(&result, text.substr(from, begin - from), "<address>");
    from = end;
  }
  absl::StrAppend(&result, text.substr(from));
  return result;
}

}  // namespace sealbook::server

#include "client/alarms/mime.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sealbook::client {
namespace {

constexpr absl::string_view kSubject = "Subject: ";
constexpr size_t kMaxLine = 76;
// In Base64 these, what is around an encoded-word and the header's name fit
// into a line.
constexpr size_t kEncodedWordBytes = 39;

bool CanStandAlone(absl::string_view text) {
  return text.size() <= kMaxLine - kSubject.size() &&
         std::all_of(text.begin(), text.end(), absl::ascii_isprint) &&
         !absl::StrContains(text, "=?");
}

bool IsUtf8Continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The bytes of the characters at the front that fit into an encoded-word, which
// may not cut one (RFC 2047, 5).
size_t NextEncodedWord(absl::string_view text) {
  if (text.size() <= kEncodedWordBytes) return text.size();
  size_t size = kEncodedWordBytes;
  // Bytes that are no UTF-8 may go on without end, and are cut anywhere.
  while (size > kEncodedWordBytes - 3 && IsUtf8Continuation(text[size])) --size;
  return size;
}

bool NeedsEscape(absl::string_view rest, bool line_begins) {
  const char c = rest[0];
  if (c == ' ') return rest.size() == 1;
  if (line_begins && (c == '.' || absl::StartsWith(rest, "From "))) return true;
  return c == '=' || !absl::ascii_isgraph(c);
}

void AppendLine(absl::string_view line, std::string& result) {
  size_t column = 0;
  for (; !line.empty(); line.remove_prefix(1)) {
    // The last column is for the "=" that joins lines. Whether a character
    // needs an escape is asked anew where it begins a line.
    const bool escape = NeedsEscape(line, column == 0);
    if (column + (escape ? 3 : 1) > kMaxLine - 1) {
      result += "=\r\n";
      column = 0;
    }
    if (escape || NeedsEscape(line, column == 0)) {
      absl::StrAppendFormat(&result, "=%02X",
                            static_cast<unsigned char>(line[0]));
      column += 3;
    } else {
      result += line[0];
      column += 1;
    }
  }
}

}  // namespace

std::string EncodeSubject(absl::string_view text) {
  if (CanStandAlone(text)) return std::string(text);
  std::string result;
  while (!text.empty()) {
    const size_t size = NextEncodedWord(text);
    absl::StrAppend(&result, result.empty() ? "" : "\r\n ", "=?UTF-8?B?",
                    absl::Base64Escape(text.substr(0, size)), "?=");
    text.remove_prefix(size);
  }
  return result;
}

std::string EncodeQuotedPrintable(absl::string_view text) {
  std::string result;
  absl::ConsumeSuffix(&text, "\n");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    AppendLine(line, result);
    result += "\r\n";
  }
  return result;
}

}  // namespace sealbook::client

#include "client/alarms/server_reply.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/words.h"

namespace sealbook::client {

void ServerReply::Sent(absl::string_view line) {
  taking_leave_ = taking_leave_ || absl::StartsWith(line, "QUIT\r\n");
}

void ServerReply::Received(absl::string_view line) {
  constexpr size_t kMaxBytes = 500;
  if (taking_leave_) return;
  line = absl::StripTrailingAsciiWhitespace(line);
  if (complete_) {
    text_.clear();
    code_class_ = line.empty() ? '\0' : line[0];
  } else {
    text_ += " | ";
  }
  absl::StrAppend(&text_, line);
  if (text_.size() > kMaxBytes) text_.resize(kMaxBytes);
  complete_ = line.size() < 4 || line[3] != '-';
}

std::string ServerReply::InWords() const {
  if (!IsTransient() && !IsPermanent()) return "";
  return absl::StrCat("; it said \"", Printable(text_), "\"");
}

}  // namespace sealbook::client

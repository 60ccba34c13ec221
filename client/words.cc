#include "client/words.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace sealbook::client {
namespace {

using keytrans::RefusalReason;

// The size in bytes of the UTF-8 character at the front, and its code point; 0
// for bytes that are none (RFC 3629, 4).
size_t DecodeUtf8(absl::string_view text, uint32_t& code_point) {
  unsigned char first = text[0];
  if (first < 0x80) {
    code_point = first;
    return 1;
  }
  size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  code_point = first & (0xff >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    unsigned char next = text[i];
    if ((next & 0xc0) != 0x80) return 0;
    code_point = code_point << 6 | (next & 0x3f);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (code_point < kSmallest[size] || surrogate || code_point > 0x10ffff) {
    return 0;
  }
  return size;
}

// Characters that move the cursor, hide text or turn its direction round.
bool IsTreacherous(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

}  // namespace

absl::string_view RefusalInWords(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::kMalformed:
      return "The answer is damaged, or is not an answer of this kind.";
    case RefusalReason::kElementCount:
      return "The proof has more or fewer parts than this question needs.";
    case RefusalReason::kVrfProof:
      return "The log did not prove where in its tree this address belongs.";
    case RefusalReason::kLadder:
      return "The proof does not show that this is the newest version of the "
             "address, or contradicts itself.";
    case RefusalReason::kPrefixProof:
      return "Part of the proof cannot come from any tree.";
    case RefusalReason::kRootMismatch:
      return "The proof does not lead to what the log committed itself to: "
             "the answer was changed, or the log shows others something else.";
    case RefusalReason::kTimestampOrder:
      return "The times in the log run backwards.";
    case RefusalReason::kStaleHead:
      return "The newest entry of the log is too old: the log stands still, "
             "somebody replays an old answer, or this machine's clock is "
             "ahead. Check the clock first.";
    case RefusalReason::kFutureHead:
      return "The newest entry of the log lies in the future: this machine's "
             "clock is behind, or the log's is ahead. Check the clock first.";
    case RefusalReason::kTreeSize:
      return "The log is smaller than what it showed before: it may have been "
             "rolled back to an old copy.";
    case RefusalReason::kSignature:
      return "The answer is not signed by the log that you trust: it was "
             "changed on the way, or comes from another log.";
    case RefusalReason::kValueSignature:
      return "The operator of the address has not signed what the log shows: "
             "whoever runs the log for it has changed it.";
    case RefusalReason::kAuditor:
      return "The log's auditor does not confirm what the log shows: it is too "
             "far behind, was replaced without a seam, or has seen another "
             "log.";
    case RefusalReason::kFork:
      return "The log shows different people different things: two of them "
             "contradict each other. Where both are signed, this is proof of "
             "misbehaviour; keep the evidence.";
    case RefusalReason::kExpired:
      return "The proof uses log entries that are older than this log promises "
             "to keep, which nobody need be able to check.";
    case RefusalReason::kRemoval:
      return "The log has taken something away that it had promised to keep.";
  }
  return "";
}

std::string TimeInWords(int64_t ms) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", absl::FromUnixMillis(ms),
                          absl::UTCTimeZone());
}

absl::StatusOr<uint64_t> ParseTimeText(absl::string_view text) {
  absl::Time time;
  std::string error;
  for (const char* format :
       {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
        "%Y-%m-%dT%H:%M:%S", absl::RFC3339_full}) {
    if (absl::ParseTime(format, text, absl::UTCTimeZone(), &time, &error) &&
        time >= absl::UnixEpoch()) {
      return static_cast<uint64_t>(absl::ToUnixMillis(time));
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", Printable(text),
      "\" is not a time; give for example 2026-08-18, \"2026-08-18 09:30\" "
      "(UTC) or 2026-08-18T09:30:00+02:00"));
}

std::string DurationInWords(uint64_t ms) {
  constexpr uint64_t kMinute = 60;
  constexpr uint64_t kHour = 60 * kMinute;
  constexpr uint64_t kDay = 24 * kHour;
  uint64_t seconds = ms / 1000;
  if (seconds < 2 * kMinute) return absl::StrCat(seconds, " s");
  if (seconds < 2 * kHour) return absl::StrCat(seconds / kMinute, " min");
  if (seconds < 2 * kDay) return absl::StrCat(seconds / kHour, " h");
  return absl::StrCat(seconds / kDay, " days");
}

std::string Printable(absl::string_view text) {
  std::string result;
  while (!text.empty()) {
    uint32_t code_point = 0;
    size_t size = DecodeUtf8(text, code_point);
    if (size == 0) {
      absl::StrAppendFormat(&result, "\\x%02x",
                            static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    if (IsTreacherous(code_point)) {
      absl::StrAppendFormat(&result, "\\u%04x", code_point);
    } else {
      result.append(text.data(), size);
    }
    text.remove_prefix(size);
  }
  return result;
}

}  // namespace sealbook::client

#include "client/gossip/heads_text.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/words.h"
#include "crypto/hash.h"
#include "keytrans/tls_codec.h"

namespace sealbook::client {
namespace {

constexpr absl::string_view kBegin = "SEALBOOK-HEADS-";
constexpr absl::string_view kVersion = "1";
constexpr absl::string_view kEnd = "/END";
constexpr size_t kLineLength = 64;
constexpr size_t kHeadBytes = 8 + 8 + crypto::Hash::kSize;
constexpr size_t kChecksumBytes = 4;

// RFC 4648, 6.
constexpr absl::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

std::string EncodeBase32(absl::string_view bytes) {
  std::string digits;
  uint32_t buffer = 0;
  int bits = 0;
  for (const char byte : bytes) {
    buffer = buffer << 8 | static_cast<uint8_t>(byte);
    for (bits += 8; bits >= 5; bits -= 5) {
      digits += kBase32[buffer >> (bits - 5) & 31];
    }
  }
  if (bits > 0) digits += kBase32[buffer << (5 - bits) & 31];
  return digits;
}

// Absent: unused bits that are not 0, or a length that no bytes have.
std::optional<std::string> DecodeBase32(absl::string_view digits) {
  std::string bytes;
  uint32_t buffer = 0;
  int bits = 0;
  for (const char digit : digits) {
    buffer = buffer << 5 | static_cast<uint32_t>(kBase32.find(digit));
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(buffer >> bits);
  }
  if (bits >= 5 || (buffer & ((1u << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

absl::string_view Checksum(const crypto::Hash& hash) {
  return hash.view().substr(0, kChecksumBytes);
}

absl::Status Invalid(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the heads' text ", why));
}

// What mail and chat programs put between the characters: white space, also
// wider and narrower ones, and marks of quotation.
size_t BlankAt(absl::string_view text) {
  if (absl::ascii_isspace(static_cast<unsigned char>(text[0])) ||
      text[0] == '>') {
    return 1;
  }
  for (absl::string_view blank :
       {"\xc2\xa0", "\xc2\xad", "\xe2\x80\x8b", "\xef\xbb\xbf"}) {
    if (absl::StartsWith(text, blank)) return blank.size();
  }
  return 0;
}

// Takes what is between `kBegin` and `kEnd` off the front of `text`, without
// blanks.
absl::StatusOr<std::string> TakeBody(absl::string_view& text) {
  std::string body;
  while (!text.empty()) {
    if (const size_t blank = BlankAt(text); blank > 0) {
      text.remove_prefix(blank);
      continue;
    }
    const char c = text[0];
    if (c != '/' && c != '-' && kBase32.find(c) == absl::string_view::npos &&
        !absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      return Invalid(absl::StrCat("contains \"", Printable(text.substr(0, 1)),
                                  "\", which does not belong there"));
    }
    body += c;
    text.remove_prefix(1);
    if (absl::EndsWith(body, kEnd)) {
      body.resize(body.size() - kEnd.size());
      return body;
    }
  }
  return Invalid("is cut off: its last characters, /END, are missing");
}

absl::StatusOr<HeadsText> Decode(const std::string& bytes) {
  const size_t signed_size = bytes.size() - kChecksumBytes;
  if (bytes.size() < kChecksumBytes ||
      Checksum(crypto::Sha256(bytes.substr(0, signed_size))) !=
          bytes.substr(signed_size)) {
    return Invalid(
        "does not fit its checksum: a character was changed or lost on the "
        "way. Have it sent again");
  }
  keytrans::TlsReader reader(absl::string_view(bytes).substr(0, signed_size));
  HeadsText result;
  result.log = reader.Get<crypto::Hash>();
  const size_t count = reader.Count(1, kHeadBytes);
  for (size_t i = 0; i < count; ++i) {
    LogHead head;
    head.position = reader.U64();
    head.timestamp = reader.U64();
    head.root = reader.Get<crypto::Hash>();
    if (i > 0 && (head.position <= result.heads.back().position ||
                  head.timestamp < result.heads.back().timestamp)) {
      reader.Fail("the heads are not from left to right");
    }
    result.heads.push_back(head);
  }
  if (count == 0) reader.Fail("there is no head");
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("HeadsText"));
  return result;
}

absl::StatusOr<HeadsText> DecodeBody(absl::string_view body) {
  const size_t slash = body.find('/');
  if (slash == absl::string_view::npos) {
    return Invalid("has no version: it begins with SEALBOOK-HEADS-1/");
  }
  const absl::string_view version = body.substr(0, slash);
  if (version != kVersion) {
    return absl::UnimplementedError(absl::StrCat(
        "the heads' text is of version ", Printable(version.substr(0, 20)),
        ", this program reads version ", kVersion));
  }
  body.remove_prefix(slash + 1);
  for (const char c : body) {
    if (kBase32.find(c) != absl::string_view::npos) continue;
    return Invalid(absl::StrCat("contains \"", std::string(1, c),
                                "\", which does not belong there"));
  }
  std::optional<std::string> bytes = DecodeBase32(body);
  if (!bytes.has_value()) {
    return Invalid("lost characters on the way. Have it sent again");
  }
  return Decode(*bytes);
}

}  // namespace

std::string EncodeHeadsText(const HeadsText& heads) {
  keytrans::TlsWriter writer;
  writer.Bytes(heads.log);
  writer.Count(heads.heads.size(), 1);
  for (const LogHead& head : heads.heads) {
    writer.U64(head.position);
    writer.U64(head.timestamp);
    writer.Bytes(head.root);
  }
  std::string bytes = writer.Take();
  absl::StrAppend(&bytes, Checksum(crypto::Sha256(bytes)));
  return absl::StrCat(kBegin, kVersion, "/", EncodeBase32(bytes), kEnd);
}

std::string WrapHeadsText(absl::string_view text) {
  const size_t head = text.find('/') + 1;
  std::string lines = absl::StrCat(text.substr(0, head), "\n");
  for (text.remove_prefix(head); !text.empty();) {
    absl::StrAppend(&lines, text.substr(0, kLineLength), "\n");
    text.remove_prefix(std::min(kLineLength, text.size()));
  }
  return lines;
}

absl::StatusOr<HeadsText> ParseHeadsText(absl::string_view text) {
  if (text.size() > kMaxHeadsTextBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a text with heads has some hundred characters, this one "
                     "more than ",
                     kMaxHeadsTextBytes, ": is it the right file?"));
  }
  const std::string capitals = absl::AsciiStrToUpper(text);
  absl::string_view rest = capitals;
  std::optional<std::string> found;
  for (size_t at = rest.find(kBegin); at != absl::string_view::npos;
       at = rest.find(kBegin)) {
    rest.remove_prefix(at + kBegin.size());
    SEALBOOK_ASSIGN_OR_RETURN(std::string body, TakeBody(rest));
    if (found.has_value() && *found != body) {
      return absl::InvalidArgumentError(
          "there are several texts with different heads: leave only the one "
          "that is to be compared, as its sender made it");
    }
    found = std::move(body);
  }
  if (!found.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "there are no heads in it: a text of `sealbook gossip show` begins "
        "with ",
        kBegin, kVersion, "/"));
  }
  return DecodeBody(*found);
}

}  // namespace sealbook::client

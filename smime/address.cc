#include "smime/address.h"

#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "smime/domain.h"
#include "smime/refusal.h"

namespace sealbook::smime {
namespace {

// Longer text is not looked at: no address of a canonical label needs it.
constexpr size_t kMaxTextBytes = 1024;

absl::Status Refused(absl::string_view check, absl::string_view section,
                     absl::string_view why, absl::string_view text) {
  return Refusal(check, section, absl::StrCat(why, ": ", Quoted(text)));
}

bool IsAtext(char c) {
  if (absl::ascii_isalnum(c) || !absl::ascii_isascii(c)) return true;
  return absl::string_view("!#$%&'*+-/=?^_`{|}~").find(c) !=
         absl::string_view::npos;
}

// RFC 5321, 4.1.2 Dot-string, with RFC 6531's non-ASCII.
bool IsDotAtom(absl::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.' ? text[i - 1] == '.' : !IsAtext(text[i])) return false;
  }
  return true;
}

struct Split {
  std::string local_part;    // Unquoted.
  absl::string_view domain;  // Whatever follows "@".
};

// `text` starts with a double quote (RFC 5321, 4.1.2 Quoted-string).
absl::StatusOr<Split> SplitQuoted(absl::string_view text) {
  Split split;
  for (size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      if (i + 1 == text.size() || text[i + 1] != '@') break;
      split.domain = text.substr(i + 2);
      return split;
    }
    if (c == '\\') {
      if (++i == text.size() || !absl::ascii_isprint(text[i])) break;
      c = text[i];
    }
    split.local_part += c;
  }
  return Refused("address-form", "RFC 5321, 4.1.2", "broken quoted string",
                 text);
}

absl::StatusOr<Split> SplitAtSign(absl::string_view text) {
  if (!text.empty() && text.front() == '"') return SplitQuoted(text);
  size_t at = text.find('@');
  if (at == text.npos) {
    return Refused("address-form", "RFC 5321, 4.1.2", "no \"@\"", text);
  }
  Split split{.local_part = std::string(text.substr(0, at)),
              .domain = text.substr(at + 1)};
  if (!IsDotAtom(split.local_part)) {
    return Refused("address-local-part", "RFC 5321, 4.1.2",
                   "local part is neither a dot-atom nor quoted", text);
  }
  return split;
}

// A dot-atom as it is, anything else quoted with the least escaping.
std::string QuoteIfNeeded(absl::string_view local_part) {
  if (IsDotAtom(local_part)) return std::string(local_part);
  std::string quoted = "\"";
  for (char c : local_part) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

bool IsNfc(absl::string_view text) {
  // Enough for any local part that fits; NFC of a longer one is on the heap.
  uint8_t buffer[4 * kMaxTextBytes];
  size_t length = sizeof(buffer);
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  uint8_t* normal =
      u8_normalize(UNINORM_NFC, bytes, text.size(), buffer, &length);
  if (normal == nullptr) return false;
  bool same =
      absl::string_view(reinterpret_cast<char*>(normal), length) == text;
  if (normal != buffer) std::free(normal);
  return same;
}

// The reason to refuse a code point outside ASCII, if there is one.
std::optional<absl::string_view> WhyNot(ucs4_t c) {
  if (uc_is_general_category(c, UC_CATEGORY_Cc) ||
      uc_is_general_category(c, UC_CATEGORY_Zl) ||
      uc_is_general_category(c, UC_CATEGORY_Zp)) {
    return "control character";
  }
  if (uc_is_property(c, UC_PROPERTY_BIDI_CONTROL)) {
    return "control character of text direction";
  }
  if (c == 0xFEFF) return "byte order mark";
  if (uc_is_general_category(c, UC_CATEGORY_Cn)) {
    return "unassigned character";
  }
  return std::nullopt;
}

// RFC 6531, 3.3 and RFC 9598, 3. A character that is not assigned yet might
// compose with others one day; assigned ones keep their normal form for ever.
absl::Status CheckUnicode(absl::string_view local_part,
                          absl::string_view text) {
  if (std::all_of(local_part.begin(), local_part.end(), absl::ascii_isascii)) {
    return absl::OkStatus();
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(local_part.data());
  for (size_t i = 0; i < local_part.size();) {
    ucs4_t c = 0;
    int length = u8_mbtoucr(&c, bytes + i, local_part.size() - i);
    if (length <= 0) {
      return Refused("address-utf8", "RFC 6531, 3.3", "local part is not UTF-8",
                     text);
    }
    if (c >= 0x80) {
      if (std::optional<absl::string_view> why = WhyNot(c); why.has_value()) {
        return Refused("address-local-part", "RFC 9598, 3",
                       absl::StrCat("local part has a ", *why), text);
      }
    }
    i += length;
  }
  // Folding can make a text that composes: H + U+0331 does not, h + U+0331
  // does.
  if (!IsNfc(local_part) || !IsNfc(absl::AsciiStrToLower(local_part))) {
    return Refused("address-nfc", "RFC 6532, 3.1",
                   "local part is not in Unicode form NFC", text);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Address> Address::Parse(absl::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return Refused("address-length", "RFC 5321, 4.5.3.1",
                   absl::StrCat(text.size(), " octets"), text);
  }
  for (char c : text) {
    if (absl::ascii_iscntrl(c)) {
      return Refused("address-control-character", "RFC 5321, 4.1.2",
                     "control character", text);
    }
  }
  SEALBOOK_ASSIGN_OR_RETURN(Split split, SplitAtSign(text));
  if (split.local_part.empty()) {
    return Refused("address-local-part", "RFC 5321, 4.1.2", "empty local part",
                   text);
  }
  SEALBOOK_RETURN_IF_ERROR(CheckUnicode(split.local_part, text));
  Address address;
  address.exact_local_part_ = QuoteIfNeeded(split.local_part);
  address.at_ = address.exact_local_part_.size();
  if (address.at_ > kMaxLocalPartBytes) {
    return Refused("address-length", "RFC 5321, 4.5.3.1.1",
                   absl::StrCat("local part of ", address.at_,
                                " octets, at most ", kMaxLocalPartBytes),
                   text);
  }
  SEALBOOK_ASSIGN_OR_RETURN(std::string domain,
                            CanonicalizeDomain(split.domain));
  address.label_ = absl::StrCat(
      absl::AsciiStrToLower(address.exact_local_part_), "@", domain);
  if (address.label_.size() > kMaxLabelBytes) {
    return Refused("address-length", "RFC 5321, 4.5.3.1.3",
                   absl::StrCat("address of ", address.label_.size(),
                                " octets, at most ", kMaxLabelBytes),
                   text);
  }
  return address;
}

bool IsCanonical(absl::string_view label) {
  absl::StatusOr<Address> address = Address::Parse(label);
  return address.ok() && address->label() == label;
}

absl::StatusOr<std::string> CanonicalDomain(absl::string_view text) {
  return CanonicalizeDomain(text);
}

AddressMatch MatchAddresses(const Address& looked_up,
                            const Address& certified) {
  if (looked_up.label() != certified.label()) return AddressMatch::kNone;
  return looked_up.exact_local_part() == certified.exact_local_part()
             ? AddressMatch::kExact
             : AddressMatch::kCaseFolded;
}

}  // namespace sealbook::smime

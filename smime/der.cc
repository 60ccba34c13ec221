#include "smime/der.h"

#include <unistr.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "smime/refusal.h"

namespace sealbook::smime {
namespace {

// Deeper nesting than any certificate has; bounds the recursion.
constexpr int kMaxDepth = 24;

// X.690, 8.1.2: universal tags that this check knows, with the constructed bit.
enum Tag : uint8_t {
  kBoolean = 0x01,
  kInteger = 0x02,
  kBitString = 0x03,
  kNull = 0x05,
  kOid = 0x06,
  kEnumerated = 0x0a,
  kUtf8String = 0x0c,
  kSequence = 0x30,
  kSet = 0x31,
  kUtcTime = 0x17,
  kGeneralizedTime = 0x18,
};

struct Element {
  uint8_t tag = 0;
  absl::string_view whole;  // Header and content.
  absl::string_view content;
};

class Walker {
 public:
  explicit Walker(absl::string_view der) : der_(der) {}

  // Checks the element at the front of `bytes`, a part of der_.
  absl::StatusOr<Element> Check(absl::string_view bytes, int depth) const {
    if (depth > kMaxDepth) return Refused("8.1", "nested too deeply", bytes);
    SEALBOOK_ASSIGN_OR_RETURN(Element element, ReadHeader(bytes));
    if (element.tag & 0x20) {
      SEALBOOK_RETURN_IF_ERROR(CheckConstructed(element, depth));
    } else {
      SEALBOOK_RETURN_IF_ERROR(CheckPrimitive(element));
    }
    return element;
  }

  absl::Status Refused(absl::string_view rule, absl::string_view why,
                       absl::string_view at) const {
    return Refusal("der", absl::StrCat("X.690, ", rule),
                   absl::StrCat(why, " at offset ", at.data() - der_.data()));
  }

 private:
  absl::StatusOr<Element> ReadHeader(absl::string_view bytes) const {
    auto octet = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
    if (bytes.size() < 2) return Refused("8.1", "truncated", bytes);
    if ((octet(0) & 0x1f) == 0x1f) {
      return Refused("8.1.2.4", "tag number above 30", bytes);
    }
    size_t length = octet(1);
    size_t header = 2;
    if (length == 0x80) return Refused("10.1", "indefinite length", bytes);
    if (length > 0x80) {
      size_t count = length - 0x80;
      if (count > 4 || bytes.size() < 2 + count) {
        return Refused("8.1.3", "truncated or excessive length", bytes);
      }
      length = 0;
      for (size_t i = 0; i < count; ++i) length = length << 8 | octet(2 + i);
      if (octet(2) == 0 || length < 0x80) {
        return Refused("10.1", "length not in the fewest octets", bytes);
      }
      header += count;
    }
    if (bytes.size() - header < length) {
      return Refused("8.1.3", "truncated", bytes);
    }
    return Element{.tag = octet(0),
                   .whole = bytes.substr(0, header + length),
                   .content = bytes.substr(header, length)};
  }

  absl::Status CheckConstructed(const Element& element, int depth) const {
    const bool universal = (element.tag & 0xc0) == 0;
    if (universal && element.tag != kSequence && element.tag != kSet) {
      return Refused("10.2", "constructed string", element.whole);
    }
    absl::string_view rest = element.content;
    absl::string_view previous;
    while (!rest.empty()) {
      SEALBOOK_ASSIGN_OR_RETURN(Element child, Check(rest, depth + 1));
      if (element.tag == kSet && child.whole < previous) {
        return Refused("11.6", "set not in order", child.whole);
      }
      previous = child.whole;
      rest.remove_prefix(child.whole.size());
    }
    return absl::OkStatus();
  }

  absl::Status CheckPrimitive(const Element& element) const {
    switch (element.tag) {
      case kBoolean:
        return CheckBoolean(element);
      case kInteger:
      case kEnumerated:
        return CheckInteger(element);
      case kBitString:
        return CheckBitString(element);
      case kNull:
        return element.content.empty()
                   ? absl::OkStatus()
                   : Refused("8.8", "null with content", element.whole);
      case kOid:
        return CheckOid(element);
      case kUtf8String:
        return CheckUtf8(element);
      case kUtcTime:
        return CheckTime(element, 13);
      case kGeneralizedTime:
        return CheckTime(element, 15);
      case kSequence & 0x1f:
      case kSet & 0x1f:
        return Refused("8.9", "primitive sequence or set", element.whole);
      default:
        return absl::OkStatus();
    }
  }

  absl::Status CheckBoolean(const Element& element) const {
    if (element.content.size() == 1 &&
        (element.content[0] == '\0' || element.content[0] == '\xff')) {
      return absl::OkStatus();
    }
    return Refused("11.1", "boolean neither 00 nor FF", element.whole);
  }

  absl::Status CheckInteger(const Element& element) const {
    absl::string_view content = element.content;
    if (content.empty()) return Refused("8.3", "empty integer", element.whole);
    if (content.size() > 1) {
      const bool next_high = content[1] & 0x80;
      if ((content[0] == '\0' && !next_high) ||
          (content[0] == '\xff' && next_high)) {
        return Refused("8.3.2", "integer not in the fewest octets",
                       element.whole);
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckBitString(const Element& element) const {
    absl::string_view content = element.content;
    if (content.empty() || static_cast<uint8_t>(content[0]) > 7 ||
        (content.size() == 1 && content[0] != 0)) {
      return Refused("8.6.2", "bad count of unused bits", element.whole);
    }
    if (content.back() & ((1 << content[0]) - 1)) {
      return Refused("11.2.1", "unused bits not zero", element.whole);
    }
    return absl::OkStatus();
  }

  absl::Status CheckOid(const Element& element) const {
    absl::string_view content = element.content;
    if (content.empty() || (content.back() & 0x80)) {
      return Refused("8.19", "truncated object identifier", element.whole);
    }
    bool first = true;  // Of a subidentifier.
    for (char c : content) {
      if (first && c == '\x80') {
        return Refused("8.19.2", "object identifier not in the fewest octets",
                       element.whole);
      }
      first = !(c & 0x80);
    }
    return absl::OkStatus();
  }

  absl::Status CheckUtf8(const Element& element) const {
    const auto* bytes =
        reinterpret_cast<const uint8_t*>(element.content.data());
    if (u8_check(bytes, element.content.size()) == nullptr) {
      return absl::OkStatus();
    }
    return Refused("8.23", "UTF8String that is not UTF-8", element.whole);
  }

  // RFC 5280, 4.1.2.5 narrows X.690, 11.7 and 11.8 to whole seconds.
  absl::Status CheckTime(const Element& element, size_t length) const {
    absl::string_view content = element.content;
    if (content.size() == length && content.back() == 'Z' &&
        std::all_of(content.begin(), content.end() - 1, absl::ascii_isdigit)) {
      return absl::OkStatus();
    }
    return Refused("11.7", "time that is not whole seconds in UTC",
                   element.whole);
  }

  const absl::string_view der_;
};

}  // namespace

absl::Status CheckDer(absl::string_view der) {
  Walker walker(der);
  SEALBOOK_ASSIGN_OR_RETURN(Element element, walker.Check(der, 0));
  if (element.whole.size() != der.size()) {
    return walker.Refused("8.1", "trailing bytes",
                          der.substr(element.whole.size()));
  }
  return absl::OkStatus();
}

}  // namespace sealbook::smime

#include "client/ldap/filter.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::client::ldap {
namespace {

// The choices of RFC 4511, 4.5.1.
constexpr BerTag kAndTag = 0xa0;
constexpr BerTag kOrTag = 0xa1;
constexpr BerTag kNotTag = 0xa2;
constexpr BerTag kEqualityTag = 0xa3;
constexpr BerTag kSubstringsTag = 0xa4;
constexpr BerTag kGreaterTag = 0xa5;
constexpr BerTag kLessTag = 0xa6;
constexpr BerTag kPresentTag = 0x87;
constexpr BerTag kApproximateTag = 0xa8;
constexpr BerTag kExtensibleTag = 0xa9;
// Within substrings: initial [0], any [1], final [2].
constexpr BerTag kAnyTag = 0x81;

class Parser {
 public:
  absl::StatusOr<Filter> Parse(const BerItem& item, int depth) {
    if (depth > kMaxFilterDepth) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "the filter is nested more than ", kMaxFilterDepth, " deep"));
    }
    if (++parts_ > kMaxFilterParts) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the filter has more than ", kMaxFilterParts, " parts"));
    }
    switch (item.tag) {
      case kAndTag:
        return ParseParts(Filter::Kind::kAnd, item.content, depth);
      case kOrTag:
        return ParseParts(Filter::Kind::kOr, item.content, depth);
      case kNotTag:
        return ParseNot(item.content, depth);
      case kEqualityTag:
        return ParseEquality(item.content);
      case kSubstringsTag:
        return ParseSubstrings(item.content);
      case kPresentTag:
        return Filter{.kind = Filter::Kind::kPresent,
                      .attribute = std::string(item.content)};
      case kGreaterTag:
      case kLessTag:
      case kApproximateTag:
      case kExtensibleTag:
        return Filter{.kind = Filter::Kind::kOther};
      default:
        return absl::InvalidArgumentError(
            absl::StrCat("the filter has a part of an unknown kind (tag 0x",
                         absl::Hex(item.tag, absl::kZeroPad2), ")"));
    }
  }

 private:
  absl::StatusOr<Filter> ParseParts(Filter::Kind kind,
                                    absl::string_view content, int depth) {
    Filter filter{.kind = kind};
    for (BerReader reader(content); !reader.AtEnd();) {
      SEALBOOK_ASSIGN_OR_RETURN(BerItem item, reader.Read());
      SEALBOOK_ASSIGN_OR_RETURN(Filter part, Parse(item, depth + 1));
      filter.parts.push_back(std::move(part));
    }
    return filter;
  }

  absl::StatusOr<Filter> ParseNot(absl::string_view content, int depth) {
    SEALBOOK_ASSIGN_OR_RETURN(Filter filter,
                              ParseParts(Filter::Kind::kNot, content, depth));
    if (filter.parts.size() != 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the filter negates ", filter.parts.size(), " parts at once"));
    }
    return filter;
  }

  static absl::StatusOr<Filter> ParseEquality(absl::string_view content) {
    BerReader reader(content);
    SEALBOOK_ASSIGN_OR_RETURN(absl::string_view attribute,
                              reader.Read(kBerString));
    SEALBOOK_ASSIGN_OR_RETURN(absl::string_view value, reader.Read(kBerString));
    return Filter{.kind = Filter::Kind::kEqual,
                  .attribute = std::string(attribute),
                  .value = std::string(value)};
  }

  static absl::StatusOr<Filter> ParseSubstrings(absl::string_view content) {
    BerReader reader(content);
    SEALBOOK_ASSIGN_OR_RETURN(absl::string_view attribute,
                              reader.Read(kBerString));
    SEALBOOK_ASSIGN_OR_RETURN(absl::string_view pieces,
                              reader.Read(kBerSequence));
    BerReader piece_reader(pieces);
    SEALBOOK_ASSIGN_OR_RETURN(BerItem piece, piece_reader.Read());
    Filter filter{.kind = Filter::Kind::kSubstrings,
                  .attribute = std::string(attribute)};
    if (piece.tag == kAnyTag && piece_reader.AtEnd()) {
      filter.within = true;
      filter.value = std::string(piece.content);
    }
    return filter;
  }

  size_t parts_ = 0;
};

}  // namespace

absl::StatusOr<Filter> ParseFilter(const BerItem& item) {
  return Parser().Parse(item, /*depth=*/1);
}

}  // namespace sealbook::client::ldap

// A search filter as it came (RFC 4511, 4.5.1.7), within bounds.
#ifndef SEALBOOK_CLIENT_LDAP_FILTER_H_
#define SEALBOOK_CLIENT_LDAP_FILTER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/ldap/ber.h"

namespace sealbook::client::ldap {

struct Filter {
  enum class Kind {
    kAnd,
    kOr,
    kNot,
    kEqual,
    kSubstrings,
    kPresent,
    // Greater or equal, less or equal, approximate, extensible.
    kOther,
  };

  Kind kind = Kind::kOther;
  // Of kEqual, kSubstrings and kPresent, as it was written.
  std::string attribute;
  // Of kEqual; of kSubstrings when it is "*value*" and nothing else.
  std::string value;
  // Of kSubstrings: it is "*value*".
  bool within = false;
  // Of kAnd, kOr and kNot (one).
  std::vector<Filter> parts;
};

// The real clients nest three deep.
inline constexpr int kMaxFilterDepth = 16;
// All parts together: Thunderbird asks for each recipient of a message.
inline constexpr size_t kMaxFilterParts = 1000;

// RESOURCE_EXHAUSTED: deeper, or with more parts. INVALID_ARGUMENT: no filter.
// Recursive, to kMaxFilterDepth.
absl::StatusOr<Filter> ParseFilter(const BerItem& item);

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_FILTER_H_

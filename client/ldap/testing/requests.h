// Requests as clients send them, for tests.
#ifndef SEALBOOK_CLIENT_LDAP_TESTING_REQUESTS_H_
#define SEALBOOK_CLIENT_LDAP_TESTING_REQUESTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/ldap/ber.h"
#include "client/ldap/filter.h"
#include "client/ldap/message.h"

namespace sealbook::client::ldap {

// One element: `tag` has one byte.
std::string Tlv(uint8_t tag, absl::string_view content);

// Parts of a filter, encoded.
std::string Equal(absl::string_view attribute, absl::string_view value);
std::string Within(absl::string_view attribute, absl::string_view value);
std::string Present(absl::string_view attribute);
std::string Or(const std::vector<std::string>& parts);
std::string And(const std::vector<std::string>& parts);
std::string Not(const std::string& part);

// What dirmngr of GnuPG 2.2 sends for `gpgsm --list-external-keys TEXT`.
std::string GpgsmFilter(absl::string_view text);
// What Thunderbird sends while TEXT is typed.
std::string KeystrokeFilter(absl::string_view text);

struct SearchOptions {
  std::string base;
  int scope = 2;
  int size_limit = 0;
  int time_limit_s = 0;
  bool types_only = false;
  std::vector<std::string> attributes;
  // Encoded; empty: none.
  std::string controls;
};

// Whole messages.
std::string Request(int32_t id, absl::string_view operation,
                    absl::string_view controls = "");
std::string Search(int32_t id, absl::string_view filter,
                   const SearchOptions& options = {});
std::string Bind(int32_t id, int version, absl::string_view name,
                 absl::string_view password);
// A control, for SearchOptions::controls.
std::string ControlOf(absl::string_view oid, bool critical);

// A message that a server sent.
struct Response {
  int32_t id = 0;
  BerTag tag = 0;
  // Of an entry.
  Entry entry;
  // Of all others.
  int32_t code = -1;
  std::string text;
  // What follows in an ExtendedResponse.
  std::string extra;
};

// Those in `bytes`, which holds whole ones; aborts otherwise.
std::vector<Response> ParseResponses(absl::string_view bytes);

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_TESTING_REQUESTS_H_

// A verified look-up for people and as JSON.
#ifndef SEALBOOK_CLIENT_CLI_LOOKUP_REPORT_H_
#define SEALBOOK_CLIENT_CLI_LOOKUP_REPORT_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "client/directory_client.h"
#include "client/entry_view.h"
#include "nlohmann/json_fwd.hpp"

namespace sealbook::client {

struct LookupReport {
  // As it was asked for.
  std::string address;
  Lookup lookup;
  // Absent when lookup.found is.
  std::optional<EntryView> entry;
  // When it was verified, milliseconds since the Unix epoch.
  uint64_t now_ms = 0;
  // The time that was asked about, where one was.
  std::optional<uint64_t> at_ms;

  // The version that was asked for does not exist; `entry` is the greatest.
  bool Missing() const { return lookup.missing_version.has_value(); }
};

void PrintEntry(const EntryView& entry, std::ostream& out);
void PrintLookup(const LookupReport& report, std::ostream& out);
nlohmann::ordered_json LookupToJson(const LookupReport& report);
nlohmann::ordered_json EntryToJson(const EntryView& entry);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_LOOKUP_REPORT_H_

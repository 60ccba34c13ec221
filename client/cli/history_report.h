// A verified history for people, as a timeline, and as JSON.
#ifndef SEALBOOK_CLIENT_CLI_HISTORY_REPORT_H_
#define SEALBOOK_CLIENT_CLI_HISTORY_REPORT_H_

#include <ostream>
#include <string>

#include "client/version_report.h"
#include "nlohmann/json_fwd.hpp"

namespace sealbook::client {

// Begins the timeline of an address.
void PrintHistoryHead(const std::string& address, std::ostream& out);
void PrintVersion(const VersionReport& report, std::ostream& out);
nlohmann::ordered_json VersionToJson(const VersionReport& report);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_HISTORY_REPORT_H_

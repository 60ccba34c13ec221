// Internal to MonitorClient.
#ifndef SEALBOOK_CLIENT_WATCH_WITHHELD_H_
#define SEALBOOK_CLIENT_WATCH_WITHHELD_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sealbook::client {

// What IsWithheld knows.
absl::Status Withheld(const std::string& label, absl::string_view what);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_WATCH_WITHHELD_H_

// What a configuration may change while the server runs.
#ifndef SEALBOOK_SERVER_COMMANDS_RELOAD_H_
#define SEALBOOK_SERVER_COMMANDS_RELOAD_H_

#include "absl/status/status.h"
#include "server/config/config.h"

namespace sealbook::server {

// OK: `next` differs from `now` in publishers, TLS files, look-up limits and
// log level only. FAILED_PRECONDITION: the message names every other field that
// differs; such a change takes a restart, or is impossible.
absl::Status CheckReload(const Config& now, const Config& next);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_RELOAD_H_

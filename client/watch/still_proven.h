// Internal to MonitorClient.
#ifndef SEALBOOK_CLIENT_WATCH_STILL_PROVEN_H_
#define SEALBOOK_CLIENT_WATCH_STILL_PROVEN_H_

#include "absl/status/status.h"
#include "client/directory_client.h"
#include "keytrans/owner_state.h"

namespace sealbook::client {

// Refused (kLadder): `now`, which is proven itself, denies the greatest version
// that the owner knows of, or shows another value of it.
absl::Status CheckStillProven(const Lookup& now,
                              const keytrans::OwnerState& known);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_WATCH_STILL_PROVEN_H_

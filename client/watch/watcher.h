// Rounds of checks of what the user owns and was shown, with the alarms that
// they raise.
#ifndef SEALBOOK_CLIENT_WATCH_WATCHER_H_
#define SEALBOOK_CLIENT_WATCH_WATCHER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/alarms/alarm_channel.h"
#include "client/channel.h"
#include "client/state.h"
#include "client/stop.h"
#include "client/watch/monitor_client.h"
#include "client/watch/owner_alarms.h"

namespace sealbook::client {

struct WatchSettings {
  // Canonical labels.
  std::vector<std::string> labels;
  MonitorOptions monitor;
  // How long ahead the end of a certificate is announced.
  uint64_t expiry_ahead_ms = uint64_t{30} * 24 * 3'600'000;
  // Compares what the log shows over a second channel; empty: there is none.
  // OK: consistent. With a RefusalReason: it is not.
  std::function<absl::Status()> compare;
  // Told after each address how many of all have been checked. May be empty.
  std::function<void(size_t done, size_t all)> progress;
};

// What one round did.
struct WatchRound {
  struct Checked {
    std::string label;
    // What was found, or why nothing was.
    absl::StatusOr<OwnedCheck> result;
  };
  std::vector<Checked> addresses;
  absl::StatusOr<ContactsCheck> contacts;
  // Whether the second channel was due, and what came of it.
  bool compared = false;
  absl::Status comparison;

  // The first failure; OK: everything was checked.
  absl::Status failure() const;
};

// Not thread-safe. `state` outlives it.
class Watcher {
 public:
  Watcher(State& state, const LogRecord& log, Endpoint endpoint,
          const std::shared_ptr<grpc::ChannelInterface>& channel, Clock clock,
          WatchSettings settings);

  // Checks everything once. What goes wrong with one address is in its result,
  // and in an alarm where it is one. It waits for the server's limit no longer
  // than a Reasonable Monitoring Window in all (or ten minutes, where that is
  // shorter). Errors: the state cannot be read or written. CANCELLED:
  // settings.monitor.stop says so; what had been found by then is stored, with
  // its alarms, and nothing was concluded from what was not heard.
  absl::StatusOr<WatchRound> Round();

 private:
  AlarmContext Context() const;
  // DATA_LOSS: the state is damaged, which is no fault of the server's.
  absl::Status CheckState();
  absl::Status NoteFailure(const std::string& label,
                           const absl::Status& failure);
  absl::Status NoteChecked(const OwnedCheck& check, const std::string& label);
  absl::Status RaiseIfUnchecked(const absl::Status& failure);
  absl::StatusOr<OwnedCheck> CheckOne(const std::string& label);
  absl::Status CheckAddresses(WatchRound& round);
  absl::Status CheckContacts(WatchRound& round);
  absl::Status Compare(WatchRound& round);
  // CANCELLED: it is to stop.
  absl::Status GoOn() const;
  // `last`: when the last comparison succeeded; 0: never.
  absl::Status NoteUncompared(uint64_t last, const absl::Status& failure);

  State& state_;
  const crypto::Hash fingerprint_;
  const keytrans::Configuration configuration_;
  const std::string server_;
  MonitorClient client_;
  Clock clock_;
  WatchSettings settings_;
};

// Hands every open alarm to each of the channels once; what a channel does not
// take is kept for later, and a channel that has failed is not tried again in
// this call. Returns what went wrong, channel by channel. Errors: the state
// cannot be read or written. Once `stop`, which may be null, says so, none is
// begun any more; the one under way ends, lest it be told twice.
absl::StatusOr<std::vector<std::string>> DeliverAlarms(
    State& state, const std::vector<std::unique_ptr<AlarmChannel>>& channels,
    const Clock& clock, const Stop* stop = nullptr);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_WATCH_WATCHER_H_

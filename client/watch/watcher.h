// Rounds of checks of what the user owns and was shown, with the alarms that
// they raise.
#ifndef SEALBOOK_CLIENT_WATCH_WATCHER_H_
#define SEALBOOK_CLIENT_WATCH_WATCHER_H_

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
  // and in an alarm where it is one. Errors: the state cannot be read or
  // written.
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
  absl::Status Compare(WatchRound& round);
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
// take is kept for later. Returns what went wrong, channel by channel. Errors:
// the state cannot be read or written.
absl::StatusOr<std::vector<std::string>> DeliverAlarms(
    State& state, const std::vector<std::unique_ptr<AlarmChannel>>& channels,
    const Clock& clock);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_WATCH_WATCHER_H_

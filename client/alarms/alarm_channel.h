// A way by which alarms reach somebody.
//
//   for (const auto& channel : channels) {
//     if (absl::Status status = channel->Deliver(alarm); !status.ok()) {
//       // Remember it under channel->name(), and try again at
//       // NextAttempt(attempts, now_ms).
//     }
//   }
#ifndef SEALBOOK_CLIENT_ALARMS_ALARM_CHANNEL_H_
#define SEALBOOK_CLIENT_ALARMS_ALARM_CHANNEL_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/alarms/alarm.h"

namespace sealbook::client {

// Not thread-safe.
class AlarmChannel {
 public:
  virtual ~AlarmChannel() = default;

  // The same in every run, and different from the names of other channels:
  // "stdout", "exec", "mail:alice@example.org", "desktop". What is remembered
  // of deliveries is kept under it. Valid as long as the channel.
  virtual absl::string_view name() const = 0;

  // Returns once the channel has taken the alarm over, or after a time limit.
  //
  // OK: it was taken. Anything else: it may or may not have arrived, and is to
  // be delivered again, whatever the code; the message says what to do.
  // UNAVAILABLE: may pass by itself. DEADLINE_EXCEEDED: nothing was heard in
  // time. FAILED_PRECONDITION: somebody must change something.
  virtual absl::Status Deliver(const Alarm& alarm) = 0;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_ALARM_CHANNEL_H_

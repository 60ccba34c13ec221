// Alarms as notifications of the desktop.
#ifndef SEALBOOK_CLIENT_ALARMS_DESKTOP_CHANNEL_H_
#define SEALBOOK_CLIENT_ALARMS_DESKTOP_CHANNEL_H_

#include <cstdint>

#include "client/alarms/alarm_channel.h"

namespace sealbook::client {

// Runs `notify-send`, whose exit code 0 says that the desktop took the
// notification; nothing says that somebody saw it.
class DesktopChannel : public AlarmChannel {
 public:
  explicit DesktopChannel(uint64_t time_limit_ms)
      : time_limit_ms_(time_limit_ms) {}

  // UNAVAILABLE: notify-send is not on PATH, or there is no session bus
  // (neither DBUS_SESSION_BUS_ADDRESS nor $XDG_RUNTIME_DIR/bus). Deliver
  // returns the same.
  static absl::Status Check();

  absl::string_view name() const override { return "desktop"; }
  absl::Status Deliver(const Alarm& alarm) override;

 private:
  uint64_t time_limit_ms_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_DESKTOP_CHANNEL_H_

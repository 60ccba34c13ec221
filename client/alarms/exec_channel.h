// Alarms for a command of the user's.
#ifndef SEALBOOK_CLIENT_ALARMS_EXEC_CHANNEL_H_
#define SEALBOOK_CLIENT_ALARMS_EXEC_CHANNEL_H_

#include <cstdint>
#include <string>
#include <utility>

#include "client/alarms/alarm_channel.h"

namespace sealbook::client {

// Runs `/bin/sh -c COMMAND` with AlarmJson and a line feed as its standard
// input, and these variables:
//
//   SEALBOOK_ALARM_KIND       unknown-version, refused-proof, ...
//   SEALBOOK_ALARM_KEY        names the trouble
//   SEALBOOK_ALARM_ADDRESS    empty: the log as a whole
//   SEALBOOK_ALARM_SUBJECT    one line
//   SEALBOOK_ALARM_LOG        the log's fingerprint
//   SEALBOOK_ALARM_EVIDENCE   a folder; empty: there is none
//   SEALBOOK_ALARM_RAISED_MS  milliseconds since the Unix epoch
//
// Exit code 0 means that the alarm was taken; for the rest see RunCommand. The
// shell sees COMMAND as the user wrote it: nothing of an alarm is ever put into
// it. Address and subject are printable, but may hold any other character; a
// command that expands them has them in double quotes.
class ExecChannel : public AlarmChannel {
 public:
  ExecChannel(std::string command, uint64_t time_limit_ms)
      : command_(std::move(command)), time_limit_ms_(time_limit_ms) {}

  absl::string_view name() const override { return "exec"; }
  absl::Status Deliver(const Alarm& alarm) override;

 private:
  std::string command_;
  uint64_t time_limit_ms_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_EXEC_CHANNEL_H_

#include "client/alarms/exec_channel.h"

#include "absl/strings/str_cat.h"
#include "client/alarms/alarm_text.h"
#include "client/alarms/run_command.h"
#include "client/words.h"

namespace sealbook::client {

absl::Status ExecChannel::Deliver(const Alarm& alarm) {
  return RunCommand({
      .name = "the command of --exec",
      .argv = {"/bin/sh", "-c", command_},
      .environment =
          {
              {"SEALBOOK_ALARM_KIND", std::string(AlarmKindName(alarm.kind))},
              {"SEALBOOK_ALARM_KEY", Printable(alarm.key)},
              {"SEALBOOK_ALARM_ADDRESS", Printable(alarm.label)},
              {"SEALBOOK_ALARM_SUBJECT", Printable(alarm.subject)},
              {"SEALBOOK_ALARM_LOG", Printable(alarm.log)},
              // To be opened, not to be shown: as it is.
              {"SEALBOOK_ALARM_EVIDENCE", alarm.evidence},
              {"SEALBOOK_ALARM_RAISED_MS", absl::StrCat(alarm.raised_ms)},
          },
      .input = AlarmJson(alarm) + "\n",
      .time_limit_ms = time_limit_ms_,
  });
}

}  // namespace sealbook::client

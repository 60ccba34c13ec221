#include "client/alarms/desktop_channel.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "client/alarms/run_command.h"
#include "client/words.h"

namespace sealbook::client {
namespace {

absl::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool IsOnPath(absl::string_view program) {
  for (absl::string_view folder : absl::StrSplit(Variable("PATH"), ':')) {
    const std::string path = absl::StrCat(folder, "/", program);
    if (!folder.empty() && access(path.c_str(), X_OK) == 0) return true;
  }
  return false;
}

bool HasSessionBus() {
  if (!Variable("DBUS_SESSION_BUS_ADDRESS").empty()) return true;
  const absl::string_view runtime = Variable("XDG_RUNTIME_DIR");
  return !runtime.empty() &&
         access(absl::StrCat(runtime, "/bus").c_str(), F_OK) == 0;
}

// notify-send undoes C escapes in a body, and the desktop reads markup.
std::string Body(const Alarm& alarm) {
  const std::string text =
      absl::StrJoin(alarm.lines, "\n", [](std::string* out, const auto& line) {
        absl::StrAppend(out, Printable(line));
      });
  return absl::StrReplaceAll(
      text, {{"\\", "\\\\"}, {"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

}  // namespace

absl::Status DesktopChannel::Check() {
  if (!IsOnPath("notify-send")) {
    return absl::UnavailableError(
        "--notify: notify-send is not on PATH; install it (on Debian: apt-get "
        "install libnotify-bin), or choose another way to be told");
  }
  if (!HasSessionBus()) {
    return absl::UnavailableError(
        "--notify: there is no desktop session here (DBUS_SESSION_BUS_ADDRESS "
        "is not set); start this in the session, such as with `systemctl "
        "--user`, or choose another way to be told");
  }
  return absl::OkStatus();
}

absl::Status DesktopChannel::Deliver(const Alarm& alarm) {
  SEALBOOK_RETURN_IF_ERROR(Check());
  std::string summary = Printable(alarm.subject);
  if (!alarm.label.empty()) {
    summary = absl::StrCat(Printable(alarm.label), ": ", summary);
  }
  return RunCommand({
      .name = "notify-send",
      .argv = {"notify-send", "--app-name=Sealbook", "--urgency=critical",
               "--icon=dialog-warning", "--", summary, Body(alarm)},
      // It refuses what its locale does not know.
      .environment = {{"LC_ALL", "C.UTF-8"}},
      .time_limit_ms = time_limit_ms_,
  });
}

}  // namespace sealbook::client

#include "client/alarms/sendmail.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/alarms/run_command.h"
#include "client/files.h"
#include "client/words.h"

namespace sealbook::client {

absl::StatusOr<std::unique_ptr<Sendmail>> Sendmail::Open(
    const std::string& program, uint64_t time_limit_ms) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(program, ignored) ||
      access(program.c_str(), X_OK) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        Printable(program),
        ": is no program that this user may run to send mail; install a mail "
        "system that has it (on Debian: apt-get install "
        "postfix, or msmtp-mta), name its program with --sendmail, or name a "
        "mail server with --smtp"));
  }
  return absl::WrapUnique(new Sendmail(AbsolutePath(program), time_limit_ms));
}

absl::Status Sendmail::Send(const MailAddress& from, const MailAddress& to,
                            const std::string& message) const {
  return RunCommand({
      .name = program_,
      .argv = {program_, "-i", "-f", from.text(), "--", to.text()},
      .input = absl::StrReplaceAll(message, {{"\r\n", "\n"}}),
      .time_limit_ms = time_limit_ms_,
  });
}

}  // namespace sealbook::client

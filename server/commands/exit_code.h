// What sealbookd ends with, for scripts and service managers.
#ifndef SEALBOOK_SERVER_COMMANDS_EXIT_CODE_H_
#define SEALBOOK_SERVER_COMMANDS_EXIT_CODE_H_

#include "absl/status/status.h"

namespace sealbook::server {

// The numbers are documented in --help and never change their meaning.
enum class ExitCode : int {
  kOk = 0,
  // A file, port, disk or the like; the message says what.
  kError = 1,
  // The command line or the configuration file is wrong.
  kUsage = 2,
  // Going on could sign a second history: an older copy of the data, a fork,
  // damage, wrong keys. A person must look; starting again does not help.
  kUnsafe = 3,
  // `init` was not confirmed; nothing was made.
  kNotConfirmed = 4,
  // The outcome of a commit is unknown, so the writer stopped. Starting again
  // reads everything anew from the store and goes on.
  kStopped = 5,
  // `status`: the server answers, but is not ready.
  kNotReady = 6,
};

// `status` with the code that the process is to end with; OK stays OK.
absl::Status WithExitCode(absl::Status status, ExitCode code);

// The code attached to `status`; without one kOk or kError.
ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_EXIT_CODE_H_

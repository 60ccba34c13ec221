// What sealbook ends with, for scripts.
#ifndef SEALBOOK_CLIENT_CLI_EXIT_CODE_H_
#define SEALBOOK_CLIENT_CLI_EXIT_CODE_H_

namespace sealbook::client {

// The numbers are documented in --help and never change their meaning.
enum class ExitCode : int {
  // Done; what was asked for is verified.
  kOk = 0,
  // Network, file, state: the message says what to do.
  kError = 1,
  // The command line is wrong.
  kUsage = 2,
  // An answer was refused, or a configuration is not the one that was named.
  kRefused = 3,
  // Verified, and there is no certificate for the address.
  kNoCertificate = 4,
  // Some certificates were not published.
  kItemsRefused = 5,
  // Checked, and there are alarms that nobody has closed.
  kAlarms = 6,
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_EXIT_CODE_H_

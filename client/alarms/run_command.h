// Runs a program to its end, which need not come by itself.
//
//   absl::Status status = RunCommand({.name = "--exec",
//                                     .argv = {"/bin/sh", "-c", command},
//                                     .input = json});
#ifndef SEALBOOK_CLIENT_ALARMS_RUN_COMMAND_H_
#define SEALBOOK_CLIENT_ALARMS_RUN_COMMAND_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace sealbook::client {

struct Command {
  // What messages call it.
  std::string name;
  // The program's path, or a name that is looked for on PATH, and arguments.
  std::vector<std::string> argv;
  // Added to this process's environment, in place of variables that have the
  // same names. What follows a zero byte is lost.
  std::vector<std::pair<std::string, std::string>> environment;
  // Its standard input: a file in memory, which it may leave unread.
  std::string input;
  uint64_t time_limit_ms = 60'000;
  // Between SIGTERM and SIGKILL.
  uint64_t grace_ms = 5'000;
};

// OK: it ended with exit code 0. UNAVAILABLE: it ended otherwise.
// FAILED_PRECONDITION: it cannot be started. DEADLINE_EXCEEDED: it was still
// running after `time_limit_ms`. Messages name the command, and show the end of
// what it wrote to standard output and standard error, printable.
//
// It has a session of its own, so that it can ask no terminal, and none of our
// descriptors and signal settings. When the limit has passed, its process group
// is sent SIGTERM, and SIGKILL once the program has ended or `grace_ms` have
// passed. A program that ends in time may leave others behind that go on, such
// as a mailer that delivers in the background; their output is not waited for.
//
// Thread-safe, but no other thread may wait for any child.
absl::Status RunCommand(const Command& command);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_RUN_COMMAND_H_

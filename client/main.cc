#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "client/cli/command_line.h"

namespace {

uint64_t Now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

int main(int argc, char** argv) {
  // gRPC writes what it thinks of a failed handshake to stderr; what a person
  // needs of it is in our own message. GRPC_VERBOSITY=ERROR brings it back.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  // The system's resolver knows /etc/nsswitch.conf; gRPC's own does not.
  setenv("GRPC_DNS_RESOLVER", "native", /*overwrite=*/0);
  sealbook::client::Terminal terminal{.out = std::cout,
                                      .err = std::cerr,
                                      .err_is_terminal = isatty(2) == 1,
                                      .clock = Now};
  int code = sealbook::client::RunCommandLine(
      std::vector<std::string>(argv, argv + argc), terminal);
  // A full disk or a closed pipe must not pass for success.
  std::cout.flush();
  if (!std::cout && code == 0) {
    std::cerr << "error: cannot write the result\n";
    return 1;
  }
  return code;
}

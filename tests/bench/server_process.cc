#include "tests/bench/server_process.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace sealbook::bench {

ServerProcess::ServerProcess(const std::string& binary,
                             const std::string& config_file,
                             const std::string& ready_file) {
  // A filled log may have been left alone for days.
  std::vector<std::string> words = {
      binary,         "serve",    "--config",        config_file,
      "--ready-file", ready_file, "--clock-is-right"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (posix_spawn(&pid_, binary.c_str(), nullptr, nullptr, arguments.data(),
                  environ) != 0) {
    std::cerr << "cannot start " << binary << std::endl;
    std::abort();
  }
  while ((public_port_ = ReadPort(ready_file)) == 0) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0) {
      std::cerr << binary << " ended before it was ready" << std::endl;
      std::abort();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

ServerProcess::~ServerProcess() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

int ServerProcess::ReadPort(const std::string& ready_file) {
  std::ifstream file(ready_file);
  int port = 0;
  for (std::string line; std::getline(file, line);) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "public_port=") &&
        !absl::SimpleAtoi(rest, &port)) {
      port = 0;
    }
  }
  return port;
}

}  // namespace sealbook::bench

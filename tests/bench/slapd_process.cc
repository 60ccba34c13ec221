#include "tests/bench/slapd_process.h"

#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sealbook::bench {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::cerr << what << std::endl;
  std::abort();
}

pid_t Spawn(std::vector<std::string> words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = 0;
  if (posix_spawn(&pid, arguments[0], nullptr, nullptr, arguments.data(),
                  environ) != 0) {
    Die(absl::StrCat("cannot start ", words[0]));
  }
  return pid;
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A port that is free now: slapd does not say which one it chose.
uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, any, size) != 0 || getsockname(fd, any, &size) != 0) {
    Die("no free port");
  }
  close(fd);
  return ntohs(address.sin_port);
}

bool Listens(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const bool listens = connect(fd, reinterpret_cast<const sockaddr*>(&address),
                               sizeof address) == 0;
  close(fd);
  return listens;
}

std::string Configuration(const std::string& root, const std::string& folder) {
  std::string text;
  for (const char* schema : {"core", "cosine", "inetorgperson"}) {
    absl::StrAppend(&text, "include ", root, "/etc/ldap/schema/", schema,
                    ".schema\n");
  }
  absl::StrAppend(&text, "modulepath ", root, "/usr/lib/ldap\n",
                  "moduleload back_mdb\n", "pidfile ", folder, "/pid\n",
                  "database mdb\nsuffix o=sealbook\nindex mail eq\n",
                  "maxsize 1073741824\ndirectory ", folder, "/mdb\n");
  return text;
}

}  // namespace

SlapdProcess::SlapdProcess(const std::string& root, const std::string& folder,
                           const std::string& ldif)
    : port_(FreePort()) {
  std::filesystem::create_directory(folder + "/mdb");
  const std::string config = folder + "/slapd.conf";
  std::ofstream(config) << Configuration(root, folder);
  std::ofstream(folder + "/entries.ldif") << ldif;
  const std::string binary = root + "/usr/sbin/slapd";
  int ended = 0;
  const pid_t loading = Spawn({binary, "-T", "add", "-q", "-f", config, "-l",
                               folder + "/entries.ldif"});
  if (waitpid(loading, &ended, 0) != loading || ended != 0) {
    Die("slapd does not take the entries");
  }
  // -d: in the foreground.
  pid_ = Spawn({binary, "-f", config, "-h",
                absl::StrCat("ldap://127.0.0.1:", port_, "/"), "-d", "0"});
  while (!Listens(port_)) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0) Die("slapd ended");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

SlapdProcess::~SlapdProcess() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

}  // namespace sealbook::bench

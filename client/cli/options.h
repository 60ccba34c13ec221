// What the command line asks for.
#ifndef SEALBOOK_CLIENT_CLI_OPTIONS_H_
#define SEALBOOK_CLIENT_CLI_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sealbook::client {

// Empty texts stand for options that were not given.

struct ConfigureOptions {
  std::string state;
  std::string server;
  std::string ca_file;
  std::string configuration_file;
  std::string fingerprint;
  uint64_t timeout_s = 30;
  bool json = false;
};

struct LookupCommandOptions {
  std::vector<std::string> addresses;
  std::string state;
  std::string export_folder;
  uint64_t timeout_s = 30;
  bool exact = false;
  bool pem = false;
  bool json = false;
};

struct PublishOptions {
  std::vector<std::string> files;
  std::string server;
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  std::string reason;
  std::string basis;
  std::vector<std::string> addresses;
  uint64_t timeout_s = 120;
  bool json = false;
};

struct VerifyOptions {
  // A folder with all of the files; then none of the files is named.
  std::string from;
  std::string configuration_file;
  std::string operation;
  std::string request_file;
  std::string response_file;
  std::string view_file;
  std::string state;
  // Milliseconds since the Unix epoch.
  std::optional<uint64_t> now_ms;
  bool absence = false;
  bool entry = false;
  bool json = false;
};

struct StatusOptions {
  std::string state;
  uint64_t timeout_s = 10;
  bool offline = false;
  bool json = false;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_OPTIONS_H_

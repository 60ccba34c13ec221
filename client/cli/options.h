// What the command line asks for.
#ifndef SEALBOOK_CLIENT_CLI_OPTIONS_H_
#define SEALBOOK_CLIENT_CLI_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/alarms/open_channels.h"

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
  // As ParseTimeText takes it.
  std::string at;
  std::optional<uint32_t> version;
  uint64_t timeout_s = 30;
  bool exact = false;
  bool pem = false;
  bool json = false;
};

struct HistoryCommandOptions {
  std::string address;
  std::string state;
  // As ParseTimeText takes them.
  std::string since;
  std::string until;
  std::optional<uint32_t> version;
  uint64_t timeout_s = 120;
  bool json = false;
};

// To the server for publishers.
struct PublisherConnection {
  std::string server;
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  uint64_t timeout_s = 120;
};

struct PublishOptions {
  // And folders.
  std::vector<std::string> files;
  PublisherConnection connection;
  std::string reason;
  std::string basis;
  std::vector<std::string> addresses;
  std::string journal_file;
  std::string report_file;
  // Publish as the owner of the addresses, by UpdateRequest.
  bool as_owner = false;
  // Of as_owner: the client's state.
  std::string state;
  bool dry_run = false;
  bool list = false;
  bool json = false;
};

struct RevokeOptions {
  // Each certificate is named in one of these ways.
  std::vector<std::string> files;
  std::vector<std::string> sha256;
  std::vector<std::string> serials;
  // The certificate of the CA that counted the serials.
  std::string issuer_file;
  PublisherConnection connection;
  // CRLReason, as RFC 5280 names it.
  std::string reason;
  bool json = false;
};

struct WatchCommandOptions {
  std::vector<std::string> addresses;
  std::string state;
  AlarmChannelOptions channels;
  // As ParseVia takes it; empty: there is no second channel.
  std::string via;
  // Of another server; empty: those of the log's.
  std::string via_ca_file;
  std::vector<int64_t> dismiss;
  // Of --accept.
  std::optional<uint32_t> version;
  uint64_t every_s = 3600;
  uint32_t expiring_days = 30;
  uint64_t timeout_s = 30;
  bool once = false;
  bool list = false;
  bool accept = false;
  bool forget = false;
  bool quiet = false;
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
  // Of the operations of owners and of contacts.
  std::string owner_file;
  std::string keys_file;
  std::string state;
  // Milliseconds since the Unix epoch.
  std::optional<uint64_t> now_ms;
  bool absence = false;
  bool entry = false;
  bool json = false;
};

struct GossipShowOptions {
  std::string state;
  // The newest so many; absent: as many as fit the purpose.
  std::optional<uint32_t> heads;
  std::string png_file;
  std::string svg_file;
  std::string tls_file;
  std::string export_folder;
  uint64_t timeout_s = 30;
  bool qr = false;
  bool json = false;
};

struct GossipCompareOptions {
  // "-": standard input.
  std::string file;
  std::string state;
  uint64_t timeout_s = 30;
  bool tls = false;
  bool json = false;
};

struct GossipCheckOptions {
  // As ParseVia takes it.
  std::string via;
  std::string ca_file;
  std::string state;
  uint64_t timeout_s = 60;
  bool json = false;
};

struct LdapOptions {
  // Folders, or "DOMAIN=FOLDER"; none: the default for all domains.
  std::vector<std::string> states;
  std::string address = "127.0.0.1";
  std::optional<uint16_t> port;
  // Both or neither.
  std::string certificate_file;
  std::string key_file;
  uint64_t cache_s = 300;
  uint64_t timeout_s = 6;
  bool allow_remote = false;
  bool quiet = false;
};

struct StatusOptions {
  std::string state;
  uint64_t timeout_s = 10;
  bool offline = false;
  bool json = false;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_OPTIONS_H_

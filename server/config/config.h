// The server's configuration: read from a file in protobuf text format
// (proto/sealbook/v1/config.proto says what each field is), validated, with
// defaults filled in. What is here can be used as it stands.
//
//   absl::StatusOr<Config> config =
//   LoadConfig("/etc/sealbook/sealbookd.textproto");
//
// No file that the configuration names is opened here.
#ifndef SEALBOOK_SERVER_CONFIG_CONFIG_H_
#define SEALBOOK_SERVER_CONFIG_CONFIG_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "server/padding.h"
#include "smime/admission.h"
#include "smime/types.h"

namespace sealbook::server {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kText, kJson };

// Paths are absolute.
struct ListenerConfig {
  // host:port or [address]:port; port 0: chosen by the system.
  std::string address;
  std::string certificate_file;
  std::string private_key_file;
  // Empty: clients are not asked for certificates (public listener only).
  std::string client_ca_file;

  friend bool operator==(const ListenerConfig&,
                         const ListenerConfig&) = default;
};

// Where the passphrase of the log's keys comes from.
struct PassphraseSource {
  enum class Kind { kNone, kFile, kDescriptor, kCredential };
  Kind kind = Kind::kNone;
  // An absolute path, or the name of a credential of systemd's.
  std::string name;
  int descriptor = -1;

  friend bool operator==(const PassphraseSource&,
                         const PassphraseSource&) = default;
};

struct PublisherConfig {
  // Keys of its TLS client certificates; no two publishers share one.
  std::vector<smime::KeyHash> client_keys;
  smime::PublisherPolicy policy;
};

// Addresses that one caller may look up.
struct LookupRates {
  uint64_t per_minute = 600;
  // At once, after a pause.
  uint64_t burst = 2'000;
};

// Durations are in milliseconds.
struct LogParameters {
  crypto::CipherSuite cipher_suite = crypto::CipherSuite::kP256;
  uint64_t max_ahead = 60'000;
  uint64_t max_behind = 3'600'000;
  uint64_t reasonable_monitoring_window = 86'400'000;
  // Absent: none.
  std::optional<uint64_t> maximum_lifetime;

  friend bool operator==(const LogParameters&, const LogParameters&) = default;
};

// Paths are absolute.
struct Config {
  // The file that it was read from.
  std::string file;

  std::string data_dir;
  std::string mark_file;
  bool mark_on_same_file_system = false;
  // Or URIs (crypto::IsKeyUri).
  std::string signing_key_file;
  std::string vrf_key_file;
  PassphraseSource key_passphrase;

  ListenerConfig public_listener;
  ListenerConfig publisher_listener;

  std::string trust_anchors_file;
  std::vector<PublisherConfig> publishers;
  smime::Profile admission_profile = smime::Profile::kPrivate;

  size_t queue_limit = 20'000;
  // At least 1.
  size_t worker_threads = 1;
  uint64_t cache_bytes = 0;
  uint64_t min_free_disk_bytes = 0;

  LogParameters log;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;

  // A loopback address as host:port, the host numeric; port 0: chosen by the
  // system. Empty: no administration port.
  std::string admin_address;
  LookupRates lookups;
  // A look-up stream whose client stands still for so long is ended.
  uint64_t stream_stall_ms = 300'000;
  // Off by default.
  Padding padding;
};

// Reads the configuration in `text`, which came from the file `path` (it
// appears in messages, and relative paths are relative to its folder).
// INVALID_ARGUMENT: one line for each problem, "<file>:<line>: <field>: <what
// is wrong, with the value, and what is right>". A field that this version does
// not know is a problem: a misspelt limit must not be without effect.
absl::StatusOr<Config> ParseConfig(absl::string_view text,
                                   const std::string& path);

// Reads the file at `path`. NOT_FOUND, PERMISSION_DENIED, UNAVAILABLE: it
// cannot be read; the message names it. INVALID_ARGUMENT: as ParseConfig, or
// larger than 1 MiB.
absl::StatusOr<Config> LoadConfig(const std::string& path);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_CONFIG_CONFIG_H_

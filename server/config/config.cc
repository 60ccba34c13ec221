#include "server/config/config.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <filesystem>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "crypto/key_store.h"
#include "proto/sealbook/v1/config.pb.h"
#include "server/config/host_port.h"
#include "server/config/section.h"
#include "server/config/text_file.h"
#include "smime/address.h"

namespace sealbook::server {
namespace {

namespace fs = std::filesystem;
using ::google::protobuf::TextFormat;

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kHourMs = 3'600'000;
constexpr uint64_t kDayMs = 24 * kHourMs;

// Values from the file appear in messages escaped: they may hold anything.
std::string Quoted(absl::string_view value) {
  return absl::StrCat("\"", absl::CHexEscape(value.substr(0, 120)), "\"");
}

class SyntaxErrors : public google::protobuf::io::ErrorCollector {
 public:
  explicit SyntaxErrors(std::string file) : file_(std::move(file)) {}
  // Lines and columns come 0-based.
  void AddError(int line, int column, const std::string& message) override {
    problems_.push_back(
        absl::StrCat(file_, ":", line + 1, ":", column + 1, ": ", message));
  }
  void AddWarning(int line, int column, const std::string& message) override {
    AddError(line, column, message);
  }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::string file_;
  std::vector<std::string> problems_;
};

absl::Status Invalid(const std::vector<std::string>& problems) {
  return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
}

// Translates the parsed message, section by section; problems are collected, so
// that one run shows them all.
class Translator {
 public:
  explicit Translator(std::string path) : path_(std::move(path)) {
    std::error_code error;
    folder_ = fs::absolute(path_, error).parent_path();
  }

  Config Translate(const v1::ServerConfig& from, const Section& section);

 private:
  std::string Path(const std::string& value, const std::string& field,
                   const Section& section) const;
  std::string KeyPath(const std::string& value, const std::string& field,
                      const Section& section) const;
  PassphraseSource Passphrase(const v1::KeyPassphrase& from,
                              const Section& section) const;
  ListenerConfig Listener(const v1::Listener& from, bool for_publishers,
                          const Section& section) const;
  void Publishers(const v1::ServerConfig& from, const Section& top,
                  Config& config) const;
  PublisherConfig Publisher(const v1::PublisherRecord& from,
                            const Section& section) const;
  LogParameters Log(const v1::LogParameters& from,
                    const Section& section) const;
  void Limits(const v1::ServerConfig& from, const Section& section,
              Config& config) const;
  void Names(const v1::ServerConfig& from, const Section& section,
             Config& config) const;
  void Admin(const v1::ServerConfig& from, const Section& section,
             Config& config) const;
  void Conflicts(const Config& config, const Section& section) const;

  std::string path_;
  fs::path folder_;
};

std::string Translator::Path(const std::string& value, const std::string& field,
                             const Section& section) const {
  if (value.empty()) {
    section.Problem(field, "is missing; name a file or folder");
    return "";
  }
  if (value.find('\0') != std::string::npos) {
    section.Problem(field, absl::StrCat(Quoted(value), " holds a zero byte"));
    return "";
  }
  fs::path path = (folder_ / value).lexically_normal();
  // "data/" names the same folder as "data".
  if (path.has_relative_path() && path.filename().empty()) {
    path = path.parent_path();
  }
  return path.string();
}

std::string Translator::KeyPath(const std::string& value,
                                const std::string& field,
                                const Section& section) const {
  if (crypto::IsKeyUri(value) && value.find('\0') == std::string::npos) {
    return value;
  }
  return Path(value, field, section);
}

PassphraseSource Translator::Passphrase(const v1::KeyPassphrase& from,
                                        const Section& section) const {
  PassphraseSource source;
  switch (from.source_case()) {
    case v1::KeyPassphrase::kFile:
      source.kind = PassphraseSource::Kind::kFile;
      source.name = Path(from.file(), "file", section);
      break;
    case v1::KeyPassphrase::kFd:
      source.kind = PassphraseSource::Kind::kDescriptor;
      source.descriptor = static_cast<int>(from.fd());
      if (from.fd() > 1'000'000) {
        section.Problem("fd", absl::StrCat(from.fd(), " is no descriptor"));
      }
      break;
    case v1::KeyPassphrase::kCredential:
      source.kind = PassphraseSource::Kind::kCredential;
      source.name = from.credential();
      if (source.name.empty() || source.name[0] == '.' ||
          source.name.find_first_of(std::string("/\0", 2)) !=
              std::string::npos) {
        section.Problem("credential",
                        absl::StrCat(Quoted(source.name),
                                     " is not the name of a credential"));
      }
      break;
    case v1::KeyPassphrase::SOURCE_NOT_SET:
      section.Problem("file", "is missing; name a file, fd or credential");
  }
  return source;
}

ListenerConfig Translator::Listener(const v1::Listener& from,
                                    bool for_publishers,
                                    const Section& section) const {
  ListenerConfig listener;
  listener.address = from.address();
  if (absl::StatusOr<HostPort> parsed = HostPort::Parse(from.address());
      !parsed.ok()) {
    section.Problem("address", parsed.status().message());
  }
  listener.certificate_file =
      Path(from.certificate_file(), "certificate_file", section);
  listener.private_key_file =
      Path(from.private_key_file(), "private_key_file", section);
  if (for_publishers || !from.client_ca_file().empty()) {
    listener.client_ca_file =
        Path(from.client_ca_file(), "client_ca_file", section);
  }
  return listener;
}

PublisherConfig Translator::Publisher(const v1::PublisherRecord& from,
                                      const Section& section) const {
  PublisherConfig publisher;
  publisher.policy.id = from.id();
  bool id_ok = !from.id().empty() && from.id().size() <= 64;
  for (char c : from.id()) {
    id_ok =
        id_ok && (absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.');
  }
  if (!id_ok) {
    section.Problem("id", absl::StrCat(Quoted(from.id()),
                                       " is not 1 to 64 letters, digits, '-', "
                                       "'_' or '.'"));
  }

  const auto hashes = [&](const auto& values, const std::string& field,
                          absl::string_view of) {
    std::vector<smime::KeyHash> result;
    if (values.empty()) {
      section.Problem(field, absl::StrCat("is missing; give the SHA-256 (hex) "
                                          "of the SubjectPublicKeyInfo of ",
                                          of));
    }
    for (int i = 0; i < values.size(); ++i) {
      std::string bytes;
      bool hex = values[i].size() == 2 * smime::KeyHash::kSize;
      for (char c : values[i]) hex = hex && absl::ascii_isxdigit(c);
      if (hex) bytes = absl::HexStringToBytes(values[i]);
      absl::StatusOr<smime::KeyHash> hash = smime::KeyHash::FromBytes(bytes);
      if (hash.ok()) {
        result.push_back(*hash);
      } else {
        section.Problem(field,
                        absl::StrCat(Quoted(values[i]),
                                     " is not a SHA-256 in hex (64 digits)"),
                        i);
      }
    }
    return result;
  };
  publisher.client_keys = hashes(from.client_key_sha256(), "client_key_sha256",
                                 "each TLS client key of this publisher");
  for (const smime::KeyHash& key :
       hashes(from.issuer_key_sha256(), "issuer_key_sha256",
              "each issuing CA that this publisher speaks for")) {
    publisher.policy.issuer_keys.insert(key);
  }

  for (int i = 0; i < from.mail_domains_size(); ++i) {
    absl::StatusOr<std::string> domain =
        smime::CanonicalDomain(from.mail_domains(i));
    if (domain.ok()) {
      publisher.policy.mail_domains.push_back(*std::move(domain));
    } else {
      section.Problem("mail_domains", domain.status().message(), i);
    }
  }
  return publisher;
}

void Translator::Publishers(const v1::ServerConfig& from, const Section& top,
                            Config& config) const {
  std::map<std::string, int> ids;
  std::map<smime::KeyHash, std::string> keys;
  for (int i = 0; i < from.publishers_size(); ++i) {
    const Section section = top.Nested("publishers", i);
    PublisherConfig publisher = Publisher(from.publishers(i), section);
    if (!ids.emplace(publisher.policy.id, i).second) {
      section.Problem("id", absl::StrCat(Quoted(publisher.policy.id),
                                         " is used by two publishers; an id "
                                         "names one for ever"));
    }
    for (const smime::KeyHash& key : publisher.client_keys) {
      const auto [other, inserted] = keys.emplace(key, publisher.policy.id);
      if (!inserted) {
        section.Problem(
            "client_key_sha256",
            absl::StrCat(key.ToHex(), " already belongs to publisher ",
                         Quoted(other->second),
                         "; a key tells who publishes, so it names one"));
      }
    }
    config.publishers.push_back(std::move(publisher));
  }
}

LogParameters Translator::Log(const v1::LogParameters& from,
                              const Section& section) const {
  LogParameters log;
  const auto duration = [&](uint64_t value, const std::string& field,
                            uint64_t least, uint64_t most, uint64_t& out) {
    if (value == 0) return;  // The default stays.
    out = value;
    if (value < least || value > most) {
      section.Problem(field, absl::StrCat(value, " is not within ", least,
                                          " to ", most, " (milliseconds)"));
    }
  };
  switch (from.cipher_suite()) {
    case v1::CIPHER_SUITE_UNSPECIFIED:
    case v1::CIPHER_SUITE_P256:
      log.cipher_suite = crypto::CipherSuite::kP256;
      break;
    case v1::CIPHER_SUITE_ED25519:
      log.cipher_suite = crypto::CipherSuite::kEd25519;
      break;
    default:
      section.Problem("cipher_suite", absl::StrCat(from.cipher_suite(),
                                                   " is not CIPHER_SUITE_P256 "
                                                   "or CIPHER_SUITE_ED25519"));
  }
  duration(from.max_ahead_ms(), "max_ahead_ms", 1'000, kHourMs, log.max_ahead);
  duration(from.max_behind_ms(), "max_behind_ms", 1'000, 7 * kDayMs,
           log.max_behind);
  duration(from.reasonable_monitoring_window_ms(),
           "reasonable_monitoring_window_ms", 1'000, 366 * kDayMs,
           log.reasonable_monitoring_window);
  if (log.reasonable_monitoring_window < log.max_behind) {
    section.Problem(
        "reasonable_monitoring_window_ms",
        absl::StrCat(log.reasonable_monitoring_window,
                     " is shorter than max_behind_ms, ", log.max_behind,
                     ": every log entry would be distinguished"));
  }
  if (from.maximum_lifetime_ms() > 0) {
    log.maximum_lifetime = from.maximum_lifetime_ms();
    // [KT] "Maximum Lifetime".
    if (*log.maximum_lifetime <= log.reasonable_monitoring_window) {
      section.Problem(
          "maximum_lifetime_ms",
          absl::StrCat(*log.maximum_lifetime,
                       " is not greater than reasonable_monitoring_window_ms, ",
                       log.reasonable_monitoring_window));
    }
  }
  return log;
}

void Translator::Limits(const v1::ServerConfig& from, const Section& section,
                        Config& config) const {
  const auto limit_in = [](const Section& where, uint64_t value,
                           const std::string& field, uint64_t least,
                           uint64_t most, uint64_t standard) {
    if (value == 0) return standard;
    if (value < least || value > most) {
      where.Problem(field, absl::StrCat(value, " is not within ", least, " to ",
                                        most, " (0: ", standard, ")"));
    }
    return value;
  };
  const auto limit = [&](uint64_t value, const std::string& field,
                         uint64_t least, uint64_t most, uint64_t standard) {
    return limit_in(section, value, field, least, most, standard);
  };
  const unsigned processors = std::thread::hardware_concurrency();
  // One request of 1,000 items must fit into an empty queue.
  config.queue_limit =
      limit(from.queue_limit(), "queue_limit", 1'000, 1'000'000, 20'000);
  config.worker_threads = limit(from.worker_threads(), "worker_threads", 1, 256,
                                processors == 0 ? 1 : processors);
  config.cache_bytes =
      kMiB * limit(from.cache_mib(), "cache_mib", 16, 1 << 20, 128);
  config.min_free_disk_bytes =
      kMiB *
      limit(from.min_free_disk_mib(), "min_free_disk_mib", 1, 1 << 30, 512);
  config.stream_stall_ms = 1'000 * limit(from.stream_stall_seconds(),
                                         "stream_stall_seconds", 1, 3'600, 300);
  if (from.has_padding()) {
    const Section padding = section.Nested("padding");
    config.padding.interval_ms =
        1'000 * limit_in(padding, from.padding().interval_seconds(),
                         "interval_seconds", 1, 60, 10);
    // A certificate's addresses must fit into one entry.
    config.padding.leaves =
        limit_in(padding, from.padding().leaves(), "leaves", 16, 128, 32);
  }
  config.lookups.per_minute =
      limit(from.lookups_per_minute(), "lookups_per_minute", 1, 1'000'000'000,
            config.lookups.per_minute);
  config.lookups.burst = limit(from.lookup_burst(), "lookup_burst", 1,
                               1'000'000'000, config.lookups.burst);
}

void Translator::Admin(const v1::ServerConfig& from, const Section& section,
                       Config& config) const {
  if (!from.has_admin()) return;
  const Section admin = section.Nested("admin");
  absl::StatusOr<HostPort> where = HostPort::Parse(from.admin().address());
  if (!where.ok()) {
    admin.Problem("address", where.status().message());
    return;
  }
  // Not resolved: what a name means can change behind our back.
  if (where->host == "localhost") where->host = "127.0.0.1";
  if (!where->IsLoopback()) {
    admin.Problem("address",
                  absl::StrCat(Quoted(from.admin().address()),
                               " is not this machine's loopback (127.0.0.1, "
                               "[::1] or localhost): whoever reaches this port "
                               "is asked for no password"));
    return;
  }
  config.admin_address = where->ToString();
}

void Translator::Names(const v1::ServerConfig& from, const Section& section,
                       Config& config) const {
  switch (from.admission_profile()) {
    case v1::ADMISSION_PROFILE_UNSPECIFIED:
    case v1::ADMISSION_PROFILE_PRIVATE:
      config.admission_profile = smime::Profile::kPrivate;
      break;
    case v1::ADMISSION_PROFILE_PUBLIC:
      config.admission_profile = smime::Profile::kPublic;
      break;
    default:
      section.Problem("admission_profile",
                      absl::StrCat(from.admission_profile(),
                                   " is not ADMISSION_PROFILE_PRIVATE or "
                                   "ADMISSION_PROFILE_PUBLIC"));
  }
  static const std::map<std::string, LogLevel>& levels =
      *new std::map<std::string, LogLevel>{{"", LogLevel::kInfo},
                                           {"debug", LogLevel::kDebug},
                                           {"info", LogLevel::kInfo},
                                           {"warn", LogLevel::kWarn},
                                           {"error", LogLevel::kError}};
  const auto level = levels.find(from.log_level());
  if (level == levels.end()) {
    section.Problem("log_level", absl::StrCat(Quoted(from.log_level()),
                                              " is not debug, info, warn or "
                                              "error"));
  } else {
    config.log_level = level->second;
  }
  if (from.log_format() == "json") {
    config.log_format = LogFormat::kJson;
  } else if (!from.log_format().empty() && from.log_format() != "text") {
    section.Problem("log_format", absl::StrCat(Quoted(from.log_format()),
                                               " is not text or json"));
  }
}

void Translator::Conflicts(const Config& config, const Section& section) const {
  const auto inside = [](const std::string& path, const std::string& folder) {
    return !folder.empty() &&
           absl::StartsWith(absl::StrCat(path, "/"),
                            folder == "/" ? folder : folder + "/");
  };
  if (inside(config.mark_file, config.data_dir)) {
    section.Problem("mark_file",
                    absl::StrCat(Quoted(config.mark_file),
                                 " is inside data_dir: an old copy of the data "
                                 "put back would bring its old mark along; "
                                 "choose a place outside"));
  }
  if (!config.signing_key_file.empty() &&
      config.signing_key_file == config.vrf_key_file) {
    section.Problem("vrf_key_file",
                    absl::StrCat(Quoted(config.vrf_key_file),
                                 " is signing_key_file, too; they are two keys "
                                 "in two files"));
  }
  absl::StatusOr<HostPort> port =
      HostPort::Parse(config.public_listener.address);
  if (port.ok() && port->port != 0 &&
      config.public_listener.address == config.publisher_listener.address) {
    section.Nested("publisher_listener")
        .Problem("address", absl::StrCat(Quoted(port->ToString()),
                                         " is public_listener's address, too; "
                                         "choose another port"));
  }
}

Config Translator::Translate(const v1::ServerConfig& from,
                             const Section& section) {
  Config config;
  config.file = path_;
  config.data_dir = Path(from.data_dir(), "data_dir", section);
  config.mark_file = Path(from.mark_file(), "mark_file", section);
  config.mark_on_same_file_system = from.mark_on_same_file_system();
  config.signing_key_file =
      KeyPath(from.signing_key_file(), "signing_key_file", section);
  config.vrf_key_file = KeyPath(from.vrf_key_file(), "vrf_key_file", section);
  if (from.has_key_passphrase()) {
    config.key_passphrase =
        Passphrase(from.key_passphrase(), section.Nested("key_passphrase"));
  }
  config.public_listener =
      Listener(from.public_listener(), /*for_publishers=*/false,
               section.Nested("public_listener"));
  config.publisher_listener =
      Listener(from.publisher_listener(), /*for_publishers=*/true,
               section.Nested("publisher_listener"));
  config.trust_anchors_file =
      Path(from.trust_anchors_file(), "trust_anchors_file", section);
  Publishers(from, section, config);
  Limits(from, section, config);
  config.log = Log(from.log(), section.Nested("log"));
  Names(from, section, config);
  Admin(from, section, config);
  Conflicts(config, section);
  return config;
}

}  // namespace

absl::StatusOr<Config> ParseConfig(absl::string_view text,
                                   const std::string& path) {
  v1::ServerConfig parsed;
  TextFormat::ParseInfoTree locations;
  SyntaxErrors errors(path);
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.WriteLocationsTo(&locations);
  if (!parser.ParseFromString(std::string(text), &parsed) ||
      !errors.problems().empty()) {
    return Invalid(errors.problems());
  }
  std::vector<std::string> problems;
  Config config = Translator(path).Translate(
      parsed, Section(parsed, locations, path, problems));
  if (!problems.empty()) return Invalid(problems);
  return config;
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  SEALBOOK_ASSIGN_OR_RETURN(std::string text,
                            ReadTextFile(path, kMaxFileBytes));
  return ParseConfig(text, path);
}

}  // namespace sealbook::server

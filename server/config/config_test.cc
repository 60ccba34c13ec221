#include "server/config/config.h"

#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kPath[] = "/etc/sealbook/conf/test.textproto";
constexpr char kOnes[] =
    "1111111111111111111111111111111111111111111111111111111111111111";
constexpr char kTwos[] =
    "2222222222222222222222222222222222222222222222222222222222222222";

// The least that a configuration must say.
std::string Minimal() {
  return R"(data_dir: "data"
mark_file: "../mark/mark"
signing_key_file: "/keys/signing.pem"
vrf_key_file: "vrf.pem"
public_listener {
  address: "localhost:8443"
  certificate_file: "server.pem"
  private_key_file: "server.key"
}
publisher_listener {
  address: "localhost:8444"
  certificate_file: "server.pem"
  private_key_file: "server.key"
  client_ca_file: "ca.pem"
}
trust_anchors_file: "anchors.pem"
)";
}

std::string Publisher(absl::string_view id, absl::string_view key) {
  return absl::StrCat("publishers {\n  id: \"", id,
                      "\"\n  client_key_sha256: \"", key,
                      "\"\n  issuer_key_sha256: \"", kTwos, "\"\n}\n");
}

TEST(ConfigTest, FillsDefaultsInAndTakesPathsFromTheFilesFolder) {
  absl::StatusOr<Config> config = ParseConfig(Minimal(), kPath);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->file, kPath);
  EXPECT_EQ(config->data_dir, "/etc/sealbook/conf/data");
  EXPECT_EQ(config->mark_file, "/etc/sealbook/mark/mark");
  EXPECT_FALSE(config->mark_on_same_file_system);
  EXPECT_EQ(config->signing_key_file, "/keys/signing.pem");
  EXPECT_EQ(config->publisher_listener.client_ca_file,
            "/etc/sealbook/conf/ca.pem");
  EXPECT_EQ(config->public_listener.address, "localhost:8443");
  EXPECT_TRUE(config->publishers.empty());
  EXPECT_EQ(config->admission_profile, smime::Profile::kPrivate);
  EXPECT_EQ(config->queue_limit, 20'000u);
  EXPECT_FALSE(config->padding.on());
  EXPECT_EQ(config->worker_threads,
            std::max(1u, std::thread::hardware_concurrency()));
  EXPECT_EQ(config->cache_bytes, 128u << 20);
  EXPECT_EQ(config->min_free_disk_bytes, 512u << 20);
  EXPECT_EQ(config->log.cipher_suite, crypto::CipherSuite::kP256);
  EXPECT_EQ(config->log.max_ahead, 60'000u);
  EXPECT_EQ(config->log.max_behind, 3'600'000u);
  EXPECT_EQ(config->log.reasonable_monitoring_window, 86'400'000u);
  EXPECT_EQ(config->log.maximum_lifetime, std::nullopt);
  EXPECT_EQ(config->log_level, LogLevel::kInfo);
  EXPECT_EQ(config->log_format, LogFormat::kText);
  EXPECT_EQ(config->admin_address, "");
  EXPECT_EQ(config->lookups.per_minute, 600u);
  EXPECT_EQ(config->lookups.burst, 2'000u);
  EXPECT_EQ(config->stream_stall_ms, 300'000u);
  EXPECT_EQ(config->public_listener.client_ca_file, "");
}

TEST(ConfigTest, ReadsEveryField) {
  const std::string text = absl::StrCat(
      Minimal(), Publisher("ca-1", kOnes),
      "mark_on_same_file_system: true admission_profile: "
      "ADMISSION_PROFILE_PUBLIC queue_limit: 1000 worker_threads: 3 cache_mib: "
      "16 min_free_disk_mib: 1 stream_stall_seconds: 7 log_level: \"debug\" "
      "padding { interval_seconds: 5 leaves: 128 } "
      "log { max_ahead_ms: 1001 "
      "max_behind_ms: 1002 reasonable_monitoring_window_ms: 1003 "
      "maximum_lifetime_ms: 1004 cipher_suite: CIPHER_SUITE_ED25519 }");
  absl::StatusOr<Config> config = ParseConfig(text, kPath);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->publishers.size(), 1u);
  EXPECT_EQ(config->publishers[0].policy.id, "ca-1");
  ASSERT_EQ(config->publishers[0].client_keys.size(), 1u);
  EXPECT_EQ(config->publishers[0].client_keys[0].ToHex(), kOnes);
  EXPECT_EQ(config->publishers[0].policy.issuer_keys.begin()->ToHex(), kTwos);
  EXPECT_TRUE(config->mark_on_same_file_system);
  EXPECT_EQ(config->admission_profile, smime::Profile::kPublic);
  EXPECT_EQ(config->queue_limit, 1000u);
  EXPECT_EQ(config->worker_threads, 3u);
  EXPECT_EQ(config->cache_bytes, 16u << 20);
  EXPECT_EQ(config->min_free_disk_bytes, 1u << 20);
  EXPECT_EQ(config->stream_stall_ms, 7'000u);
  EXPECT_EQ(config->padding, (Padding{5'000, 128}));
  EXPECT_EQ(config->log.cipher_suite, crypto::CipherSuite::kEd25519);
  EXPECT_EQ(config->log.max_ahead, 1001u);
  EXPECT_EQ(config->log.max_behind, 1002u);
  EXPECT_EQ(config->log.reasonable_monitoring_window, 1003u);
  EXPECT_EQ(config->log.maximum_lifetime, 1004u);
  EXPECT_EQ(config->log_level, LogLevel::kDebug);
}

TEST(ConfigTest, ReadsWhatOperationNeeds) {
  absl::StatusOr<Config> config = ParseConfig(
      absl::StrReplaceAll(Minimal(),
                          {{"\"localhost:8443\"",
                            "\"localhost:8443\" client_ca_file: \"c\""}}) +
          "admin { address: \"localhost:9443\" } lookups_per_minute: 7 "
          "lookup_burst: 8 log_format: \"json\"",
      kPath);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->admin_address, "127.0.0.1:9443");
  EXPECT_EQ(config->lookups.per_minute, 7u);
  EXPECT_EQ(config->lookups.burst, 8u);
  EXPECT_EQ(config->log_format, LogFormat::kJson);
  EXPECT_EQ(config->public_listener.client_ca_file, "/etc/sealbook/conf/c");
  config = ParseConfig(Minimal() + "admin { address: \"[::1]:1\" }", kPath);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->admin_address, "[::1]:1");
}

TEST(ConfigTest, ReadsWhereKeysAndTheirPassphraseAre) {
  const auto source = [](const std::string& text) {
    absl::StatusOr<Config> config =
        ParseConfig(Minimal() + "key_passphrase { " + text + " }", kPath);
    EXPECT_TRUE(config.ok()) << config.status();
    return config.ok() ? config->key_passphrase : PassphraseSource();
  };
  using Kind = PassphraseSource::Kind;
  EXPECT_EQ(source("file: \"p\""),
            (PassphraseSource{Kind::kFile, "/etc/sealbook/conf/p"}));
  EXPECT_EQ(source("fd: 0"), (PassphraseSource{Kind::kDescriptor, "", 0}));
  EXPECT_EQ(source("credential: \"c\""),
            (PassphraseSource{Kind::kCredential, "c"}));

  absl::StatusOr<Config> config = ParseConfig(
      absl::StrReplaceAll(Minimal(), {{"\"vrf.pem\"", "\"pkcs11:object=v\""}}),
      kPath);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->vrf_key_file, "pkcs11:object=v");
  EXPECT_EQ(config->key_passphrase.kind, Kind::kNone);
}

TEST(ConfigTest, BringsMailDomainsToCanonicalForm) {
  std::string text = absl::StrCat(Minimal(), Publisher("a", kOnes));
  text.insert(text.rfind('}'),
              "  mail_domains: \"Example.ORG.\"\n"
              "  mail_domains: \"b\xc3\xbc"
              "cher.example\"\n");
  absl::StatusOr<Config> config = ParseConfig(text, kPath);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->publishers[0].policy.mail_domains,
              ElementsAre("example.org", "xn--bcher-kva.example"));
}

struct RefusalCase {
  // What the configuration is made of: the minimal one with `replace` put in
  // the place of `what`, then `append`.
  std::string what;
  std::string replace;
  std::string append;
  // The message: file, line, field and words.
  std::string message;
};

void PrintTo(const RefusalCase& c, std::ostream* out) { *out << c.message; }

class ConfigRefusalTest : public ::testing::TestWithParam<RefusalCase> {};

TEST_P(ConfigRefusalTest, NamesFileLineFieldAndValue) {
  const RefusalCase& c = GetParam();
  std::string text = Minimal();
  if (!c.what.empty()) {
    ASSERT_THAT(text, HasSubstr(c.what));
    text = absl::StrReplaceAll(text, {{c.what, c.replace}});
  }
  absl::Status status = ParseConfig(text + c.append, kPath).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat(kPath, c.message)));
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, ConfigRefusalTest,
    ::testing::Values(
        RefusalCase{"", "", "queue_limits: 5\n", ":17:13: Message type"},
        RefusalCase{"", "", "queue_limits: 5\n",
                    ":17:13: Message type "
                    "\"sealbook.v1.ServerConfig\" has no field named "
                    "\"queue_limits\""},
        RefusalCase{"  address: \"localhost:8444\"",
                    "  adress: \"localhost:8444\"", "",
                    ":11:9: Message type \"sealbook.v1.Listener\" has no field "
                    "named \"adress\""},
        RefusalCase{"", "", "queue_limit: 5000 queue_limit: 6000\n", ":17:"},
        RefusalCase{"", "", "queue_limit: \"many\"\n",
                    ":17:14: Expected "
                    "integer"},
        RefusalCase{"", "", "queue_limit: -1\n", ":17:14: Expected integer"},
        RefusalCase{"", "", "log {\n", ":18:1: "}));

INSTANTIATE_TEST_SUITE_P(
    Paths, ConfigRefusalTest,
    ::testing::Values(
        RefusalCase{"data_dir: \"data\"", "", "", ": data_dir: is missing"},
        RefusalCase{"mark_file: \"../mark/mark\"", "", "",
                    ": mark_file: is missing"},
        RefusalCase{"vrf_key_file: \"vrf.pem\"", "vrf_key_file: \"\"", "",
                    ":4: vrf_key_file: is missing"},
        RefusalCase{"trust_anchors_file: \"anchors.pem\"", "", "",
                    ": trust_anchors_file: is missing"},
        RefusalCase{"\"data\"", "\"da\\000ta\"", "",
                    ":1: data_dir: \"da\\x00ta\" holds a zero byte"},
        RefusalCase{"../mark/mark", "data/mark", "",
                    ":2: mark_file: \"/etc/sealbook/conf/data/mark\" is inside "
                    "data_dir"},
        RefusalCase{"\"../mark/mark\"", "\"./x/../data/\"", "",
                    ":2: mark_file: \"/etc/sealbook/conf/data\" is inside"},
        RefusalCase{"\"vrf.pem\"", "\"/keys/../keys/signing.pem\"", "",
                    ":4: vrf_key_file: \"/keys/signing.pem\" is "
                    "signing_key_file, too"}));

INSTANTIATE_TEST_SUITE_P(
    Listeners, ConfigRefusalTest,
    ::testing::Values(
        RefusalCase{"\"localhost:8443\"", "\"localhost\"", "",
                    ":6: public_listener.address: \"localhost\" is not "
                    "host:port"},
        RefusalCase{"  address: \"localhost:8444\"\n", "", "",
                    ":10: publisher_listener.address: \"\" is not host:port"},
        RefusalCase{"localhost:8444", "localhost:8443", "",
                    ":11: publisher_listener.address: \"localhost:8443\" is "
                    "public_listener's address, too"},
        RefusalCase{"  client_ca_file: \"ca.pem\"\n", "", "",
                    ":10: publisher_listener.client_ca_file: is missing"},
        RefusalCase{"", "", "admin { address: \"0.0.0.0:9443\" }",
                    ":17: admin.address: \"0.0.0.0:9443\" is not this "
                    "machine's loopback"},
        RefusalCase{"", "", "admin { address: \"example.org:9443\" }",
                    ":17: admin.address: \"example.org:9443\" is not this "
                    "machine's loopback"},
        RefusalCase{"", "", "key_passphrase {}",
                    ":17: key_passphrase.file: is missing; name a file, fd"},
        RefusalCase{"", "", "key_passphrase { credential: \"../a\" }",
                    ":17: key_passphrase.credential: \"../a\" is not the name"},
        RefusalCase{"", "", "key_passphrase { fd: 4294967295 }",
                    ":17: key_passphrase.fd: 4294967295 is no descriptor"},
        RefusalCase{"", "", "admin {}",
                    ":17: admin.address: \"\" is not host:port"}));

INSTANTIATE_TEST_SUITE_P(
    Publishers, ConfigRefusalTest,
    ::testing::Values(
        RefusalCase{"", "", Publisher("", kOnes),
                    ":18: publishers[0].id: \"\" is not 1 to 64 letters"},
        RefusalCase{"", "", Publisher("a b", kOnes),
                    ":18: publishers[0].id: \"a b\" is not 1 to 64 letters"},
        RefusalCase{"", "", Publisher(std::string(65, 'a'), kOnes),
                    ":18: publishers[0].id: \"aaaa"},
        RefusalCase{"", "", Publisher("a", kOnes) + Publisher("a", kTwos),
                    ":23: publishers[1].id: \"a\" is used by two publishers"},
        RefusalCase{"", "", Publisher("a", kOnes) + Publisher("b", kOnes),
                    ":22: publishers[1].client_key_sha256: 1111"},
        RefusalCase{"", "", Publisher("a", "1234"),
                    ":19: publishers[0].client_key_sha256[0]: \"1234\" is not "
                    "a SHA-256 in hex (64 digits)"},
        RefusalCase{"", "", Publisher("a", std::string(64, 'g')),
                    ":19: publishers[0].client_key_sha256[0]: \"gggg"},
        RefusalCase{"", "", "publishers { id: \"a\" }",
                    ":17: publishers[0].client_key_sha256: is missing"},
        RefusalCase{"", "", "publishers { id: \"a\" }",
                    ":17: publishers[0].issuer_key_sha256: is missing"},
        RefusalCase{"", "", "publishers {\n mail_domains: \"a..b\" }",
                    ":18: publishers[0].mail_domains[0]: address-domain"}));

INSTANTIATE_TEST_SUITE_P(
    Limits, ConfigRefusalTest,
    ::testing::Values(
        RefusalCase{"", "", "padding { leaves: 15 }",
                    ":17: padding.leaves: 15 is not within 16 to 128"},
        RefusalCase{"", "", "queue_limit: 999",
                    ":17: queue_limit: 999 is not within 1000 to 1000000"},
        RefusalCase{"", "", "stream_stall_seconds: 3601",
                    ":17: stream_stall_seconds: 3601 is not within 1 to 3600"},
        RefusalCase{"", "", "worker_threads: 257",
                    ":17: worker_threads: 257 is not within 1 to 256"},
        RefusalCase{"", "", "lookups_per_minute: 1000000001",
                    ":17: lookups_per_minute: 1000000001 is not within 1 to "
                    "1000000000 (0: 600)"},
        RefusalCase{"", "", "lookup_burst: 4294967295",
                    ":17: lookup_burst: 4294967295 is not within"},
        RefusalCase{"", "", "log_format: \"xml\"",
                    ":17: log_format: \"xml\" is not text or json"},
        RefusalCase{"", "", "cache_mib: 15",
                    ":17: cache_mib: 15 is not within 16 to"},
        RefusalCase{"", "", "min_free_disk_mib: 4294967295",
                    ":17: min_free_disk_mib: 4294967295 is not within 1 to"},
        RefusalCase{"", "", "admission_profile: 7",
                    ":17: admission_profile: 7 is not ADMISSION_PROFILE_"},
        RefusalCase{"", "", "log_level: \"trace\"",
                    ":17: log_level: \"trace\" is not debug, info, warn"},
        RefusalCase{"", "", "log {\n max_ahead_ms: 999 }",
                    ":18: log.max_ahead_ms: 999 is not within 1000 to 3600000 "
                    "(milliseconds)"},
        RefusalCase{"", "", "log { cipher_suite: 3 }",
                    ":17: log.cipher_suite: 3 is not CIPHER_SUITE_P256 or "
                    "CIPHER_SUITE_ED25519"},
        RefusalCase{"", "", "log { max_behind_ms: 604800001 }",
                    ":17: log.max_behind_ms: 604800001 is not within"},
        RefusalCase{"", "", "log { reasonable_monitoring_window_ms: 1 }",
                    ":17: log.reasonable_monitoring_window_ms: 1 is not "
                    "within"},
        RefusalCase{"", "", "log { reasonable_monitoring_window_ms: 3599999 }",
                    ":17: log.reasonable_monitoring_window_ms: 3599999 is "
                    "shorter than max_behind_ms, 3600000"},
        RefusalCase{"", "", "log { maximum_lifetime_ms: 86400000 }",
                    ":17: log.maximum_lifetime_ms: 86400000 is not greater "
                    "than reasonable_monitoring_window_ms, 86400000"}));

TEST(ConfigTest, ReportsAllProblemsAtOnce) {
  absl::Status status = ParseConfig("queue_limit: 1", kPath).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::vector<std::string> lines =
      absl::StrSplit(std::string(status.message()), '\n');
  EXPECT_EQ(lines.size(), 13u) << status;
  for (const std::string& line : lines) EXPECT_THAT(line, StartsWith(kPath));
}

TEST(ConfigTest, TheExampleParsesAndShowsTheDefaults) {
  absl::StatusOr<Config> example =
      LoadConfig("server/config/sealbookd.example.textproto");
  ASSERT_TRUE(example.ok()) << example.status();
  absl::StatusOr<Config> minimal = ParseConfig(Minimal(), kPath);
  ASSERT_TRUE(minimal.ok());
  ASSERT_EQ(example->publishers.size(), 1u);
  EXPECT_THAT(example->publishers[0].policy.mail_domains,
              ElementsAre("example.org", "staff.example.org"));
  EXPECT_EQ(example->queue_limit, minimal->queue_limit);
  EXPECT_EQ(example->worker_threads, minimal->worker_threads);
  EXPECT_EQ(example->cache_bytes, minimal->cache_bytes);
  EXPECT_EQ(example->min_free_disk_bytes, minimal->min_free_disk_bytes);
  EXPECT_EQ(example->lookups.per_minute, minimal->lookups.per_minute);
  EXPECT_EQ(example->lookups.burst, minimal->lookups.burst);
  EXPECT_EQ(example->admin_address, "127.0.0.1:9443");
  EXPECT_EQ(example->log.max_ahead, minimal->log.max_ahead);
  EXPECT_EQ(example->log.max_behind, minimal->log.max_behind);
  EXPECT_EQ(example->log.reasonable_monitoring_window,
            minimal->log.reasonable_monitoring_window);
}

TEST(ConfigTest, NamesAFileThatCannotBeRead) {
  const std::string missing = ::testing::TempDir() + "/missing.textproto";
  absl::Status status = LoadConfig(missing).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(missing));

  EXPECT_THAT(std::string(LoadConfig(::testing::TempDir()).status().message()),
              HasSubstr("cannot read"));
}

TEST(ConfigTest, RefusesAFileThatIsTooLarge) {
  const std::string path =
      absl::StrCat(::testing::TempDir(), "/large.", getpid(), ".textproto");
  std::ofstream(path) << std::string((1 << 20) + 1, '#');
  absl::Status status = LoadConfig(path).status();
  unlink(path.c_str());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("1048576 bytes"));
}

}  // namespace
}  // namespace sealbook::server

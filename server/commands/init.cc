#include "server/commands/init.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "crypto/key_store.h"
#include "keytrans/structures.h"
#include "server/commands/exit_code.h"
#include "server/commands/log_keys.h"
#include "server/commands/new_file.h"
#include "server/commands/open_log.h"
#include "server/commands/words.h"
#include "server/mark/high_water_mark.h"
#include "server/sequencer.h"
#include "server/storage/leveldb_storage.h"

namespace sealbook::server {
namespace {

namespace fs = std::filesystem;

// Nothing of a log may be there: what `init` would make over it is lost.
absl::Status CheckNothingThere(const Config& config) {
  std::error_code error;
  for (const fs::directory_entry& found :
       fs::directory_iterator(config.data_dir, error)) {
    // What a file system of its own has from the start.
    if (found.path().filename() == "lost+found") continue;
    return absl::AlreadyExistsError(absl::StrCat(
        "data_dir ", config.data_dir, " is not empty (",
        found.path().filename().string(),
        "): there is a log already, or something else; `init` makes new logs "
        "only, in a folder that is empty or not there yet"));
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return absl::ErrnoToStatus(
        error.value(),
        absl::StrCat("cannot look into data_dir ", config.data_dir));
  }
  const std::pair<std::string, absl::string_view> files[] = {
      {config.mark_file,
       "it is some log's high-water mark; name another mark_file, or remove it "
       "if its log is gone"},
      {ConfigurationFile(config),
       "it is some log's configuration; move it away, or choose another "
       "data_dir"}};
  for (const auto& [path, advice] : files) {
    if (fs::symlink_status(path, error).type() != fs::file_type::not_found) {
      return absl::AlreadyExistsError(
          absl::StrCat(path, " is there already: ", advice));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckParents(const Config& config) {
  for (const std::string& path :
       {config.data_dir, config.mark_file, config.signing_key_file,
        config.vrf_key_file}) {
    if (crypto::IsKeyUri(path)) continue;
    const std::string parent = fs::path(path).parent_path().string();
    std::error_code error;
    if (!fs::is_directory(parent, error)) {
      return absl::NotFoundError(absl::StrCat(
          "there is no folder ", parent, " for ", path,
          "; make it first, owned by the user that the server runs as"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPlaces(const Config& config) {
  SEALBOOK_RETURN_IF_ERROR(CheckNothingThere(config));
  SEALBOOK_RETURN_IF_ERROR(CheckParents(config));
  SEALBOOK_ASSIGN_OR_RETURN(
      const bool same, OnSameFileSystem(config.mark_file, config.data_dir));
  if (same && !config.mark_on_same_file_system) {
    return WithExitCode(MarkOnSameFileSystem(config), ExitCode::kUsage);
  }
  return absl::OkStatus();
}

keytrans::Configuration MakeConfiguration(const Config& config,
                                          const LogKeys& keys) {
  keytrans::Configuration configuration;
  configuration.ciphersuite = config.log.cipher_suite;
  configuration.mode = keytrans::DeploymentMode::kContactMonitoring;
  configuration.signature_public_key = keys.signing->public_key();
  configuration.vrf_public_key = keys.vrf->public_key();
  configuration.max_ahead = config.log.max_ahead;
  configuration.max_behind = config.log.max_behind;
  configuration.reasonable_monitoring_window =
      config.log.reasonable_monitoring_window;
  configuration.maximum_lifetime = config.log.maximum_lifetime;
  return configuration;
}

void Show(const Config& config, const keytrans::Configuration& configuration,
          bool new_keys, std::ostream& out) {
  const char* from = new_keys ? "new, to be written to " : "from ";
  out << "A new log. Every tree head will be signed, for ever, with this:\n"
      << DescribeConfiguration(configuration) << "Its places:\n"
      << "  signing key        " << from << config.signing_key_file << "\n"
      << "  VRF key            " << from << config.vrf_key_file << "\n"
      << "  data               " << config.data_dir << "\n"
      << "  high-water mark    " << config.mark_file
      << (config.mark_on_same_file_system
              ? " (may be on the data's file system: a rollback of both "
                "goes unnoticed)"
              : "")
      << "\n"
      << "  for clients        " << ConfigurationFile(config) << "\n"
      << "None of the first part can be changed later: that would be another "
         "log.\n";
}

bool Answers(const Confirmation& confirmation, absl::string_view expected) {
  std::string answer;
  std::getline(*confirmation.in, answer);
  return absl::StripAsciiWhitespace(answer) == expected;
}

absl::Status Confirm(const Confirmation& confirmation, std::ostream& out) {
  if (confirmation.yes) return absl::OkStatus();
  if (!confirmation.terminal) {
    return WithExitCode(
        absl::FailedPreconditionError(
            "nobody can confirm this: standard input is not a terminal; add "
            "--yes to make the log without asking. Nothing was made"),
        ExitCode::kNotConfirmed);
  }
  out << "Type yes to make this log: " << std::flush;
  if (!Answers(confirmation, "yes")) {
    return WithExitCode(absl::CancelledError("not confirmed; nothing was made"),
                        ExitCode::kNotConfirmed);
  }
  return absl::OkStatus();
}

// A log outlives its machine only with its keys.
absl::Status ConfirmBackup(const Config& config, const LogKeys& keys,
                           const Confirmation& confirmation,
                           std::ostream& out) {
  out << "The log's keys are in\n  " << config.signing_key_file
      << "  (public key: SHA-256 "
      << crypto::Sha256(keys.signing->public_key()).ToHex() << ")\n  "
      << config.vrf_key_file << "  (public key: SHA-256 "
      << crypto::Sha256(keys.vrf->public_key()).ToHex()
      << ")\nWithout them the log is finished, and nobody can make them anew: "
         "keep a copy of\nboth where this machine's loss does not reach it.\n";
  if (confirmation.keys_backed_up) return absl::OkStatus();
  if (!confirmation.yes && confirmation.terminal) {
    out << "Type copied when there is such a copy: " << std::flush;
    if (Answers(confirmation, "copied")) return absl::OkStatus();
  }
  return WithExitCode(
      absl::FailedPreconditionError(
          "the keys are there, the log is not made: nobody has confirmed a "
          "copy of the keys. Copy them, then run this again; in a script with "
          "--keys-backed-up"),
      ExitCode::kNotConfirmed);
}

// The steps that leave something behind. `made` tells what, in order.
absl::Status Make(const Config& config,
                  const keytrans::Configuration& configuration,
                  std::vector<std::string>& made) {
  made.push_back(config.mark_file);
  SEALBOOK_RETURN_IF_ERROR(
      HighWaterMark::Create(config.mark_file, configuration.Fingerprint())
          .status());
  made.push_back(config.data_dir);
  SEALBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<Storage> storage,
                            LevelDbStorage::Create(config.data_dir, {}));
  SEALBOOK_RETURN_IF_ERROR(InitLog(*storage, configuration));
  made.push_back(ConfigurationFile(config));
  return WriteNewFile(ConfigurationFile(config), configuration.Encode());
}

}  // namespace

std::string ConfigurationFile(const Config& config) {
  return (fs::path(config.data_dir).parent_path() / "configuration.tls")
      .string();
}

absl::Status Init(const Config& config, const Confirmation& confirmation,
                  std::ostream& out) {
  SEALBOOK_RETURN_IF_ERROR(CheckPlaces(config));
  SEALBOOK_ASSIGN_OR_RETURN(const bool have_keys, HaveLogKeys(config));
  SEALBOOK_ASSIGN_OR_RETURN(const LogKeys keys,
                            have_keys
                                ? ReadLogKeys(config, config.log.cipher_suite)
                                : GenerateLogKeys(config.log.cipher_suite));
  const keytrans::Configuration configuration = MakeConfiguration(config, keys);
  Show(config, configuration, !have_keys, out);
  SEALBOOK_RETURN_IF_ERROR(Confirm(confirmation, out));

  std::vector<std::string> made;
  if (!have_keys) {
    SEALBOOK_RETURN_IF_ERROR(WriteLogKeys(config, keys));
    made = {config.signing_key_file, config.vrf_key_file};
  }
  SEALBOOK_RETURN_IF_ERROR(ConfirmBackup(config, keys, confirmation, out));
  if (absl::Status status = Make(config, configuration, made); !status.ok()) {
    return absl::Status(
        status.code(),
        absl::StrCat(status.message(),
                     ". No log was made; remove what this run began, as far as "
                     "it is there, before the next: ",
                     absl::StrJoin(made, ", ")));
  }
  out << "Made. Give " << ConfigurationFile(config)
      << " to clients, or have them compare the log fingerprint.\n"
      << "Next: sealbookd serve --config " << config.file << std::endl;
  return absl::OkStatus();
}

}  // namespace sealbook::server

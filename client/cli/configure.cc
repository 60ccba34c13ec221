#include "client/cli/configure.h"

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/channel.h"
#include "client/cli/log_of_state.h"
#include "client/directory_info.h"
#include "client/files.h"
#include "client/state.h"
#include "client/words.h"
#include "crypto/types.h"
#include "keytrans/structures.h"
#include "keytrans/verifier.h"
#include "nlohmann/json.hpp"

namespace sealbook::client {
namespace {

// Colons and blanks are left out: people copy fingerprints in many shapes.
absl::StatusOr<crypto::Hash> ParseFingerprint(const std::string& text) {
  std::string digits;
  bool only_hex = true;
  for (char c : text) {
    if (c == ':' || absl::ascii_isspace(c)) continue;
    only_hex = only_hex && absl::ascii_isxdigit(c);
    digits.push_back(c);
  }
  if (!only_hex || digits.size() != 2 * crypto::Hash::kSize) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", Printable(text), "\" is no fingerprint: ",
        2 * crypto::Hash::kSize, " hexadecimal digits are expected"));
  }
  return crypto::Hash::FromBytes(absl::HexStringToBytes(digits));
}

absl::StatusOr<keytrans::Configuration> GetConfiguration(
    const ConfigureOptions& options, const Endpoint& endpoint) {
  // Reads the CA file, and connects to nothing yet.
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(endpoint));
  if (options.configuration_file.empty()) {
    return FetchConfiguration(channel, endpoint, options.timeout_s * 1000);
  }
  SEALBOOK_ASSIGN_OR_RETURN(std::string bytes,
                            ReadFile(options.configuration_file));
  auto configuration = keytrans::Configuration::Parse(bytes);
  if (configuration.ok()) return configuration;
  return absl::Status(configuration.status().code(),
                      absl::StrCat(options.configuration_file,
                                   ": is not the configuration of "
                                   "a log: ",
                                   configuration.status().message()));
}

// The fingerprint must come another way than the configuration, or trusting it
// means trusting whoever answers first.
ExitCode ShowClaim(const keytrans::Configuration& configuration,
                   const ConfigureOptions& options, Terminal& terminal) {
  std::string claimed = configuration.Fingerprint().ToHex();
  terminal.err
      << options.server << " claims to serve the log with the fingerprint\n  "
      << claimed
      << "\nNot trusted yet: nothing was configured. Compare it with the one "
         "that the operator\npublishes elsewhere (a website, a printed letter, "
         "a telephone call), then run\n  sealbook configure --server "
      << options.server;
  if (!options.ca_file.empty()) terminal.err << " --ca " << options.ca_file;
  terminal.err << " --fingerprint FINGERPRINT\n";
  if (options.json) {
    PrintJson({{"result", "not-trusted"}, {"claimed_fingerprint", claimed}},
              terminal);
  }
  return ExitCode::kUsage;
}

ExitCode RefuseFingerprint(const crypto::Hash& expected,
                           const keytrans::Configuration& configuration,
                           const ConfigureOptions& options,
                           Terminal& terminal) {
  std::string claimed = configuration.Fingerprint().ToHex();
  terminal.err
      << "REFUSED (fingerprint): "
      << (options.configuration_file.empty() ? options.server
                                             : options.configuration_file)
      << " has the configuration of a log with the fingerprint\n  " << claimed
      << "\nand not the one that was named\n  " << expected.ToHex()
      << "\nIt is the wrong one, or somebody is in between. Nothing was "
         "configured.\n";
  if (options.json) {
    PrintJson({{"result", "refused"},
               {"reason", "fingerprint"},
               {"expected_fingerprint", expected.ToHex()},
               {"claimed_fingerprint", claimed}},
              terminal);
  }
  return ExitCode::kRefused;
}

absl::Status Store(const ConfigureOptions& options,
                   const keytrans::Configuration& configuration,
                   const ServerAddress& server, std::string& folder) {
  // Refuses keys that are none, before anything is written.
  SEALBOOK_RETURN_IF_ERROR(keytrans::Verifier::Create(configuration).status());
  if (configuration.mode == keytrans::DeploymentMode::kThirdPartyManagement) {
    return absl::UnimplementedError(
        "deployment mode 2 (thirdPartyManagement) is not followed by this "
        "version");
  }
  SEALBOOK_ASSIGN_OR_RETURN(folder, StateFolder(options.state));
  SEALBOOK_ASSIGN_OR_RETURN(State state,
                            State::Open(folder, State::Mode::kCreate));
  return state.PutLog(configuration, server);
}

void ShowConfigured(const keytrans::Configuration& configuration,
                    const ServerAddress& server, const std::string& folder,
                    bool json, Terminal& terminal) {
  std::string fingerprint = configuration.Fingerprint().ToHex();
  if (json) {
    PrintJson({{"result", "configured"},
               {"fingerprint", fingerprint},
               {"server", server.target},
               {"ca_file", server.ca_file},
               {"state", folder},
               {"max_ahead_ms", configuration.max_ahead},
               {"max_behind_ms", configuration.max_behind},
               {"reasonable_monitoring_window_ms",
                configuration.reasonable_monitoring_window}},
              terminal);
    return;
  }
  terminal.out << "configured: answers are believed when the log "
               << fingerprint << " proves them\n"
               << "  server  " << server.target << "\n"
               << "  CAs     "
               << (server.ca_file.empty() ? "those of this system"
                                          : server.ca_file)
               << "\n  state   " << folder << "\n"
               << "  its newest entry may be at most "
               << DurationInWords(configuration.max_behind)
               << " old, and entries younger than "
               << DurationInWords(configuration.reasonable_monitoring_window)
               << " are to be checked again\n";
}

}  // namespace

ExitCode RunConfigure(const ConfigureOptions& options, Terminal& terminal) {
  Endpoint endpoint;
  endpoint.server.target = options.server;
  if (!options.ca_file.empty()) {
    endpoint.server.ca_file = AbsolutePath(options.ca_file);
  }
  absl::StatusOr<crypto::Hash> expected = crypto::Hash();
  if (!options.fingerprint.empty()) {
    expected = ParseFingerprint(options.fingerprint);
  }
  absl::Status usage = CheckTarget(options.server);
  if (usage.ok()) usage = expected.status();
  if (!usage.ok()) {
    ReportError(usage, options.json, terminal);
    return ExitCode::kUsage;
  }
  absl::StatusOr<keytrans::Configuration> configuration =
      GetConfiguration(options, endpoint);
  if (!configuration.ok()) {
    return ReportError(configuration.status(), options.json, terminal);
  }
  if (options.configuration_file.empty() && options.fingerprint.empty()) {
    return ShowClaim(*configuration, options, terminal);
  }
  if (!options.fingerprint.empty() &&
      configuration->Fingerprint() != *expected) {
    return RefuseFingerprint(*expected, *configuration, options, terminal);
  }
  std::string folder;
  absl::Status stored = Store(options, *configuration, endpoint.server, folder);
  if (!stored.ok()) return ReportError(stored, options.json, terminal);
  ShowConfigured(*configuration, endpoint.server, folder, options.json,
                 terminal);
  return ExitCode::kOk;
}

}  // namespace sealbook::client

#include "client/cli/status.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/channel.h"
#include "client/cli/log_of_state.h"
#include "client/directory_info.h"
#include "client/words.h"
#include "nlohmann/json.hpp"

namespace sealbook::client {
namespace {

using Json = nlohmann::ordered_json;

struct Known {
  LogRecord log;
  std::string folder;
  std::string evidence_folder;
  uint64_t refused = 0;
  uint64_t obligations = 0;
  uint64_t now_ms = 0;

  uint64_t head_age_ms() const {
    uint64_t head = log.view->Timestamp();
    return now_ms > head ? now_ms - head : 0;
  }
};

// The refused answers that are kept, by reason/answer.
uint64_t CountEvidence(const std::string& folder) {
  uint64_t count = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(folder, error), end;
       !error && it != end; it.increment(error)) {
    if (it.depth() == 1) ++count;
  }
  return count;
}

absl::StatusOr<Known> ReadKnown(const StatusOptions& options,
                                const Terminal& terminal) {
  SEALBOOK_ASSIGN_OR_RETURN(
      LogOfState opened, OpenLogOfState(options.state, State::Mode::kExisting));
  SEALBOOK_ASSIGN_OR_RETURN(
      auto obligations, opened.state.ReadObligations(opened.log.fingerprint));
  Known known;
  known.folder = opened.state.folder();
  known.evidence_folder = opened.state.evidence_folder();
  known.refused = CountEvidence(known.evidence_folder);
  known.obligations = obligations.size();
  known.now_ms = terminal.clock();
  known.log = std::move(opened.log);
  return known;
}

absl::StatusOr<v1::GetStatusResponse> AskServer(const StatusOptions& options,
                                                const Known& known) {
  Endpoint endpoint{.server = known.log.server};
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(endpoint));
  return FetchStatus(channel, endpoint, options.timeout_s * 1000);
}

void PrintKnown(const Known& known, std::ostream& out) {
  const ServerAddress& server = known.log.server;
  out << "log           " << known.log.fingerprint.ToHex() << "\n"
      << "server        " << server.target << "\n"
      << "CAs           "
      << (server.ca_file.empty() ? "those of this system" : server.ca_file)
      << "\n"
      << "state         " << known.folder << "\n";
  if (known.log.view.has_value()) {
    out << "tree size     " << known.log.view->size() << " (verified)\n"
        << "log root      " << known.log.view->Root().ToHex() << "\n"
        << "newest entry  "
        << TimeInWords(static_cast<int64_t>(known.log.view->Timestamp()))
        << ", " << DurationInWords(known.head_age_ms()) << " ago\n";
  } else {
    out << "tree size     nothing verified yet\n";
  }
  out << "to monitor    " << known.obligations
      << " look-ups of entries that were new\n"
      << "refused       " << known.refused << " answers";
  if (known.refused > 0) out << ", kept in " << known.evidence_folder;
  out << "\n";
}

// Not proven, so that it is only a hint.
std::string Warning(const Known& known, const v1::GetStatusResponse& server) {
  if (!known.log.view.has_value() ||
      server.tree_size() >= known.log.view->size()) {
    return "";
  }
  return absl::StrCat("the server says that its log has ", server.tree_size(),
                      " entries, but ", known.log.view->size(),
                      " were verified before: it may have been rolled back");
}

void PrintServer(const Known& known, const v1::GetStatusResponse& server,
                 std::ostream& out) {
  uint64_t head = server.head_timestamp_ms();
  out << "server says   version " << Printable(server.server_version())
      << ", tree size " << server.tree_size() << ", newest entry "
      << DurationInWords(known.now_ms > head ? known.now_ms - head : 0)
      << " ago, " << server.queue_depth() << " publications waiting\n";
  std::string warning = Warning(known, server);
  if (!warning.empty()) out << "WARNING       " << warning << "\n";
}

Json ToJson(const Known& known) {
  Json json;
  json["log"] = known.log.fingerprint.ToHex();
  json["server"] = known.log.server.target;
  json["ca_file"] = known.log.server.ca_file;
  json["state"] = known.folder;
  json["verified"] = nullptr;
  if (known.log.view.has_value()) {
    json["verified"] = {{"tree_size", known.log.view->size()},
                        {"log_root", known.log.view->Root().ToHex()},
                        {"head_timestamp_ms", known.log.view->Timestamp()},
                        {"head_age_ms", known.head_age_ms()}};
  }
  json["obligations"] = known.obligations;
  json["refused_answers"] = known.refused;
  json["evidence"] = known.evidence_folder;
  return json;
}

Json ToJson(const Known& known, const v1::GetStatusResponse& server) {
  return {{"version", server.server_version()},
          {"tree_size", server.tree_size()},
          {"head_timestamp_ms", server.head_timestamp_ms()},
          {"queue_depth", server.queue_depth()},
          {"warning", Warning(known, server)}};
}

}  // namespace

ExitCode RunStatus(const StatusOptions& options, Terminal& terminal) {
  absl::StatusOr<Known> known = ReadKnown(options, terminal);
  if (!known.ok()) return ReportError(known.status(), options.json, terminal);
  Json json = ToJson(*known);
  if (!options.json) PrintKnown(*known, terminal.out);
  ExitCode code = ExitCode::kOk;
  if (!options.offline) {
    absl::StatusOr<v1::GetStatusResponse> server = AskServer(options, *known);
    if (server.ok()) {
      if (!options.json) PrintServer(*known, *server, terminal.out);
      json["server_says"] = ToJson(*known, *server);
    } else {
      PrintErrorInWords(server.status(), "", terminal);
      json["server_says"] = ErrorToJson(server.status());
      code = ExitCode::kError;
    }
  }
  if (options.json) PrintJson(json, terminal);
  return code;
}

}  // namespace sealbook::client

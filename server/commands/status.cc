#include "server/commands/status.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/admin/http.h"
#include "server/admin/server_status.h"
#include "server/commands/exit_code.h"

namespace sealbook::server {

absl::Status ShowStatus(const StatusOptions& options, std::ostream& out) {
  if (options.address.empty()) {
    return absl::FailedPreconditionError(
        "the configuration has no administration port; add admin { address: "
        "\"127.0.0.1:9443\" }, and start the server again");
  }
  SEALBOOK_ASSIGN_OR_RETURN(const HttpAnswer answer,
                            HttpGet(options.address, "/status"));
  const absl::StatusOr<ServerStatus> status = StatusFromJson(answer.body);
  if (answer.status != 200 || !status.ok()) {
    return absl::InternalError(absl::StrCat(
        options.address, " is not sealbookd's administration port: HTTP ",
        answer.status, " ", status.status().message()));
  }
  out << (options.json ? absl::StrCat(answer.body, "\n") : ToText(*status))
      << std::flush;
  const std::string problem = status->NotReady();
  if (problem.empty()) return absl::OkStatus();
  return WithExitCode(
      absl::UnavailableError(absl::StrCat("not ready: ", problem)),
      ExitCode::kNotReady);
}

}  // namespace sealbook::server

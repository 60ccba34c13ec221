#include "client/cli/ldap.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "client/alarms/alarm.h"
#include "client/cli/log_of_state.h"
#include "client/ldap/directory.h"
#include "client/ldap/gateway.h"
#include "client/ldap/server.h"
#include "client/state.h"
#include "client/words.h"
#include "smime/address.h"

namespace sealbook::client {
namespace {

constexpr uint16_t kLdapPort = 1389;
constexpr uint16_t kLdapsPort = 1636;

// Writes lines and alarms to terminal.err, an alarm once. Thread-safe.
class Journal {
 public:
  explicit Journal(Terminal& terminal) : terminal_(terminal) {}

  void Note(absl::string_view line) {
    MutexLock lock(mutex_);
    terminal_.err << Now() << " " << line << std::endl;
  }

  void Tell(const Alarm& alarm) {
    MutexLock lock(mutex_);
    if (!raised_.insert(alarm.key).second) return;
    // What is forgotten is said again.
    if (raised_.size() > kMaxRaised) raised_ = {alarm.key};
    terminal_.err << Now() << " ALARM (" << AlarmKindName(alarm.kind)
                  << "): " << alarm.subject << "\n";
    for (const std::string& line : alarm.lines) {
      terminal_.err << "  " << line << "\n";
    }
    terminal_.err.flush();
  }

 private:
  static constexpr size_t kMaxRaised = 1000;

  std::string Now() const {
    return TimeInWords(static_cast<int64_t>(terminal_.clock()));
  }

  Mutex mutex_;
  Terminal& terminal_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> raised_ ABSL_GUARDED_BY(mutex_);
};

// The mail domains of each state's folder; "" for all others.
using Domains = std::map<std::string, std::vector<std::string>>;

absl::StatusOr<Domains> ParseStates(const LdapOptions& options) {
  Domains domains;
  if (options.states.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(std::string folder, StateFolder(""));
    domains[folder].push_back("");
  }
  for (const std::string& text : options.states) {
    const size_t equals = text.find('=');
    // A folder whose name has one can be given as ./NAME.
    if (equals == std::string::npos || text.find('/') < equals) {
      domains[text].push_back("");
      continue;
    }
    SEALBOOK_ASSIGN_OR_RETURN(std::string domain,
                              smime::CanonicalDomain(text.substr(0, equals)));
    domains[text.substr(equals + 1)].push_back(std::move(domain));
  }
  return domains;
}

absl::Status CheckAddress(const LdapOptions& options) {
  SEALBOOK_ASSIGN_OR_RETURN(bool loopback, ldap::IsLoopback(options.address));
  if (loopback || options.allow_remote) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      options.address,
      " is reached from other machines: everybody there could look up "
      "addresses through this one, and the way from here to a mail client "
      "proves nothing. If that is meant, say --allow-remote"));
}

class Command {
 public:
  Command(const LdapOptions& options, Terminal& terminal)
      : options_(options), terminal_(terminal), journal_(terminal) {}

  absl::Status Start(const Domains& domains) {
    for (const auto& [folder, of_folder] : domains) {
      SEALBOOK_RETURN_IF_ERROR(Open(folder, of_folder));
    }
    ldap::ServerOptions server{.address = options_.address};
    if (!options_.certificate_file.empty()) {
      SEALBOOK_ASSIGN_OR_RETURN(
          server.tls,
          ldap::TlsServer::Load(options_.certificate_file, options_.key_file));
    }
    server.port =
        options_.port.value_or(server.tls == nullptr ? kLdapPort : kLdapsPort);
    server.session.patience =
        std::chrono::milliseconds(2 * options_.timeout_s * 1000 + 1000);
    SEALBOOK_ASSIGN_OR_RETURN(
        server_, ldap::Server::Start(gateway_, terminal_.clock, server));
    return absl::OkStatus();
  }

  void Greet() {
    if (options_.quiet) return;
    const bool tls = !options_.certificate_file.empty();
    const bool ip6 = options_.address.find(':') != std::string::npos;
    std::ostream& out = terminal_.out;
    out << (tls ? "ldaps://" : "ldap://") << (ip6 ? "[" : "")
        << options_.address << (ip6 ? "]" : "") << ":" << server_->port()
        << "/\n";
    for (const std::string& line : lines_) out << line << "\n";
    out << "\nThunderbird: Settings > Composition > Addressing > Directory "
           "Server > Edit Directories > Add:\n"
        << "  Hostname "
        << (options_.address == "127.0.0.1" ? "localhost" : options_.address)
        << ", Base DN o=sealbook, Port " << server_->port()
        << (tls ? ", Use secure connection (SSL)\n" : "\n")
        << "GnuPG: \"keyserver " << options_.address << ":" << server_->port()
        << "\" in gpgsm.conf\n"
        << "Others: docs/mail-clients.md. Ends with SIGTERM or Ctrl-C.\n";
    out.flush();
  }

  void Warn() {
    if (!options_.allow_remote) return;
    journal_.Note(
        "WARNING: other machines can look up through this one, and are to "
        "believe it without a proof");
  }

 private:
  absl::Status Open(const std::string& folder,
                    const std::vector<std::string>& domains) {
    SEALBOOK_ASSIGN_OR_RETURN(State state,
                              State::Open(folder, State::Mode::kExisting));
    ldap::DirectoryOptions directory_options{
        .timeout_ms = options_.timeout_s * 1000,
        .note = [this](absl::string_view line) { journal_.Note(line); },
        .tell = [this](const Alarm& alarm) { journal_.Tell(alarm); }};
    directory_options.cache.max_age_ms = options_.cache_s * 1000;
    SEALBOOK_ASSIGN_OR_RETURN(
        std::shared_ptr<ldap::Directory> directory,
        ldap::Directory::Open(std::move(state), terminal_.clock,
                              std::move(directory_options)));
    for (const std::string& domain : domains) {
      SEALBOOK_RETURN_IF_ERROR(gateway_.Add(domain, directory));
      lines_.push_back(
          absl::StrCat(domain.empty() ? "all mail domains" : domain, ": log ",
                       directory->log().fingerprint.ToHex(), " at ",
                       directory->log().server.target, ", state ", folder));
    }
    return absl::OkStatus();
  }

  const LdapOptions& options_;
  Terminal& terminal_;
  Journal journal_;
  ldap::Gateway gateway_;
  std::vector<std::string> lines_;
  // Ends first: its sessions ask the gateway.
  std::unique_ptr<ldap::Server> server_;
};

}  // namespace

ExitCode RunLdap(const LdapOptions& options, Terminal& terminal) {
  absl::Status checked = CheckAddress(options);
  absl::StatusOr<Domains> domains = ParseStates(options);
  if (checked.ok()) checked = domains.status();
  if (!checked.ok()) {
    ReportError(checked, /*json=*/false, terminal);
    return ExitCode::kUsage;
  }
  // Before any thread: they take over what is blocked.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (const int error = pthread_sigmask(SIG_BLOCK, &signals, nullptr);
      error != 0) {
    return ReportError(absl::ErrnoToStatus(error, "cannot block signals"),
                       /*json=*/false, terminal);
  }
  // OpenSSL writes to sockets that clients may have closed.
  (void)signal(SIGPIPE, SIG_IGN);
  Command command(options, terminal);
  absl::Status started = command.Start(*domains);
  if (!started.ok()) return ReportError(started, /*json=*/false, terminal);
  command.Warn();
  command.Greet();
  int caught = 0;
  while (sigwait(&signals, &caught) == EINTR) {
  }
  return ExitCode::kOk;
}

}  // namespace sealbook::client

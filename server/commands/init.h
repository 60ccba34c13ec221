// `sealbookd init`.
#ifndef SEALBOOK_SERVER_COMMANDS_INIT_H_
#define SEALBOOK_SERVER_COMMANDS_INIT_H_

#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "server/config/config.h"

namespace sealbook::server {

// Who confirms.
struct Confirmation {
  // --yes: nobody is asked.
  bool yes = false;
  // --keys-backed-up: there is a copy of both keys elsewhere, or will be.
  bool keys_backed_up = false;
  // Whether `in` is a person's terminal; without one, and without `yes`,
  // nothing is made.
  bool terminal = false;
  std::istream* in = nullptr;
};

// Where `init` writes the Configuration (TLS-encoded) for clients: beside
// data_dir.
std::string ConfigurationFile(const Config& config);

// Makes a new log: keys where there are none, then the high-water mark, the
// store with its configuration, and the file for clients. Shows on `out` what
// will be signed for ever, and asks; then where the keys are, and asks for a
// copy of them. The first log entry is made by the first `serve`.
//
// Nothing is made before it is confirmed (ExitCode::kNotConfirmed); without a
// copy of the keys nothing but them is made (the same code), and another run
// goes on with those keys. Nothing is made, either, when
// something of a log is there already (ALREADY_EXISTS), half a set of keys
// included, or the mark would be on data_dir's file system without
// mark_on_same_file_system (FAILED_PRECONDITION). When a later step fails, the
// message lists what had been made until then.
absl::Status Init(const Config& config, const Confirmation& confirmation,
                  std::ostream& out);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_INIT_H_

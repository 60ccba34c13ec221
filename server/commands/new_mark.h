// `sealbookd new-mark`.
#ifndef SEALBOOK_SERVER_COMMANDS_NEW_MARK_H_
#define SEALBOOK_SERVER_COMMANDS_NEW_MARK_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "server/config/config.h"

namespace sealbook::server {

struct NewMarkOptions {
  // The newest tree head that somebody outside this machine has verified.
  uint64_t tree_size = 0;
  // Its log root: 64 hexadecimal digits.
  std::string log_root;
};

// Makes the high-water mark of a log whose mark is lost. The mark told whether
// the data are the newest; now a tree head from outside has to.
//
// INVALID_ARGUMENT (ExitCode::kUsage): no such root. ALREADY_EXISTS: there is a
// mark file, even a damaged one. FAILED_PRECONDITION (ExitCode::kUnsafe): the
// data do not hold that tree: they are older, or a fork. DATA_LOSS (the same
// code): the data are damaged. Nothing was made then. UNAVAILABLE: the server
// runs.
absl::Status MakeNewMark(const Config& config, const NewMarkOptions& options,
                         std::ostream& out);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_NEW_MARK_H_

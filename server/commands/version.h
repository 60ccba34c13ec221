// `sealbookd version`.
#ifndef SEALBOOK_SERVER_COMMANDS_VERSION_H_
#define SEALBOOK_SERVER_COMMANDS_VERSION_H_

#include <string>

namespace sealbook::server {

// The version, the draft's commit, and the libraries, a line each.
std::string VersionText();

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_VERSION_H_

// Shell completion.
#ifndef SEALBOOK_CLIENT_CLI_COMPLETION_H_
#define SEALBOOK_CLIENT_CLI_COMPLETION_H_

#include <string>
#include <vector>

namespace sealbook::client {

struct CommandWords {
  std::string name;
  // The commands below it, if any.
  std::vector<std::string> below;
  // "--json" and the like.
  std::vector<std::string> options;
};

// A bash script that completes commands, options and file names:
//   source <(sealbook completion bash)
std::string BashCompletion(const std::vector<CommandWords>& commands);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_COMPLETION_H_

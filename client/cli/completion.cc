#include "client/cli/completion.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sealbook::client {

std::string BashCompletion(const std::vector<CommandWords>& commands) {
  std::vector<std::string> names;
  std::string cases;
  for (const CommandWords& command : commands) {
    names.push_back(command.name);
    absl::StrAppend(&cases, "    ", command.name, ") words=\"",
                    absl::StrJoin(command.options, " "), "\"");
    if (!command.below.empty()) {
      absl::StrAppend(&cases, " below=\"", absl::StrJoin(command.below, " "),
                      "\"");
    }
    absl::StrAppend(&cases, " ;;\n");
  }
  return absl::StrCat(
      "_sealbook() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\" below=\"\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"",
      absl::StrJoin(names, " "),
      " --help --version\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"${COMP_WORDS[1]}\" in\n",
      cases,
      "  esac\n"
      "  if [ \"$COMP_CWORD\" -eq 2 ] && [ -n \"$below\" ]; then\n"
      "    COMPREPLY=($(compgen -W \"$below --help\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"$word\" in\n"
      "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
      "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
      "  esac\n"
      "}\n"
      "complete -o filenames -F _sealbook sealbook\n");
}

}  // namespace sealbook::client

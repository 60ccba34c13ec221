#include "client/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "absl/strings/str_split.h"

namespace sealbook::client {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Result {
  int code;
  std::string out;
  std::string err;
};

Result RunCli(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "sealbook");
  std::ostringstream out, err;
  Terminal terminal{
      .out = out, .err = err, .err_is_terminal = false, .clock = [] {
        return 0;
      }};
  int code = RunCommandLine(arguments, terminal);
  return {code, out.str(), err.str()};
}

TEST(CommandLineTest, NamesVersionAndDraft) {
  Result result = RunCli({"--version"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("sealbook "), HasSubstr("526cc8a")));
}

TEST(CommandLineTest, EveryCommandHasHelpWithExamplesAndExitCodes) {
  for (std::string command :
       {"configure", "lookup", "publish", "verify", "status", "gossip",
        "gossip show", "gossip compare", "gossip check", "completion"}) {
    std::vector<std::string> words = absl::StrSplit(command, ' ');
    words.push_back("--help");
    Result result = RunCli(words);
    EXPECT_EQ(result.code, 0) << command;
    EXPECT_THAT(result.out, AllOf(HasSubstr("Examples:\n"),
                                  HasSubstr("sealbook " + command),
                                  HasSubstr("Exit codes:\n")));
    EXPECT_THAT(result.err, IsEmpty());
  }
  Result result = RunCli({"--help"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("lookup"), HasSubstr("Exit codes")));
}

TEST(CommandLineTest, WrongUsageEndsWithTwo) {
  struct Case {
    std::vector<std::string> arguments;
    const char* word;
  };
  for (const Case& wrong : std::vector<Case>{
           {{}, "subcommand"},
           {{"frobnicate"}, "frobnicate"},
           {{"lookup"}, "ADDRESS"},
           {{"lookup", "--frobnicate", "a@example.org"}, "frobnicate"},
           {{"lookup", "--timeout", "0", "a@example.org"}, "timeout"},
           {{"lookup", "--pem", "--json", "a@example.org"}, "excludes"},
           {{"configure"}, "--server"},
           {{"publish", "f"}, "--server"},
           {{"gossip"}, "subcommand"},
           {{"gossip", "frobnicate"}, "frobnicate"},
           {{"gossip", "compare"}, "FILE"},
           {{"gossip", "check"}, "--via"},
           {{"gossip", "show", "--heads", "0"}, "heads"},
           {{"completion", "fish"}, "fish"}}) {
    Result result = RunCli(wrong.arguments);
    EXPECT_EQ(result.code, 2) << wrong.word;
    EXPECT_THAT(result.err, HasSubstr(wrong.word));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST(CommandLineTest, CompletesCommandsAndOptions) {
  Result result = RunCli({"completion", "bash"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("configure lookup history publish revoke verify "
                      "status gossip completion"),
            HasSubstr("below=\"show compare check\""), HasSubstr("--via"),
            HasSubstr("--export"), HasSubstr("--absence"),
            HasSubstr("complete -o filenames -F _sealbook sealbook")));
}

}  // namespace
}  // namespace sealbook::client

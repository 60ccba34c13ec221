#include "server/commands/command_line.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/commands/testing/test_site.h"

namespace sealbook::server {
namespace {

using ::testing::HasSubstr;
using testing::TestSite;
using testing::WriteFile;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

struct Finished {
  int code = 0;
  std::string out;
  std::string err;
};

Finished RunSealbookd(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "sealbookd");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  CaptureStdout();
  CaptureStderr();
  Finished run;
  run.code = RunCommandLine(static_cast<int>(argv.size()), argv.data());
  run.out = GetCapturedStdout();
  run.err = GetCapturedStderr();
  return run;
}

TEST(CommandLineTest, HelpShowsExamplesAndExitCodes) {
  const Finished run = RunSealbookd({"--help"});
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.out, HasSubstr("Exit codes:"));
  for (const std::string command : {"init", "serve", "check", "version"}) {
    EXPECT_THAT(run.out, HasSubstr(command));
    const Finished help = RunSealbookd({command, "--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out, HasSubstr("Example"));
    EXPECT_THAT(help.out, HasSubstr("sealbookd " + command));
  }
}

TEST(CommandLineTest, AWrongCommandLineIsCode2) {
  EXPECT_EQ(RunSealbookd({}).code, 2);
  EXPECT_EQ(RunSealbookd({"fly"}).code, 2);
  EXPECT_EQ(RunSealbookd({"serve", "--config"}).code, 2);
  EXPECT_EQ(RunSealbookd({"version", "--yes"}).code, 2);
  const Finished run = RunSealbookd({"serve"});
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, HasSubstr("--config"));
}

TEST(CommandLineTest, VersionNamesTheDraftAndTheLibraries) {
  for (const std::string way : {"version", "--version"}) {
    const Finished run = RunSealbookd({way});
    EXPECT_EQ(run.code, 0);
    EXPECT_THAT(run.out, HasSubstr("commit 526cc8a"));
    EXPECT_THAT(run.out, HasSubstr("gRPC 1."));
    EXPECT_THAT(run.out, HasSubstr("OpenSSL 3."));
  }
}

TEST(CommandLineTest, AWrongConfigurationIsCode2WithItsLine) {
  TestSite site;
  WriteFile(site.config_file(), site.config_text() + "colour: \"blue\"\n");
  for (const std::string command : {"init", "serve", "check"}) {
    const Finished run =
        RunSealbookd({command, "--config", site.config_file()});
    EXPECT_EQ(run.code, 2) << command;
    EXPECT_THAT(run.err, HasSubstr(site.config_file() + ":25:"));
    EXPECT_THAT(run.err, HasSubstr("no field named \"colour\""));
  }
  const Finished run = RunSealbookd({"check", "-c", site.path("none")});
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, HasSubstr(site.path("none")));
}

TEST(CommandLineTest, InitThenCheck) {
  TestSite site;
  Finished run = RunSealbookd({"check", "--config", site.config_file()});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("sealbookd init"));
  run = RunSealbookd({"init", "--config", site.config_file(), "--yes"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("Next: sealbookd serve"));
  run = RunSealbookd({"init", "--config", site.config_file(), "--yes"});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("is not empty"));
}

}  // namespace
}  // namespace sealbook::server

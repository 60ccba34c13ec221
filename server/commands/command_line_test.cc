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
  for (const std::string command :
       {"init", "serve", "check", "backup", "restore", "migrate", "status",
        "version"}) {
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
  TestSite site;
  for (const std::string command : {"backup", "restore"}) {
    EXPECT_EQ(RunSealbookd({command, "--config", site.config_file()}).code, 2);
  }
  // Exactly one of the two.
  EXPECT_EQ(RunSealbookd({"check"}).code, 2);
  EXPECT_EQ(
      RunSealbookd({"check", "-c", site.config_file(), "--backup", "b"}).code,
      2);
}

TEST(CommandLineTest, VersionNamesTheDraftAndTheLibraries) {
  for (const std::string way : {"version", "--version"}) {
    const Finished run = RunSealbookd({way});
    EXPECT_EQ(run.code, 0);
    EXPECT_THAT(run.out, HasSubstr("commit 526cc8a"));
    EXPECT_THAT(run.out, HasSubstr("gRPC 1."));
    EXPECT_THAT(run.out, HasSubstr("OpenSSL 3."));
    EXPECT_THAT(run.out, HasSubstr("libsodium 1."));
  }
}

TEST(CommandLineTest, AWrongConfigurationIsCode2WithItsLine) {
  TestSite site;
  WriteFile(site.config_file(), site.config_text() + "colour: \"blue\"\n");
  for (const std::string command :
       {"init", "serve", "check", "migrate", "check-config", "status"}) {
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

TEST(CommandLineTest, CheckConfigReadsTheFilesThatAreNamed) {
  TestSite site;
  Finished run = RunSealbookd({"check-config", "--config", site.config_file()});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("no problems; 1 publishers"));
  WriteFile(site.path("anchors.pem"), "nothing");
  run = RunSealbookd({"check-config", "--config", site.config_file()});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr(site.path("anchors.pem")));
}

TEST(CommandLineTest, InitThenCheck) {
  TestSite site;
  Finished run = RunSealbookd({"check", "--config", site.config_file()});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("sealbookd init"));
  run = RunSealbookd(
      {"init", "--config", site.config_file(), "--yes", "--keys-backed-up"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("Next: sealbookd serve"));
  run = RunSealbookd(
      {"init", "--config", site.config_file(), "--yes", "--keys-backed-up"});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("is not empty"));
}

TEST(CommandLineTest, BackupThenCheckIt) {
  TestSite site;
  site.Start();
  const std::string backup = site.path("backup");
  Finished run =
      RunSealbookd({"backup", "-c", site.config_file(), "--to", backup});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("sealbookd check --backup " + backup));
  run = RunSealbookd({"check", "--backup", backup});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("the store is sound"));
  run = RunSealbookd({"restore", "-c", site.config_file(), "--from", backup});
  EXPECT_EQ(run.code, 3) << run.err;
  EXPECT_THAT(run.err, HasSubstr("does not become the same log again"));
  run = RunSealbookd({"check", "--backup", site.path("none")});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("not a finished backup"));
}

}  // namespace
}  // namespace sealbook::server

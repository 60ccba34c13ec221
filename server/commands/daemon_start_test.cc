// What keeps a server from starting, and what a restart keeps.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "crypto/types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/clock.h"
#include "server/commands/daemon.h"
#include "server/commands/exit_code.h"
#include "server/commands/testing/test_site.h"

namespace sealbook::server {
namespace {

namespace fs = std::filesystem;
using testing::Clients;
using ::testing::HasSubstr;
using testing::TestSite;
using testing::WriteFile;

class DaemonStartTest : public ::testing::Test {
 protected:
  // Starts with another address of the public port.
  absl::Status StartErrorAt(const std::string& address) {
    const std::string listener = "public_listener {\n  address: \"";
    return StartErrorWith(listener + "localhost:0", listener + address);
  }

  // Starts with a configuration in which `what` is replaced.
  absl::Status StartErrorWith(const std::string& what,
                              const std::string& replacement) {
    absl::StatusOr<Config> config = ParseConfig(
        absl::StrReplaceAll(site_.config_text(), {{what, replacement}}),
        site_.config_file());
    if (!config.ok()) return config.status();
    return Daemon::Start(*config, SystemClock(), [](const absl::Status&) {})
        .status();
  }

  static void ExpectError(const absl::Status& status, absl::StatusCode code,
                          ExitCode exit_code, const std::string& words) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(ExitCodeOf(status), exit_code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  TestSite site_;
};

TEST_F(DaemonStartTest, WhatWasPublishedIsThereAfterARestart) {
  uint64_t tree_size = 0;
  {
    const std::unique_ptr<Daemon> daemon = site_.Start();
    Clients clients(site_, *daemon);
    v1::PublishResponse response;
    ASSERT_TRUE(
        clients.Publish({site_.Item({"stays@example.org"})}, &response).ok());
    tree_size = response.tree_size();
    daemon->Drain(std::chrono::seconds(10));
  }
  const std::unique_ptr<Daemon> daemon = site_.Start();
  Clients clients(site_, *daemon);
  const testing::LookUp found = clients.Find("stays@example.org");
  ASSERT_TRUE(found.verified.ok()) << found.verified;
  ASSERT_TRUE(found.found.has_value());
  EXPECT_GT(found.found->view.size(), tree_size);
  // Known intermediates are known again: this one comes without.
  v1::PublishItem item = site_.Item({"later@example.org"});
  item.clear_intermediates();
  v1::PublishResponse response;
  ASSERT_TRUE(clients.Publish({item}, &response).ok());
  EXPECT_EQ(response.results(0).code(), 0) << response.results(0).message();
}

TEST_F(DaemonStartTest, ServesALogOfTheOtherCipherSuite) {
  {
    const std::unique_ptr<Daemon> daemon =
        site_.Start("log { cipher_suite: CIPHER_SUITE_ED25519 }");
    Clients clients(site_, *daemon);
    EXPECT_EQ(clients.Configuration().ciphersuite,
              crypto::CipherSuite::kEd25519);
    v1::PublishResponse response;
    ASSERT_TRUE(
        clients.Publish({site_.Item({"edwards@example.org"})}, &response).ok());
    EXPECT_EQ(response.results(0).code(), 0) << response.results(0).message();
    daemon->Drain(std::chrono::seconds(10));
  }
  // What the log is of stands in its data, not in the server's configuration.
  const std::unique_ptr<Daemon> daemon = site_.Start();
  Clients clients(site_, *daemon);
  const testing::LookUp found = clients.Find("edwards@example.org");
  ASSERT_TRUE(found.verified.ok()) << found.verified;
  EXPECT_TRUE(found.found.has_value());
  const testing::LookUp absent = clients.Find("nobody@example.org");
  EXPECT_TRUE(absent.verified.ok()) << absent.verified;
  EXPECT_TRUE(absent.answer.has_absence());
}

TEST_F(DaemonStartTest, RefusesAnOlderCopyOfTheData) {
  site_.Start().reset();
  fs::copy(site_.path("data"), site_.path("backup"),
           fs::copy_options::recursive);
  {
    const std::unique_ptr<Daemon> daemon = site_.Start();
    Clients clients(site_, *daemon);
    v1::PublishResponse response;
    ASSERT_TRUE(
        clients.Publish({site_.Item({"lost@example.org"})}, &response).ok());
  }
  fs::remove_all(site_.path("data"));
  fs::rename(site_.path("backup"), site_.path("data"));
  ExpectError(site_.StartError(), absl::StatusCode::kFailedPrecondition,
              ExitCode::kUnsafe, "older");
}

TEST_F(DaemonStartTest, RefusesAMarkThatIsMissingDamagedOrAnotherLogs) {
  site_.Start().reset();
  fs::rename(site_.path("mark/mark"), site_.path("mark/kept"));
  ExpectError(site_.StartError(), absl::StatusCode::kNotFound,
              ExitCode::kUnsafe, "high-water mark is not");

  WriteFile(site_.path("mark/mark"), "no mark");
  ExpectError(site_.StartError(), absl::StatusCode::kDataLoss,
              ExitCode::kUnsafe, site_.path("mark/mark"));

  TestSite other;
  ASSERT_TRUE(other.Init().ok());
  fs::copy_file(other.path("mark/mark"), site_.path("mark/mark"),
                fs::copy_options::overwrite_existing);
  ExpectError(site_.StartError(), absl::StatusCode::kFailedPrecondition,
              ExitCode::kUnsafe, "not of this one");
}

TEST_F(DaemonStartTest, RefusesOtherKeysThanTheLogs) {
  ASSERT_TRUE(site_.Init().ok());
  TestSite other;
  ASSERT_TRUE(other.Init().ok());
  for (const std::string key : {"vrf.pem", "signing.pem"}) {
    fs::copy_file(other.path(key), site_.path(key),
                  fs::copy_options::overwrite_existing);
    ExpectError(site_.StartError(), absl::StatusCode::kFailedPrecondition,
                ExitCode::kUnsafe, site_.path(key));
  }
}

TEST_F(DaemonStartTest, RefusesAFolderWithoutALog) {
  ExpectError(site_.StartError(), absl::StatusCode::kNotFound, ExitCode::kError,
              "sealbookd init");
  fs::create_directory(site_.path("data"));
  WriteFile(site_.path("data/notes.txt"), "not a log");
  ExpectError(site_.StartError(), absl::StatusCode::kFailedPrecondition,
              ExitCode::kUnsafe, site_.path("data"));
}

TEST_F(DaemonStartTest, RefusesALogThatAnotherServerHas) {
  const std::unique_ptr<Daemon> daemon = site_.Start();
  ExpectError(site_.StartError(), absl::StatusCode::kUnavailable,
              ExitCode::kError, site_.path("data"));
}

TEST_F(DaemonStartTest, RefusesAMarkOnTheDatasFileSystem) {
  ASSERT_TRUE(site_.Init().ok());
  ExpectError(StartErrorWith("mark_on_same_file_system: true", ""),
              absl::StatusCode::kFailedPrecondition, ExitCode::kUsage,
              "mark_on_same_file_system: true");
}

TEST_F(DaemonStartTest, NamesAPortThatIsTaken) {
  ASSERT_TRUE(site_.Init().ok());
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string taken = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  const absl::Status status = StartErrorAt(taken);
  close(fd);
  ExpectError(status, absl::StatusCode::kUnavailable, ExitCode::kError, taken);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is taken"));
}

TEST_F(DaemonStartTest, NamesAnAddressThatIsNotHere) {
  ASSERT_TRUE(site_.Init().ok());
  // TEST-NET-1 (RFC 5737): nobody's.
  ExpectError(StartErrorAt("192.0.2.1:8443"), absl::StatusCode::kUnavailable,
              ExitCode::kError, "no address of this machine");
  ExpectError(StartErrorAt("no-such-host.invalid:8443"),
              absl::StatusCode::kUnavailable, ExitCode::kError,
              "no-such-host.invalid is not known");
}

TEST_F(DaemonStartTest, NamesAFileThatIsWrongBeforeItOpensTheLog) {
  struct Case {
    std::string file, contents, words;
  };
  const Case cases[] = {
      {"server.pem", "nothing", "certificate"},
      {"server.pem", site_.publisher().certificate_pem,
       "not the one of the certificate"},
      {"server.key", "nothing", "no private key"},
      {"tls-ca.pem", site_.publisher().certificate_pem, "CA"},
      {"anchors.pem", "", "certificate-file"},
  };
  for (const Case& c : cases) {
    const std::string path = site_.path(c.file);
    const std::string kept = site_.path("kept");
    fs::copy_file(path, kept, fs::copy_options::overwrite_existing);
    WriteFile(path, c.contents);
    // There is no log either, and that is not what is reported.
    const absl::Status status = site_.StartError();
    ExpectError(status, absl::StatusCode::kInvalidArgument, ExitCode::kError,
                c.words);
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
    fs::copy_file(kept, path, fs::copy_options::overwrite_existing);
  }
  fs::permissions(site_.path("server.key"), fs::perms::others_read,
                  fs::perm_options::add);
  ExpectError(site_.StartError(), absl::StatusCode::kFailedPrecondition,
              ExitCode::kError, "chmod 600");
}

}  // namespace
}  // namespace sealbook::server

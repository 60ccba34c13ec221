// Runs the command line in this process, against a FakeServer over TLS.
#ifndef SEALBOOK_CLIENT_CLI_TESTING_CLI_TEST_H_
#define SEALBOOK_CLIENT_CLI_TESTING_CLI_TEST_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "client/cli/command_line.h"
#include "client/files.h"
#include "client/testing/fake_server.h"
#include "client/testing/temp_folder.h"
#include "client/testing/tls.h"
#include "crypto/hash.h"
#include "keytrans/testing/test_log.h"
#include "nlohmann/json.hpp"
#include "proto/sealbook/v1/records.pb.h"
#include "smime/testing/test_ca.h"

namespace sealbook::client {

struct CliResult {
  int code = 0;
  std::string out;
  std::string err;

  // What was printed with --json; null when it is no JSON.
  nlohmann::json json() const {
    return nlohmann::json::parse(out, nullptr, /*allow_exceptions=*/false);
  }
};

// A log in which alice@example.org has a certificate for Alice@Example.org, and
// nobody else has one. The time is smime::testing::kNowMs + 5 s.
class CliTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kNow = smime::testing::kNowMs + 5000;

  CliTest()
      : log_(/*window=*/1000, keytrans::TestKeys::kReal),
        tls_ca_(TlsCa("TLS CA")),
        server_(log_, ServerTls(tls_ca_)),
        root_(smime::testing::TestCa::Root({.common_name = "Root"})),
        issuing_(root_.IssueCa({.common_name = "Issuing"})),
        alice_(issuing_.Issue({.emails = {"Alice@Example.org"}})),
        ca_file_(Write("tls-ca.pem", tls_ca_.pem())),
        configuration_file_(
            Write("configuration.tls", log_.configuration().Encode())) {
    log_.Append(kNow - 5000, {{"alice@example.org", AliceEntry()}});
    log_.Append(kNow - 3000, {});
    log_.Append(kNow - 3000, {});
    server_.issuers = {root_.der(), issuing_.der()};
  }

  std::string AliceEntry() const {
    v1::DirectoryEntry entry;
    entry.set_format(1);
    entry.set_publisher("demo-ca");
    entry.mutable_issued()->set_certificate_sha256(
        crypto::Sha256(alice_.der).ToString());
    v1::CertificateInForce* listed = entry.add_certificates();
    listed->set_certificate(alice_.der);
    listed->set_role(v1::ROLE_SIGN_AND_ENCRYPT);
    listed->add_issuer_sha256(crypto::Sha256(issuing_.der()).ToString());
    listed->add_issuer_sha256(crypto::Sha256(root_.der()).ToString());
    return entry.SerializeAsString();
  }

  std::string path(const std::string& name) const { return temp_.path(name); }
  std::string Write(const std::string& name, const std::string& contents) {
    EXPECT_TRUE(WriteNewFile(path(name), contents).ok()) << name;
    return path(name);
  }

  CliResult RunCli(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "sealbook");
    std::ostringstream out, err;
    Terminal terminal{.out = out,
                      .err = err,
                      .err_is_terminal = err_is_terminal_,
                      .clock = [this] { return now_; },
                      .sleep =
                          [this](uint64_t ms) {
                            slept_.push_back(ms);
                            if (while_asleep_) while_asleep_();
                          }};
    CliResult result;
    result.code = RunCommandLine(arguments, terminal);
    result.out = out.str();
    result.err = err.str();
    return result;
  }

  // `sealbook configure` with what is needed beside the server, and more.
  CliResult Configure(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {
        "configure", "--server", server_.target(), "--ca",
        ca_file_,    "--state",  path("state")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCli(arguments);
  }
  void ConfigureWell() {
    CliResult result = Configure({"--configuration", configuration_file_});
    ASSERT_EQ(result.code, 0) << result.err;
  }
  CliResult LookUp(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"lookup", "--state", path("state")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCli(arguments);
  }

  TempFolder temp_;
  uint64_t now_ = kNow;
  bool err_is_terminal_ = false;
  // Where a command waits for the server's limit.
  std::vector<uint64_t> slept_;
  std::function<void()> while_asleep_;
  keytrans::TestLog log_;
  smime::testing::TestCa tls_ca_;
  FakeServer server_;
  smime::testing::TestCa root_;
  smime::testing::TestCa issuing_;
  smime::testing::TestCertificate alice_;
  std::string ca_file_;
  std::string configuration_file_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_TESTING_CLI_TEST_H_

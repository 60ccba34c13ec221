// A whole installation for tests: certificate authorities, files,
// configuration, a log made by `init`, and clients that believe nothing.
//
//   TestSite site;
//   std::unique_ptr<Daemon> daemon = site.Start();
//   Clients clients(site, *daemon);
//   clients.Publish({site.Item({"alice@example.org"})});
#ifndef SEALBOOK_SERVER_COMMANDS_TESTING_TEST_SITE_H_
#define SEALBOOK_SERVER_COMMANDS_TESTING_TEST_SITE_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "keytrans/structures.h"
#include "keytrans/verifier.h"
#include "proto/sealbook/v1/directory.grpc.pb.h"
#include "proto/sealbook/v1/key_transparency.grpc.pb.h"
#include "proto/sealbook/v1/publisher.grpc.pb.h"
#include "server/clock.h"
#include "server/commands/daemon.h"
#include "server/config/config.h"
#include "server/services/testing/test_tls.h"
#include "server/storage/testing/temporary_directory.h"
#include "smime/testing/test_ca.h"

namespace sealbook::server::testing {

void WriteFile(const std::string& path, const std::string& contents);

class TestSite {
 public:
  // Writes keys for TLS, certificates and the configuration file; ports are
  // chosen by the system. The publisher "test-ca" speaks for issuing().
  TestSite();

  std::string path(const std::string& name) const {
    return folder_ + "/" + name;
  }
  std::string config_file() const { return path("sealbookd.textproto"); }
  // As LoadConfig reads it; aborts when it does not. `more` is added to the
  // file's text, for this once.
  Config config(const std::string& more = "") const;
  // The text of the configuration file.
  const std::string& config_text() const { return config_text_; }

  // Adds `more` to the configuration file, for good.
  void AddConfig(const std::string& more);

  // Makes the log, once. `more_config` as in config().
  absl::Status Init(const std::string& more_config = "");
  // Makes the log if there is none, and starts a server. Aborts when it cannot.
  // `clock` outlives the server; certificates are valid by the system's.
  std::unique_ptr<Daemon> Start(const std::string& more_config = "",
                                const Clock& clock = SystemClock());
  // The error of a start that must fail.
  absl::Status StartError(const std::string& more_config = "");

  const TestTls& tls() const { return tls_; }
  const TlsIdentity& publisher() const { return publisher_; }
  // Issues S/MIME certificates that the publisher may publish, below root().
  const smime::testing::TestCa& issuing() const { return issuing_; }
  const smime::testing::TestCa& root() const { return root_; }
  // Below root() too, but the publisher does not speak for it.
  const smime::testing::TestCa& other_issuing() const { return other_; }

  // A certificate for `emails` that is valid today, from issuing().
  smime::testing::TestCertificate Certificate(
      const std::vector<std::string>& emails) const;
  // Options for such a certificate.
  smime::testing::CertificateOptions Options(
      const std::vector<std::string>& emails) const;
  // It with its intermediate, ready to be published.
  v1::PublishItem Item(const std::vector<std::string>& emails) const;
  v1::PublishItem ItemOf(const std::string& der) const;

 private:
  TemporaryDirectory directory_;
  // Its path as the configuration writes it.
  const std::string folder_;
  TestTls tls_;
  TlsIdentity publisher_;
  smime::testing::TestCa root_;
  smime::testing::TestCa issuing_;
  smime::testing::TestCa other_;
  std::string config_text_;
  bool made_ = false;
};

// What a verified look-up found.
struct LookUp {
  grpc::Status status;
  // The answer's bytes verify; else the refusal.
  absl::Status verified;
  // Absent: proven absence (when all is OK).
  std::optional<keytrans::VerifiedVersion> found;
  v1::SearchAnswer answer;
};

// A publisher and a mail client.
class Clients {
 public:
  Clients(const TestSite& site, const Daemon& daemon);

  grpc::Status Publish(const std::vector<v1::PublishItem>& items,
                       v1::PublishResponse* response);
  grpc::Status Publish(const v1::PublishRequest& request,
                       v1::PublishResponse* response);
  LookUp Find(const std::string& label);
  // Sends `request` as it is.
  grpc::Status Search(const std::string& request, v1::SearchAnswer* answer);

  const std::shared_ptr<grpc::Channel>& public_channel() const {
    return public_;
  }
  const std::shared_ptr<grpc::Channel>& publisher_channel() const {
    return publisher_;
  }
  keytrans::Configuration Configuration();

 private:
  std::shared_ptr<grpc::Channel> public_;
  std::shared_ptr<grpc::Channel> publisher_;
};

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_COMMANDS_TESTING_TEST_SITE_H_

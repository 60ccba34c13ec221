// A TLS authority for tests, with a server "localhost" and clients, valid
// today: gRPC judges certificates by the machine's clock.
#ifndef SEALBOOK_SERVER_SERVICES_TESTING_TEST_TLS_H_
#define SEALBOOK_SERVER_SERVICES_TESTING_TEST_TLS_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "smime/testing/test_ca.h"
#include "smime/types.h"

namespace sealbook::server::testing {

struct TlsIdentity {
  std::string certificate_pem;
  std::string private_key_pem;
  // SHA-256 of its SubjectPublicKeyInfo.
  smime::KeyHash key_hash;
};

// Immutable: thread-safe.
class TestTls {
 public:
  TestTls();

  // PEM.
  const std::string& ca() const { return ca_.pem(); }
  const TlsIdentity& server() const { return server_; }
  // A new client certificate.
  TlsIdentity Client(const std::string& name) const;

 private:
  smime::testing::TestCa ca_;
  TlsIdentity server_;
};

// A new connection to localhost:`port` that trusts `ca`. Without `client` it
// shows no certificate.
std::shared_ptr<grpc::Channel> Connect(int port, const std::string& ca,
                                       const TlsIdentity* client = nullptr);

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_SERVICES_TESTING_TEST_TLS_H_

// TLS for a listener whose certificates can be exchanged while it is open: new
// connections get the new ones, those that stand stay as they are.
//
//   auto tls = std::make_shared<TlsCredentials>(files, gate);
//   RpcServer::Start({.credentials = tls, ...});
//   tls->Replace(newer_files);
//
// On gRPC's C interface: its C++ one has certificates that cannot change, or
// experimental ones that are read from files every so many seconds, without
// saying whether they fit.
#ifndef SEALBOOK_SERVER_SERVICES_TLS_CREDENTIALS_H_
#define SEALBOOK_SERVER_SERVICES_TLS_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/services/tls_files.h"

namespace sealbook::server {

// Judges a caller by its verified client certificate (PEM; empty: none was
// shown), before any message of the call is read. Called from any thread,
// often.
using CallerGate =
    std::function<absl::Status(absl::string_view certificate_pem)>;

// Thread-safe.
class TlsCredentials final : public grpc::ServerCredentials {
 public:
  // With client CAs in `files`, a client certificate that is shown must be
  // below one of them, else the handshake fails; whether one must be shown is
  // the gate's to say. Without a gate everybody may call.
  explicit TlsCredentials(TlsFiles files, CallerGate gate = nullptr);
  ~TlsCredentials() override;

  // For the next handshakes. FAILED_PRECONDITION: `files` have client CAs and
  // the first ones had none, or the other way round: that takes a restart.
  absl::Status Replace(TlsFiles files);

 private:
  class Source;
  class Owned;

  // The gate takes its place.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}
  int AddPortToServer(const std::string& address, grpc_server* server) override;

  const std::shared_ptr<Source> source_;
  grpc_server_credentials* const credentials_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_TLS_CREDENTIALS_H_

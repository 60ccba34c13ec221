#include "server/services/tls_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <utility>

#include "base/mutex.h"
#include "crypto/secret_text.h"
#include "server/services/grpc_status.h"

namespace sealbook::server {

// What handshakes work with.
class TlsCredentials::Source {
 public:
  explicit Source(TlsFiles files)
      : asks_clients_(!files.client_cas.empty()), files_(std::move(files)) {}

  bool asks_clients() const { return asks_clients_; }

  void Replace(TlsFiles files) {
    MutexLock lock(mutex_);
    files_ = std::move(files);
    fresh_ = true;
  }

  // A port that is opened starts with nothing.
  void FetchAnew() {
    MutexLock lock(mutex_);
    fresh_ = true;
  }

  // grpc_ssl_server_certificate_config_callback.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* source, grpc_ssl_server_certificate_config** config) {
    return static_cast<Source*>(source)->Fetch(config);
  }

 private:
  grpc_ssl_certificate_config_reload_status Fetch(
      grpc_ssl_server_certificate_config** config) {
    MutexLock lock(mutex_);
    if (!fresh_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    std::string key(files_.private_key.view());
    const grpc_ssl_pem_key_cert_pair pair = {key.c_str(),
                                             files_.certificates.c_str()};
    // gRPC insists on CAs here. Where no client is asked for a certificate none
    // is ever compared with them, and our own certificates do as well as any.
    const std::string& cas =
        asks_clients_ ? files_.client_cas : files_.certificates;
    *config = grpc_ssl_server_certificate_config_create(cas.c_str(), &pair, 1);
    crypto::Wipe(key);
    if (*config == nullptr) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
    fresh_ = false;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const bool asks_clients_;
  Mutex mutex_;
  TlsFiles files_ ABSL_GUARDED_BY(mutex_);
  // gRPC has not fetched `files_` yet.
  bool fresh_ ABSL_GUARDED_BY(mutex_) = true;
};

// What gRPC's credentials own: it deletes this with them, which may be after
// the TlsCredentials have gone.
class TlsCredentials::Owned {
 public:
  Owned(std::shared_ptr<Source> source, CallerGate gate)
      : source_(std::move(source)), gate_(std::move(gate)) {}

  static void Process(void* owned, grpc_auth_context* context,
                      const grpc_metadata*, size_t,
                      grpc_process_auth_metadata_done_cb done,
                      void* user_data) {
    grpc_auth_property_iterator found =
        grpc_auth_context_find_properties_by_name(
            context, GRPC_X509_PEM_CERT_PROPERTY_NAME);
    const grpc_auth_property* pem = grpc_auth_property_iterator_next(&found);
    const grpc::Status status =
        ToGrpcStatus(static_cast<const Owned*>(owned)->gate_(
            pem == nullptr ? absl::string_view()
                           : absl::string_view(pem->value, pem->value_length)));
    done(user_data, nullptr, 0, nullptr, 0,
         static_cast<grpc_status_code>(status.error_code()),
         status.ok() ? nullptr : status.error_message().c_str());
  }

  static void Delete(void* owned) { delete static_cast<Owned*>(owned); }

  bool has_gate() const { return gate_ != nullptr; }

 private:
  const std::shared_ptr<Source> source_;
  const CallerGate gate_;
};

namespace {

grpc_server_credentials* MakeCredentials(
    bool asks_clients, grpc_ssl_server_certificate_config_callback fetch,
    void* source) {
  // Takes the options over.
  return grpc_ssl_server_credentials_create_with_options(
      grpc_ssl_server_credentials_create_options_using_config_fetcher(
          asks_clients ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
                       : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
          fetch, source));
}

}  // namespace

TlsCredentials::TlsCredentials(TlsFiles files, CallerGate gate)
    : source_(std::make_shared<Source>(std::move(files))),
      credentials_(MakeCredentials(source_->asks_clients(), &Source::Fetch,
                                   source_.get())) {
  auto* const owned = new Owned(source_, std::move(gate));
  grpc_server_credentials_set_auth_metadata_processor(
      credentials_, {.process = owned->has_gate() ? &Owned::Process : nullptr,
                     .destroy = &Owned::Delete,
                     .state = owned});
}

TlsCredentials::~TlsCredentials() {
  grpc_server_credentials_release(credentials_);
}

absl::Status TlsCredentials::Replace(TlsFiles files) {
  if (files.client_cas.empty() == source_->asks_clients()) {
    return absl::FailedPreconditionError(
        "whether a port asks clients for certificates cannot change while it "
        "is open");
  }
  source_->Replace(std::move(files));
  return absl::OkStatus();
}

int TlsCredentials::AddPortToServer(const std::string& address,
                                    grpc_server* server) {
  source_->FetchAnew();
  return grpc_server_add_http2_port(server, address.c_str(), credentials_);
}

}  // namespace sealbook::server

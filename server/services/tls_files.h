// The certificates and keys that a listener works with, read and checked before
// it is opened: gRPC itself says of a wrong file only that it failed.
#ifndef SEALBOOK_SERVER_SERVICES_TLS_FILES_H_
#define SEALBOOK_SERVER_SERVICES_TLS_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "crypto/secret_text.h"
#include "server/config/config.h"

namespace sealbook::server {

struct TlsFiles {
  // PEM: the server's certificate and its intermediates.
  std::string certificates;
  // PEM.
  crypto::SecretText private_key;
  // PEM; empty: clients show no certificate.
  std::string client_cas;
};

// Reads the files that `listener` names. The message of every error names the
// file: it cannot be read; it holds no certificate; the private key is readable
// by others (crypto/key_file.h), encrypted, or another one than the
// certificate's; a client CA is none.
absl::StatusOr<TlsFiles> ReadTlsFiles(const ListenerConfig& listener);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_TLS_FILES_H_

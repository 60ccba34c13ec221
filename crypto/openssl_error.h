// OpenSSL's error queue as text. The queue belongs to the thread; what one call
// leaves in it would be blamed on the next.
#ifndef SEALBOOK_CRYPTO_OPENSSL_ERROR_H_
#define SEALBOOK_CRYPTO_OPENSSL_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sealbook::crypto {

// The queued errors, oldest first, joined by "; "; empty when there are none.
// Clears the queue.
std::string TakeOpenSslErrors();

// "`what`: <queued errors>", or "`what`" alone. Clears the queue.
absl::Status OpenSslError(absl::StatusCode code, absl::string_view what);

// Clears the queue now and again at the end of the scope: for functions whose
// failure is described by ourselves.
class ScopedOpenSslErrors {
 public:
  ScopedOpenSslErrors();
  ~ScopedOpenSslErrors();
  ScopedOpenSslErrors(const ScopedOpenSslErrors&) = delete;
  ScopedOpenSslErrors& operator=(const ScopedOpenSslErrors&) = delete;
};

// Ends the process, naming `what`, unless `ok`. Only for calls that fail for no
// input: memory is exhausted or OpenSSL has no SHA-256.
void RequireOpenSsl(bool ok, const char* what);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_OPENSSL_ERROR_H_

#include "crypto/openssl_error.h"

#include <openssl/err.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace sealbook::crypto {

std::string TakeOpenSslErrors() {
  std::string text;
  while (unsigned long code = ERR_get_error()) {
    std::array<char, 256> line;
    ERR_error_string_n(code, line.data(), line.size());
    absl::StrAppend(&text, text.empty() ? "" : "; ", line.data());
  }
  return text;
}

absl::Status OpenSslError(absl::StatusCode code, absl::string_view what) {
  std::string errors = TakeOpenSslErrors();
  if (errors.empty()) return absl::Status(code, what);
  return absl::Status(code, absl::StrCat(what, ": ", errors));
}

ScopedOpenSslErrors::ScopedOpenSslErrors() { ERR_clear_error(); }

ScopedOpenSslErrors::~ScopedOpenSslErrors() { ERR_clear_error(); }

void RequireOpenSsl(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "fatal: %s failed: %s\n", what,
               TakeOpenSslErrors().c_str());
  std::abort();
}

}  // namespace sealbook::crypto

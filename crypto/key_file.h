// Private keys in PEM files.
#ifndef SEALBOOK_CRYPTO_KEY_FILE_H_
#define SEALBOOK_CRYPTO_KEY_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sealbook::crypto {

// Text that is wiped when it goes (OPENSSL_cleanse). Movable, not copyable.
class SecretText {
 public:
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(SecretText&& other) noexcept;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText();

  absl::string_view view() const { return text_; }

 private:
  std::string text_;
};

// NOT_FOUND: no such file. FAILED_PRECONDITION: the file may be read or written
// by group or others, or is owned by somebody else (the message names the file,
// its mode and `chmod 600`). INVALID_ARGUMENT: larger than 64 KiB.
absl::StatusOr<SecretText> ReadKeyFile(const std::string& path);

// Creates `path` with mode 0600, durably (file and folder synced).
// ALREADY_EXISTS: never overwrites.
absl::Status WriteKeyFile(const std::string& path, const SecretText& pem);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_KEY_FILE_H_

// Text that is wiped when it goes (OPENSSL_cleanse), such as a key in PEM.
#ifndef SEALBOOK_CRYPTO_SECRET_TEXT_H_
#define SEALBOOK_CRYPTO_SECRET_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sealbook::crypto {

// Movable, not copyable; empty after it was moved from. Thread-compatible.
class SecretText {
 public:
  SecretText() = default;
  // Takes the bytes over and leaves nothing of them in `text`. There is no copy
  // from an lvalue: a copy that stays with the caller would not be wiped.
  explicit SecretText(std::string&& text);
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(SecretText&& other) noexcept;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText();

  // Valid until this object changes.
  absl::string_view view() const { return text_; }

 private:
  std::string text_;
};

// Overwrites all of `text`, its unused capacity included, and empties it.
void Wipe(std::string& text);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_SECRET_TEXT_H_

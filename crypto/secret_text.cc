#include "crypto/secret_text.h"

#include <openssl/crypto.h>

#include <utility>

namespace sealbook::crypto {

void Wipe(std::string& text) {
  // Growing to the capacity never reallocates.
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

SecretText::SecretText(std::string&& text) : text_(std::move(text)) {
  // A short string keeps its bytes inside the object: moving copied them.
  Wipe(text);
}

SecretText::SecretText(SecretText&& other) noexcept
    : text_(std::move(other.text_)) {
  Wipe(other.text_);
}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this == &other) return *this;
  Wipe(text_);
  text_ = std::move(other.text_);
  Wipe(other.text_);
  return *this;
}

SecretText::~SecretText() { Wipe(text_); }

}  // namespace sealbook::crypto

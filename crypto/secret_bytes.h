// A fixed number of bytes that are wiped when they go (OPENSSL_cleanse), such
// as a private scalar or a nonce.
#ifndef SEALBOOK_CRYPTO_SECRET_BYTES_H_
#define SEALBOOK_CRYPTO_SECRET_BYTES_H_

#include <openssl/crypto.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sealbook::crypto {

// All zero by default. A copy is wiped when it goes itself. Thread-compatible.
template <size_t N>
class SecretBytes {
 public:
  SecretBytes() = default;
  SecretBytes(const SecretBytes&) = default;
  SecretBytes& operator=(const SecretBytes&) = default;
  ~SecretBytes() { OPENSSL_cleanse(bytes_.data(), N); }

  uint8_t* data() { return bytes_.data(); }
  const uint8_t* data() const { return bytes_.data(); }
  static constexpr size_t size() { return N; }
  uint8_t& operator[](size_t index) { return bytes_[index]; }
  uint8_t operator[](size_t index) const { return bytes_[index]; }
  // Valid until this object goes.
  absl::string_view view() const {
    return absl::string_view(reinterpret_cast<const char*>(bytes_.data()), N);
  }

 private:
  std::array<uint8_t, N> bytes_{};
};

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_SECRET_BYTES_H_

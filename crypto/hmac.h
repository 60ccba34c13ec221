// HMAC-SHA256 (RFC 2104) with keys of at most one block.
#ifndef SEALBOOK_CRYPTO_HMAC_H_
#define SEALBOOK_CRYPTO_HMAC_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "crypto/openssl_ptr.h"
#include "crypto/types.h"

namespace sealbook::crypto {

// For a key that is used once; cheaper than an object. Requires
// key.size() <= 64.
Hash ComputeHmacSha256(absl::string_view key, absl::string_view message);

// One key. What follows from the key alone (the inner and the outer block) is
// hashed once, when it is made. Immutable and thread-safe.
class HmacSha256 {
 public:
  // Requires key.size() <= 64.
  explicit HmacSha256(absl::string_view key);

  Hash Compute(absl::string_view message) const;

 private:
  EvpMdCtxPtr inner_;
  EvpMdCtxPtr outer_;
};

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_HMAC_H_

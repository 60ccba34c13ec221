// Random bytes, injected so that tests and vectors can fix them.
#ifndef SEALBOOK_CRYPTO_RANDOM_H_
#define SEALBOOK_CRYPTO_RANDOM_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/types.h"

namespace sealbook::crypto {

// Implementations are thread-safe.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  // Fills `size` bytes at `data`. INTERNAL when the generator fails; the bytes
  // must not be used then.
  virtual absl::Status Fill(uint8_t* data, size_t size) = 0;
};

// The operating system's generator through OpenSSL. Never deleted.
RandomSource& SystemRandom();

// A fresh commitment opening.
absl::StatusOr<Opening> NewOpening(RandomSource& random);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_RANDOM_H_

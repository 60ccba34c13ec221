// Reproducible keys and random bytes for tests of any folder.
#ifndef SEALBOOK_CRYPTO_TEST_UTIL_H_
#define SEALBOOK_CRYPTO_TEST_UTIL_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "crypto/random.h"

namespace sealbook::crypto {

// SEC 1 PEM text of the P-256 private key with this scalar (64 hexadecimal
// digits, in [1, n)), without its public key.
std::string P256PemForTest(absl::string_view scalar_hex);

// The same bytes for the same seed. Thread-safe.
class SeededRandom : public RandomSource {
 public:
  explicit SeededRandom(uint64_t seed) : engine_(seed) {}

  absl::Status Fill(uint8_t* data, size_t size) override;
  std::string Bytes(size_t size);

 private:
  Mutex mutex_;
  std::mt19937_64 engine_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_TEST_UTIL_H_

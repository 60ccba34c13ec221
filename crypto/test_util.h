// Reproducible keys and random bytes for tests of any folder.
#ifndef SEALBOOK_CRYPTO_TEST_UTIL_H_
#define SEALBOOK_CRYPTO_TEST_UTIL_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "crypto/random.h"

namespace sealbook::crypto {

// SEC 1 PEM text of the P-256 private key with this scalar (64 hexadecimal
// digits, in [1, n)), without its public key.
std::string P256PemForTest(absl::string_view scalar_hex);

// PKCS#8 PEM text of the Ed25519 private key with these bytes (64 hexadecimal
// digits).
std::string Ed25519PemForTest(absl::string_view seed_hex);

// The 8 points of edwards25519 whose order divides 8, 32 bytes each; the
// identity stands first. The second list has all their encodings that are not
// canonical.
const std::vector<std::string>& SmallOrderPointsForTest();
const std::vector<std::string>& NonCanonicalSmallOrderPointsForTest();

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

#include "crypto/random.h"

#include <openssl/rand.h>

#include <algorithm>
#include <limits>

#include "base/status_macros.h"
#include "crypto/openssl_error.h"

namespace sealbook::crypto {
namespace {

class OpenSslRandom : public RandomSource {
 public:
  absl::Status Fill(uint8_t* data, size_t size) override {
    ScopedOpenSslErrors errors;
    while (size > 0) {
      // RAND_bytes counts in int.
      size_t chunk = std::min<size_t>(size, std::numeric_limits<int>::max());
      if (RAND_bytes(data, static_cast<int>(chunk)) != 1) {
        return OpenSslError(absl::StatusCode::kInternal,
                            "the system's random generator failed");
      }
      data += chunk;
      size -= chunk;
    }
    return absl::OkStatus();
  }
};

}  // namespace

RandomSource& SystemRandom() {
  static RandomSource& random = *new OpenSslRandom;
  return random;
}

absl::StatusOr<Opening> NewOpening(RandomSource& random) {
  Opening opening;
  SEALBOOK_RETURN_IF_ERROR(random.Fill(opening.data(), opening.size()));
  return opening;
}

}  // namespace sealbook::crypto

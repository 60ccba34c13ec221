// Random logs for comparisons.
#ifndef SEALBOOK_TESTS_PROTOCOL_RANDOM_LOG_H_
#define SEALBOOK_TESTS_PROTOCOL_RANDOM_LOG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <random>

#include "crypto/types.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"

namespace sealbook {

// Labels of a random log, with fewer and fewer versions; the last one has none.
inline constexpr const char* kRandomLabels[] = {
    "often@example.org", "seldom@example.org", "once@example.org",
    "nobody@example.org"};

// The mean time between two entries of a random log, ms.
inline constexpr uint64_t kMeanStep = 100;

struct LogShape {
  uint64_t size = 0;
  // Reasonable Monitoring Window, ms.
  uint64_t window = 0;
  // Maximum lifetime, ms.
  std::optional<uint64_t> lifetime;
  crypto::CipherSuite suite = crypto::CipherSuite::kP256;
  keytrans::DeploymentMode mode = keytrans::DeploymentMode::kContactMonitoring;
  // Of the auditor in thirdPartyAuditing mode: how far behind it may be, ms.
  uint64_t lag = 6 * kMeanStep;
  // Where it began.
  uint64_t auditor_start = 0;
};

// With fake keys. In thirdPartyManagement mode some versions were skipped.
std::unique_ptr<keytrans::TestLog> RandomLog(const LogShape& shape,
                                             std::mt19937_64& random);

}  // namespace sealbook

#endif  // SEALBOOK_TESTS_PROTOCOL_RANDOM_LOG_H_

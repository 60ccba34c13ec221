#include "tests/protocol/random_log.h"

#include <string>
#include <vector>

namespace sealbook {

std::unique_ptr<keytrans::TestLog> RandomLog(const LogShape& shape,
                                             std::mt19937_64& random) {
  const bool managed =
      shape.mode == keytrans::DeploymentMode::kThirdPartyManagement;
  auto log = std::make_unique<keytrans::TestLog>(
      shape.window, keytrans::TestKeys::kFake, shape.suite);
  if (shape.lifetime.has_value()) log->SetMaximumLifetime(*shape.lifetime);
  if (shape.mode == keytrans::DeploymentMode::kThirdPartyAuditing) {
    log->SetAuditor(shape.lag, shape.auditor_start);
  }
  if (managed) log->SetManager();
  uint64_t timestamp = 1'700'000'000'000;
  while (log->size() < shape.size) {
    std::vector<keytrans::TestLog::NewVersion> versions;
    auto add = [&](const char* label, size_t count) {
      // Skipped versions of a label come before its others in an entry.
      const bool first = versions.empty() || versions.back().label != label;
      if (managed && first && random() % 3 == 0) {
        const keytrans::TestLog::NewVersion skipped{.label = label,
                                                    .dummy = true};
        versions.insert(versions.end(), 1 + random() % 4, skipped);
      }
      for (size_t i = 0; i < count; ++i) {
        versions.push_back({label, std::to_string(random())});
      }
    };
    if (random() % 3 == 0) add(kRandomLabels[0], 1 + random() % 3);
    if (random() % 8 == 0) add(kRandomLabels[1], 1);
    if (random() % 40 == 0) add(kRandomLabels[1], 9);
    if (log->size() == shape.size / 2) add(kRandomLabels[2], 1);
    log->Append(timestamp, versions);
    timestamp += random() % (2 * kMeanStep + 1);
  }
  return log;
}

}  // namespace sealbook

// "Management": what a Service Operator signs and forwards to a Third-Party
// Manager, and what the manager makes of it. How users verify the signatures is
// in verifier.h and monitor_verifier.h.
#ifndef SEALBOOK_TESTS_REFERENCE_MANAGEMENT_H_
#define SEALBOOK_TESTS_REFERENCE_MANAGEMENT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/reference/structures.h"
#include "tests/reference/update_structures.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// The user's request with a signature over each value, the first one as this
// version. Without values signed_version is 0.
ManagerUpdateRequest ForwardUpdate(
    const Configuration& config, const UpdateRequest& request,
    uint32_t signed_version,
    const std::function<std::string(const std::string& update_tbs)>& sign);

// Nothing if the manager, whose tree has n entries, accepts the request,
// otherwise why it refuses. Accepted means: it reports an existing version if
// there is one above the request's greatest one, otherwise it adds what
// VersionsToAdd says.
std::optional<std::string> RefuseManagerUpdate(
    const World& world, uint64_t n, const ManagerUpdateRequest& request,
    const std::function<bool(const std::string& update_tbs,
                             const std::string& signature)>& verify);

// The versions that an accepted request adds in one log entry: those that are
// skipped, then one for each value.
struct VersionsToAdd {
  std::vector<uint32_t> skipped;
  std::vector<uint32_t> made;
};
VersionsToAdd PlanUpdate(const World& world, uint64_t n,
                         const ManagerUpdateRequest& request);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_MANAGEMENT_H_

// What an honest log answers to those who monitor a label and to its owner, by
// the draft's "Contact Monitor", "Owner Initialization", "Owner Monitoring" and
// "Updating a Label". Whether it would answer a request at all is in
// request_checks.h: what is built here for a refused request is a lie.
#ifndef SEALBOOK_TESTS_REFERENCE_MONITOR_PROVER_H_
#define SEALBOOK_TESTS_REFERENCE_MONITOR_PROVER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/reference/algorithms.h"
#include "tests/reference/monitor_structures.h"
#include "tests/reference/structures.h"
#include "tests/reference/update_structures.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// n and say_same as in prover.h; n is larger than every position in a request.
// What a log claims follows from the leaves that its entries added; what it
// shows also from `Entry::instead`.

ContactMonitorResponse BuildContactMonitorResponse(
    const World& world, uint64_t n, const ContactMonitorRequest& request,
    bool say_same);

// `claim` takes the place of the true greatest_versions.
OwnerInitResponse BuildOwnerInitResponse(
    const World& world, uint64_t n, const OwnerInitRequest& request,
    bool say_same,
    const std::optional<std::vector<uint32_t>>& claim = std::nullopt);

// "Owner Algorithm", the second one, step 4. A log that does not stop before an
// entry with a version above the advertised one shows that version.
struct StopConditions {
  size_t max_ladders = 64;  // of the owner algorithm
  bool when_owner_is_behind = true;
};
OwnerMonitorResponse BuildOwnerMonitorResponse(
    const World& world, uint64_t n, const OwnerMonitorRequest& request,
    bool say_same, StopConditions stop = {});

// The versions that came in next after `greatest`. They have to exist.
NewVersions NextVersions(const World& world, uint64_t n,
                         const std::string& label,
                         std::optional<uint32_t> greatest);

// Whether the versions that the response tells of are the request's own: then
// their values are left out.
enum class UpdateKind { kReported, kCreated };

// About the versions next after the request's greatest one, or about a claim in
// place of them. The request's values are not looked at.
UpdateResponse BuildUpdateResponse(
    const World& world, uint64_t n, const UpdateRequest& request,
    UpdateKind kind, bool say_same,
    const std::optional<NewVersions>& claim = std::nullopt);

// The same in TLS bytes.
std::string MakeContactMonitorResponse(const World& world, uint64_t n,
                                       const ContactMonitorRequest& request,
                                       bool say_same);
std::string MakeOwnerInitResponse(const World& world, uint64_t n,
                                  const OwnerInitRequest& request,
                                  bool say_same);
std::string MakeOwnerMonitorResponse(const World& world, uint64_t n,
                                     const OwnerMonitorRequest& request,
                                     bool say_same, StopConditions stop = {});
std::string MakeUpdateResponse(const World& world, uint64_t n,
                               const UpdateRequest& request, UpdateKind kind,
                               bool say_same);

// The bytes of the requests that these answer.
std::string MakeContactMonitorRequest(std::optional<uint64_t> last,
                                      const std::string& label,
                                      const MonitoringMap& map);
std::string MakeOwnerInitRequest(std::optional<uint64_t> last,
                                 const std::string& label, uint64_t start);
std::string MakeOwnerMonitorRequest(std::optional<uint64_t> last,
                                    const std::string& label,
                                    const MonitoringMap& map, uint64_t start,
                                    std::optional<uint32_t> greatest_version);
std::string MakeUpdateRequest(std::optional<uint64_t> last,
                              const std::string& label,
                              std::optional<uint32_t> greatest_version,
                              const std::vector<std::string>& values);

// A map as it stands in a request.
std::vector<MonitorMapEntry> EntriesOf(const MonitoringMap& map);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_MONITOR_PROVER_H_

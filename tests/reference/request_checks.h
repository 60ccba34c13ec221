// "The Transparency Log verifies that ...": what a log checks of a request
// before it answers. Nothing if it accepts, otherwise why it refuses. n is the
// size of its tree.
#ifndef SEALBOOK_TESTS_REFERENCE_REQUEST_CHECKS_H_
#define SEALBOOK_TESTS_REFERENCE_REQUEST_CHECKS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tests/reference/monitor_structures.h"
#include "tests/reference/update_structures.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// "Contact Monitor".
std::optional<std::string> RefuseContactMonitor(
    const World& world, uint64_t n, const ContactMonitorRequest& request);

// "Owner Initialization".
std::optional<std::string> RefuseOwnerInit(const World& world, uint64_t n,
                                           const OwnerInitRequest& request);

// "Owner Monitoring".
std::optional<std::string> RefuseOwnerMonitor(
    const World& world, uint64_t n, const OwnerMonitorRequest& request);

// "Updating a Label", of a log whose greatest version is that of entry n - 1.
// Accepted means: it reports an existing version if there is one above the
// request's greatest one, otherwise it adds the request's values (at most 128,
// up to version 2^32 - 1).
std::optional<std::string> RefuseUpdate(const World& world, uint64_t n,
                                        const UpdateRequest& request);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_REQUEST_CHECKS_H_

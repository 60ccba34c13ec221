// Something to be done later, on one of gRPC's threads.
#ifndef SEALBOOK_SERVER_SERVICES_RUN_AFTER_H_
#define SEALBOOK_SERVER_SERVICES_RUN_AFTER_H_

#include <cstdint>
#include <functional>

namespace sealbook::server {

// Calls `then` once, after `ms` milliseconds, from another thread; it must not
// compute for long. A gRPC server that waits for its calls must outlive it.
void RunAfter(uint64_t ms, std::function<void()> then);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_RUN_AFTER_H_

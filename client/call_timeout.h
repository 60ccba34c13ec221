// How long a call to a server may take.
#ifndef SEALBOOK_CLIENT_CALL_TIMEOUT_H_
#define SEALBOOK_CLIENT_CALL_TIMEOUT_H_

#include <grpcpp/client_context.h>

#include <chrono>
#include <cstdint>

namespace sealbook::client {

// From now on, milliseconds. Before the call is begun.
inline void SetTimeout(grpc::ClientContext& context, uint64_t timeout_ms) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(timeout_ms));
}

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CALL_TIMEOUT_H_

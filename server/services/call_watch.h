// Tells a CallObserver of every call that ends on a gRPC server, whichever
// service it belongs to. Calls that the server refuses before it knows their
// service (an unknown method, a caller without a right to the port) are not
// seen.
#ifndef SEALBOOK_SERVER_SERVICES_CALL_WATCH_H_
#define SEALBOOK_SERVER_SERVICES_CALL_WATCH_H_

#include <grpcpp/support/server_interceptor.h>

#include <memory>

#include "server/services/call_observer.h"

namespace sealbook::server {

// For ServerBuilder. `observer` outlives the server.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
MakeCallWatch(CallObserver& observer);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_CALL_WATCH_H_

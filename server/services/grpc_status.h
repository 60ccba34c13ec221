// Our statuses as gRPC's (the codes are the same numbers).
#ifndef SEALBOOK_SERVER_SERVICES_GRPC_STATUS_H_
#define SEALBOOK_SERVER_SERVICES_GRPC_STATUS_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sealbook::server {

// The longest message that goes to a caller, in bytes: gRPC drops what makes
// metadata larger than a few kilobytes.
inline constexpr size_t kMaxStatusMessageBytes = 1024;

// Messages are cut to kMaxStatusMessageBytes and hold printable ASCII only.
grpc::Status ToGrpcStatus(const absl::Status& status);

// Tells gRPC's clients when to try again: the metadata that they obey.
void AddRetryHint(grpc::CallbackServerContext& context,
                  uint64_t retry_after_ms);

// RESOURCE_EXHAUSTED with that hint, in the message too.
grpc::Status Overloaded(grpc::CallbackServerContext& context,
                        absl::string_view what, uint64_t retry_after_ms);

// Logs a failure that is ours (DATA_LOSS, INTERNAL, UNKNOWN) as an error.
// `address`, personal data, is taken out of the message above level debug;
// empty: there is none. Other codes are logged at debug.
void LogFailure(absl::string_view rpc, absl::string_view address,
                const absl::Status& status);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_GRPC_STATUS_H_

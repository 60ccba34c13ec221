// One call of sealbook.v1.KeyTransparency.SearchBatch.
#ifndef SEALBOOK_SERVER_SERVICES_SEARCH_BATCH_H_
#define SEALBOOK_SERVER_SERVICES_SEARCH_BATCH_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "server/services/query.h"

namespace sealbook::server {

// Requests that are being answered, or whose answers wait to be taken. Also
// what one stream can hold of the query queue.
inline constexpr size_t kMaxBatchUnderWay = 32;

// Begins the call; it deletes itself when it is done. All that `parts` names
// outlives it.
grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StartSearchBatch(
    const QueryParts& parts, grpc::CallbackServerContext* context);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_SEARCH_BATCH_H_

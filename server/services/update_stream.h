// KeyTransparency.Update: several UpdateResponses to one UpdateRequest ([KT]
// "Updating a Label").
#ifndef SEALBOOK_SERVER_SERVICES_UPDATE_STREAM_H_
#define SEALBOOK_SERVER_SERVICES_UPDATE_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "server/services/query.h"

namespace sealbook::server {

// Answers until the label's greatest version has been shown.
grpc::ServerWriteReactor<grpc::ByteBuffer>* StartUpdateStream(
    const QueryParts& parts, grpc::CallbackServerContext* context,
    const grpc::ByteBuffer& call);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_UPDATE_STREAM_H_

// sealbook.v1.KeyTransparency: the draft's user operations over gRPC.
#ifndef SEALBOOK_SERVER_SERVICES_SEARCH_SERVICE_H_
#define SEALBOOK_SERVER_SERVICES_SEARCH_SERVICE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "proto/sealbook/v1/key_transparency.grpc.pb.h"
#include "server/services/query.h"

namespace sealbook::server {

// Thread-safe.
class SearchService final
    : public v1::KeyTransparency::WithRawCallbackMethod_Search<
          v1::KeyTransparency::WithRawCallbackMethod_SearchBatch<
              v1::KeyTransparency::WithRawCallbackMethod_Distinguished<
                  v1::KeyTransparency::Service>>> {
 public:
  explicit SearchService(const QueryParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Search(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* call,
                                   grpc::ByteBuffer* answer) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* SearchBatch(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Distinguished(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* call,
                                          grpc::ByteBuffer* answer) override;

 private:
  const QueryParts parts_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_SEARCH_SERVICE_H_

// sealbook.v1.KeyTransparency: the draft's user operations over gRPC.
#ifndef SEALBOOK_SERVER_SERVICES_KEY_TRANSPARENCY_SERVICE_H_
#define SEALBOOK_SERVER_SERVICES_KEY_TRANSPARENCY_SERVICE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "proto/sealbook/v1/key_transparency.grpc.pb.h"
#include "server/services/query.h"

namespace sealbook::server {

using Unimplemented = v1::KeyTransparency::Service;
using WithSearch = v1::KeyTransparency::WithRawCallbackMethod_Search<
    v1::KeyTransparency::WithRawCallbackMethod_SearchBatch<
        v1::KeyTransparency::WithRawCallbackMethod_Distinguished<
            Unimplemented>>>;
using WithMonitoring = v1::KeyTransparency::WithRawCallbackMethod_OwnerInit<
    v1::KeyTransparency::WithRawCallbackMethod_OwnerMonitor<
        v1::KeyTransparency::WithRawCallbackMethod_ContactMonitor<
            v1::KeyTransparency::WithRawCallbackMethod_Update<WithSearch>>>>;

// Thread-safe.
class KeyTransparencyService final : public WithMonitoring {
 public:
  explicit KeyTransparencyService(const QueryParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Search(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* call,
                                   grpc::ByteBuffer* answer) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* SearchBatch(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Distinguished(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* call,
                                          grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* ContactMonitor(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* call,
                                           grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* OwnerInit(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* call,
                                      grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* OwnerMonitor(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* call,
                                         grpc::ByteBuffer* answer) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Update(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* call) override;

 private:
  const QueryParts parts_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_KEY_TRANSPARENCY_SERVICE_H_

// sealbook.v1.History: questions about the past over gRPC.
#ifndef SEALBOOK_SERVER_SERVICES_HISTORY_SERVICE_H_
#define SEALBOOK_SERVER_SERVICES_HISTORY_SERVICE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "proto/sealbook/v1/history.grpc.pb.h"
#include "server/services/query.h"

namespace sealbook::server {

// Thread-safe.
class HistoryService final
    : public v1::History::WithRawCallbackMethod_ReadHistory<
          v1::History::WithRawCallbackMethod_ReadAsOf<v1::History::Service>> {
 public:
  explicit HistoryService(const QueryParts& parts) : parts_(parts) {}

  // Each page counts as one address, and the next is made when the last was
  // taken.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* ReadHistory(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* call) override;
  grpc::ServerUnaryReactor* ReadAsOf(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* call,
                                     grpc::ByteBuffer* answer) override;

 private:
  const QueryParts parts_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_HISTORY_SERVICE_H_

// sealbook.v1.Directory: the log's configuration and how the log is doing.
#ifndef SEALBOOK_SERVER_SERVICES_DIRECTORY_SERVICE_H_
#define SEALBOOK_SERVER_SERVICES_DIRECTORY_SERVICE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <functional>
#include <string>

#include "keytrans/structures.h"
#include "proto/sealbook/v1/directory.grpc.pb.h"
#include "server/visible_head.h"

namespace sealbook::server {

// Thread-safe.
class DirectoryService final
    : public v1::Directory::WithRawCallbackMethod_GetConfiguration<
          v1::Directory::WithRawCallbackMethod_GetStatus<
              v1::Directory::Service>> {
 public:
  // `visible_head` outlives this. `queue_depth` is called from any thread.
  DirectoryService(const keytrans::Configuration& configuration,
                   const VisibleHead& visible_head,
                   std::function<size_t()> queue_depth);

  grpc::ServerUnaryReactor* GetConfiguration(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;

  // UNAVAILABLE: no tree head has been signed yet.
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;

 private:
  const std::string configuration_;
  const VisibleHead& visible_head_;
  const std::function<size_t()> queue_depth_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_DIRECTORY_SERVICE_H_

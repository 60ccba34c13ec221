#include "server/services/directory_service.h"

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "base/version.h"
#include "server/services/grpc_status.h"
#include "server/services/raw_message.h"

namespace sealbook::server {

DirectoryService::DirectoryService(const keytrans::Configuration& configuration,
                                   const VisibleHead& visible_head,
                                   std::function<size_t()> queue_depth)
    : configuration_(configuration.Encode()),
      visible_head_(visible_head),
      queue_depth_(std::move(queue_depth)) {}

grpc::ServerUnaryReactor* DirectoryService::GetConfiguration(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  v1::GetConfigurationRequest nothing;
  if (absl::Status status = ReadMessage(*request, nothing); !status.ok()) {
    reactor->Finish(ToGrpcStatus(status));
    return reactor;
  }
  v1::GetConfigurationResponse message;
  message.set_configuration(configuration_);
  reactor->Finish(WriteMessage(message, *response));
  return reactor;
}

grpc::ServerUnaryReactor* DirectoryService::GetStatus(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  v1::GetStatusRequest nothing;
  absl::Status status = ReadMessage(*request, nothing);
  const std::shared_ptr<const SignedHead> head = visible_head_.Get();
  if (status.ok() && head == nullptr) {
    status = absl::UnavailableError("no tree head has been signed yet");
  }
  if (!status.ok()) {
    reactor->Finish(ToGrpcStatus(status));
    return reactor;
  }
  v1::GetStatusResponse message;
  message.set_server_version(kSealbookVersion);
  message.set_tree_size(head->tree_size);
  message.set_head_timestamp_ms(head->timestamp_ms);
  message.set_queue_depth(queue_depth_());
  reactor->Finish(WriteMessage(message, *response));
  return reactor;
}

}  // namespace sealbook::server

#include "server/services/directory_service.h"

#include <memory>
#include <utility>

#include "base/version.h"

namespace sealbook::server {

DirectoryService::DirectoryService(const keytrans::Configuration& configuration,
                                   const VisibleHead& visible_head,
                                   std::function<size_t()> queue_depth)
    : configuration_(configuration.Encode()),
      visible_head_(visible_head),
      queue_depth_(std::move(queue_depth)) {}

grpc::ServerUnaryReactor* DirectoryService::GetConfiguration(
    grpc::CallbackServerContext* context, const v1::GetConfigurationRequest*,
    v1::GetConfigurationResponse* response) {
  response->set_configuration(configuration_);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* DirectoryService::GetStatus(
    grpc::CallbackServerContext* context, const v1::GetStatusRequest*,
    v1::GetStatusResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const std::shared_ptr<const SignedHead> head = visible_head_.Get();
  if (head == nullptr) {
    reactor->Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE,
                                 "no tree head has been signed yet"));
    return reactor;
  }
  response->set_server_version(kSealbookVersion);
  response->set_tree_size(head->tree_size);
  response->set_head_timestamp_ms(head->timestamp_ms);
  response->set_queue_depth(queue_depth_());
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace sealbook::server

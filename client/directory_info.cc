#include "client/directory_info.h"

#include <grpcpp/client_context.h>

#include "absl/strings/str_cat.h"
#include "client/call_timeout.h"

namespace sealbook::client {

absl::StatusOr<keytrans::Configuration> FetchConfiguration(
    const std::shared_ptr<grpc::ChannelInterface>& channel,
    const Endpoint& endpoint, uint64_t timeout_ms) {
  grpc::ClientContext context;
  SetTimeout(context, timeout_ms);
  v1::GetConfigurationResponse response;
  grpc::Status status = v1::Directory::NewStub(channel)->GetConfiguration(
      &context, v1::GetConfigurationRequest(), &response);
  if (!status.ok()) return ExplainRpc(status, endpoint);
  auto configuration = keytrans::Configuration::Parse(response.configuration());
  if (absl::IsInvalidArgument(configuration.status())) {
    return absl::DataLossError(absl::StrCat(
        endpoint.server.target, " sent a configuration that is none: ",
        configuration.status().message()));
  }
  return configuration;
}

absl::StatusOr<v1::GetStatusResponse> FetchStatus(
    const std::shared_ptr<grpc::ChannelInterface>& channel,
    const Endpoint& endpoint, uint64_t timeout_ms) {
  grpc::ClientContext context;
  SetTimeout(context, timeout_ms);
  v1::GetStatusResponse response;
  grpc::Status status = v1::Directory::NewStub(channel)->GetStatus(
      &context, v1::GetStatusRequest(), &response);
  if (!status.ok()) return ExplainRpc(status, endpoint);
  return response;
}

}  // namespace sealbook::client

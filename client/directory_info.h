// What a server says of itself (proto/sealbook/v1/directory.proto). Nothing
// here is proven.
#ifndef SEALBOOK_CLIENT_DIRECTORY_INFO_H_
#define SEALBOOK_CLIENT_DIRECTORY_INFO_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "client/channel.h"
#include "keytrans/structures.h"
#include "proto/sealbook/v1/directory.grpc.pb.h"

namespace sealbook::client {

// The configuration of the log that the server claims to be. To be trusted only
// when its fingerprint is one that came another way. DATA_LOSS: not a
// Configuration. Others: as ExplainRpc.
absl::StatusOr<keytrans::Configuration> FetchConfiguration(
    const std::shared_ptr<grpc::ChannelInterface>& channel,
    const Endpoint& endpoint, uint64_t timeout_ms);

absl::StatusOr<v1::GetStatusResponse> FetchStatus(
    const std::shared_ptr<grpc::ChannelInterface>& channel,
    const Endpoint& endpoint, uint64_t timeout_ms);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_DIRECTORY_INFO_H_

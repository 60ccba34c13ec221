// Messages read from and written to gRPC's buffers by ourselves: for bytes that
// are no message gRPC's callback API answers UNIMPLEMENTED without a word.
#ifndef SEALBOOK_SERVER_SERVICES_RAW_MESSAGE_H_
#define SEALBOOK_SERVER_SERVICES_RAW_MESSAGE_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace sealbook::server {

// INVALID_ARGUMENT, naming the message's type: `bytes` are no such message.
absl::Status ReadMessage(const grpc::ByteBuffer& bytes,
                         google::protobuf::MessageLite& message);

// OK, or INTERNAL when `message` is too large to be encoded.
grpc::Status WriteMessage(const google::protobuf::MessageLite& message,
                          grpc::ByteBuffer& bytes);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_RAW_MESSAGE_H_

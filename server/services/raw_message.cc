#include "server/services/raw_message.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include <limits>

#include "absl/strings/str_cat.h"

namespace sealbook::server {

absl::Status ReadMessage(const grpc::ByteBuffer& bytes,
                         google::protobuf::MessageLite& message) {
  // A copy shares the bytes; reading takes them out of the buffer.
  grpc::ByteBuffer buffer(bytes);
  grpc::ProtoBufferReader reader(&buffer);
  if (!reader.status().ok() || !message.ParseFromZeroCopyStream(&reader)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the request's bytes are no ", message.GetTypeName(),
                     ", or hold text that is not UTF-8"));
  }
  return absl::OkStatus();
}

grpc::Status WriteMessage(const google::protobuf::MessageLite& message,
                          grpc::ByteBuffer& bytes) {
  const size_t size = message.ByteSizeLong();
  if (size > std::numeric_limits<int>::max()) {
    return grpc::Status(grpc::StatusCode::INTERNAL,
                        "the answer is too large to be sent");
  }
  grpc::ByteBuffer buffer;
  if (size > 0) {
    grpc::ProtoBufferWriter writer(&buffer,
                                   grpc::kProtoBufferWriterMaxBufferLength,
                                   static_cast<int>(size));
    if (!message.SerializeToZeroCopyStream(&writer)) {
      return grpc::Status(grpc::StatusCode::INTERNAL,
                          "the answer cannot be encoded");
    }
  }
  bytes.Swap(&buffer);
  return grpc::Status::OK;
}

}  // namespace sealbook::server

// KeyTransparency.Update: several UpdateResponses to one UpdateRequest ([KT]
// "Updating a Label").
#ifndef SEALBOOK_SERVER_SERVICES_UPDATE_STREAM_H_
#define SEALBOOK_SERVER_SERVICES_UPDATE_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "keytrans/update_structures.h"
#include "server/services/page_stream.h"
#include "server/services/query.h"
#include "smime/types.h"

namespace sealbook::server {

// Answers until the label's greatest version has been shown.
class UpdateStream final : public PageStream {
 public:
  UpdateStream(const QueryParts& parts, grpc::CallbackServerContext* context)
      : PageStream(parts, context, "Update") {}

  // Instead of Start, for a request that was read; its values are disregarded,
  // or `created` with the first versions after its greatest_version.
  void Answer(keytrans::UpdateRequest request, bool created);

 private:
  absl::Status Begin(const grpc::ByteBuffer& bytes,
                     const SignedHead& head) override;
  absl::StatusOr<bool> MakePage(const SignedHead& head,
                                grpc::ByteBuffer& page) override;
  const std::string& label() const override { return request_.label; }

  // What the next answer is to.
  keytrans::UpdateRequest request_;
  bool read_ = false;
  bool created_ = false;
  std::set<smime::CertificateHash> issuers_;
};

// The request in the bytes of an UpdateCall. INVALID_ARGUMENT: malformed bytes,
// or a label that is not canonical.
absl::StatusOr<keytrans::UpdateRequest> ParseUpdateRequest(
    const std::string& bytes);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_UPDATE_STREAM_H_

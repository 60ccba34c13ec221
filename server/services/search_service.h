// sealbook.v1.KeyTransparency: the draft's user operations over gRPC.
#ifndef SEALBOOK_SERVER_SERVICES_SEARCH_SERVICE_H_
#define SEALBOOK_SERVER_SERVICES_SEARCH_SERVICE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "keytrans/prover.h"
#include "keytrans/structures.h"
#include "proto/sealbook/v1/key_transparency.grpc.pb.h"
#include "server/services/issuers.h"
#include "server/services/task_queue.h"
#include "server/visible_head.h"

namespace sealbook::server {

// Thread-safe. Answers are computed on `queue`'s threads.
class SearchService final
    : public v1::KeyTransparency::WithRawCallbackMethod_Search<
          v1::KeyTransparency::Service> {
 public:
  // All outlive this; `queue` ends after the gRPC server has.
  struct Parts {
    keytrans::ProverSource* log = nullptr;
    const keytrans::Configuration* configuration = nullptr;
    const VisibleHead* visible_head = nullptr;
    Issuers* issuers = nullptr;
    TaskQueue* queue = nullptr;
  };

  explicit SearchService(const Parts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Search(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* call,
                                   grpc::ByteBuffer* answer) override;

 private:
  absl::Status Answer(const keytrans::SearchRequest& request,
                      v1::SearchAnswer& answer);
  // Adds the issuing certificates that the entry in `value` names.
  absl::Status AddIssuers(absl::string_view value, v1::SearchAnswer& answer);

  const Parts parts_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_SEARCH_SERVICE_H_

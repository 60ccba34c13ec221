// sealbook.v1.Publisher: how certificate authorities publish.
#ifndef SEALBOOK_SERVER_SERVICES_PUBLISHER_SERVICE_H_
#define SEALBOOK_SERVER_SERVICES_PUBLISHER_SERVICE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/sealbook/v1/publisher.grpc.pb.h"
#include "server/clock.h"
#include "server/sequencer.h"
#include "server/services/publisher_registry.h"
#include "server/services/task_queue.h"
#include "server/visible_head.h"
#include "smime/admission.h"

namespace sealbook::server {

// Thread-safe. Certificates are judged on `queue`'s threads; the call ends on
// the sequencer's.
class PublisherService final
    : public v1::Publisher::WithRawCallbackMethod_Publish<
          v1::Publisher::Service> {
 public:
  // All outlive this; the sequencer stops, and `queue` ends, after the gRPC
  // server has.
  struct Parts {
    const PublisherRegistry* publishers = nullptr;
    const smime::Admission* admission = nullptr;
    Sequencer* sequencer = nullptr;
    const VisibleHead* visible_head = nullptr;
    const Clock* clock = nullptr;
    TaskQueue* queue = nullptr;
    // Label-versions that one request may bring; at most the sequencer's
    // queue_limit.
    size_t max_publications = 10'000;
  };

  explicit PublisherService(const Parts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;

 private:
  struct Call;

  void Admit(const std::shared_ptr<Call>& call);
  void Sequence(const std::shared_ptr<Call>& call);
  void Fail(Call& call, const absl::Status& status);
  void Finish(Call& call, const absl::StatusOr<PublishOutcome>& outcome);

  const Parts parts_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_PUBLISHER_SERVICE_H_

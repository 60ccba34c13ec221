// sealbook.v1.Publisher: how certificate authorities publish.
#ifndef SEALBOOK_SERVER_SERVICES_PUBLISHER_SERVICE_H_
#define SEALBOOK_SERVER_SERVICES_PUBLISHER_SERVICE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "proto/sealbook/v1/publisher.grpc.pb.h"
#include "server/clock.h"
#include "server/log_store.h"
#include "server/sequencer.h"
#include "server/services/publish_engine.h"
#include "server/services/publish_stream.h"
#include "server/services/publisher_registry.h"
#include "server/services/publisher_shares.h"
#include "server/services/query.h"
#include "server/services/submitter.h"
#include "server/services/task_queue.h"
#include "server/services/update_stream.h"
#include "server/visible_head.h"
#include "smime/admission.h"

namespace sealbook::server {

// Thread-safe. Certificates are judged on `queue`'s threads; calls end on the
// sequencer's.
class PublisherService final
    : public v1::Publisher::WithRawCallbackMethod_Publish<
          v1::Publisher::WithRawCallbackMethod_PublishStream<
              v1::Publisher::WithRawCallbackMethod_Validate<
                  v1::Publisher::WithRawCallbackMethod_Revoke<
                      v1::Publisher::WithRawCallbackMethod_Update<
                          v1::Publisher::Service>>>>> {
 public:
  // All outlive this; the sequencer stops, and `queue` ends, after the gRPC
  // server has.
  struct Parts {
    const PublisherRegistry* publishers = nullptr;
    const smime::Admission* admission = nullptr;
    Sequencer* sequencer = nullptr;
    const LogStore* records = nullptr;
    const VisibleHead* visible_head = nullptr;
    const Clock* clock = nullptr;
    TaskQueue* queue = nullptr;
    // Addresses that a request which is no stream may bring; at most the
    // sequencer's queue_limit.
    size_t max_publications = 10'000;
    // Addresses that go to the sequencer together. 0: max_publications. Else
    // streams acknowledge parts of a message, too.
    size_t portion = 0;
    // Items that all publishers together may have under way, and addresses that
    // they may have in the sequencer's queue or be validating; each has an
    // equal share of both.
    size_t max_items = 20'000;
    // What updates are answered with; nothing of it is counted.
    QueryParts query;
  };

  explicit PublisherService(const Parts& parts);

  // Ends the streams: what is being published is acknowledged, nothing more is
  // read. For a server that drains, before RpcServer::Drain.
  void StopStreams();

  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PublishStream(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Validate(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Revoke(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Update(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;

 private:
  struct Call;

  // Reads what `call` asks for, and takes its items from its publisher's share.
  // False: the call is finished.
  template <typename Message, typename Check>
  bool Open(Call& call, const grpc::ByteBuffer& bytes, const Check& check,
            Message& request);
  grpc::ServerUnaryReactor* PublishOrValidate(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer& bytes,
      grpc::ByteBuffer* response, bool validate);
  template <typename Response>
  void Finish(const Call& call, const absl::StatusOr<Response>& response);
  void Fail(const Call& call, const absl::Status& status);
  // Hands the job on. Errors: it was not taken.
  absl::Status BeginUpdate(grpc::CallbackServerContext& context,
                           const grpc::ByteBuffer& bytes, UpdateStream* stream);

  const Parts parts_;
  // Of items, which take memory until they are answered; and of addresses,
  // which take the writer's time.
  PublisherShares shares_;
  PublisherShares queue_shares_;
  Submitter submitter_;
  PublishEngine engine_;
  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<server::PublishStream*> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_PUBLISHER_SERVICE_H_

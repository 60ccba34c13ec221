// One call of sealbook.v1.Publisher.PublishStream.
//
// Messages are cut into chunks, which are published one after the other, each
// as a request of its own, and acknowledged in their order. A message is read
// only while less than kMaxStreamItems items lack an acknowledgement that was
// written, and while no chunk waits for the publisher's share of the queue:
// whoever does not read acknowledgements, or floods, is not read from.
//
// Owns itself: gRPC's OnDone deletes it. Thread-safe.
#ifndef SEALBOOK_SERVER_SERVICES_PUBLISH_STREAM_H_
#define SEALBOOK_SERVER_SERVICES_PUBLISH_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "proto/sealbook/v1/publisher.pb.h"
#include "server/services/publish_engine.h"
#include "server/services/publisher_registry.h"
#include "server/services/publisher_shares.h"
#include "smime/admission.h"

namespace sealbook::server {

inline constexpr size_t kMaxStreamItems = 4000;

class PublishStream final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  struct Parts {
    grpc::CallbackServerContext* context = nullptr;
    PublishEngine* engine = nullptr;
    PublisherShares* shares = nullptr;
    // Asked anew for each message: a stream may be open for long.
    const PublisherRegistry* publishers = nullptr;
    // Id of the publisher that opened the stream.
    std::string publisher;
    // Items that are published and acknowledged together, at least 1; a message
    // of more makes several chunks.
    size_t chunk_items = kMaxStreamItems;
    // Called when gRPC has done with the stream, just before it goes.
    std::function<void(PublishStream*)> gone;
  };

  // `start` is called once, when the stream may be found by others.
  explicit PublishStream(Parts parts);
  void Start();

  // Reads nothing more; what is being published is acknowledged, and the stream
  // ends with UNAVAILABLE.
  void Stop();

 private:
  // A message, or a part of one, under way.
  struct Chunk {
    std::shared_ptr<const smime::PublisherPolicy> publisher;
    v1::PublishRequest request;
    std::vector<uint64_t> sequences;
    std::optional<v1::PublishResponse> response;
  };

  ~PublishStream() override = default;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Carries out `change` under the lock, then starts whatever can be started.
  // One step, because another thread may end the stream as soon as the change
  // is seen: nothing of this object is touched after it.
  void Advance(const std::function<void()>& change);
  absl::Status Take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddChunk(std::shared_ptr<const smime::PublisherPolicy> publisher,
                v1::PublishRequest request, std::vector<uint64_t> sequences)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartChunk(Chunk& chunk);
  void ChunkSubmitted();
  void ChunkDone(Chunk& chunk,
                 const absl::StatusOr<v1::PublishResponse>& response);

  // The first chunk that waits, if its turn has come.
  Chunk* NextToStart() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReadIfRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteIfReady() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The status to end with, when nothing is left to wait for.
  std::optional<absl::Status> EndIfOver() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ended() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !end_.ok() || cancelled_;
  }

  const Parts parts_;
  std::atomic<bool> cancelled_ = false;

  Mutex mutex_;
  // Of the read and the write that are under way: gRPC's until they are done.
  grpc::ByteBuffer in_;
  grpc::ByteBuffer out_;
  // In the order in which they came; addresses stay.
  std::deque<std::unique_ptr<Chunk>> chunks_ ABSL_GUARDED_BY(mutex_);
  // Of chunks_, from the front: those that were started.
  size_t started_ ABSL_GUARDED_BY(mutex_) = 0;
  // Started, but not submitted; not done.
  size_t unsubmitted_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t undone_ ABSL_GUARDED_BY(mutex_) = 0;
  // Items whose acknowledgement was not written.
  size_t items_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t writing_items_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool waiting_for_share_ ABSL_GUARDED_BY(mutex_) = false;
  // The caller sends nothing more.
  bool read_all_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // Why nothing more is read; OK while the stream goes on.
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_PUBLISH_STREAM_H_

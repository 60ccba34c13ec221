// One stream of sealbook.v1.Publisher.PublishStream: a thread writes, a thread
// reads, and the caller's thread handles what was acknowledged and watches that
// the stream does not stand still.
#ifndef SEALBOOK_CLIENT_PUBLISH_STREAM_H_
#define SEALBOOK_CLIENT_PUBLISH_STREAM_H_

#include <grpcpp/client_context.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "client/publisher_client.h"

namespace sealbook::client {

// An item that no message can hold.
bool IsTooLarge(const v1::PublishItem& item);
v1::PublishResult RefuseTooLarge(const v1::PublishItem& item);
// What an item adds to an encoded message, at most.
size_t WireSize(const v1::PublishItem& item);

class PublishStream {
 public:
  // All outlive this. `first`: the first item to be sent.
  PublishStream(v1::Publisher::StubInterface& stub, const PublishItems& items,
                size_t first, uint64_t timeout_ms);
  ~PublishStream();
  PublishStream(const PublishStream&) = delete;
  PublishStream& operator=(const PublishStream&) = delete;

  // Runs until all is answered or the stream has ended. `answered` as
  // PublisherClient::Answered. OK: all is answered. INTERNAL: an
  // acknowledgement of another item than the next one.
  grpc::Status Run(const PublisherClient::Answered& answered);

  // After Run. The number of items that were answered before this stream and in
  // it.
  size_t done() const { return done_; }
  uint64_t tree_size() const { return tree_size_; }
  const grpc::ClientContext& context() const { return context_; }

 private:
  void WriteAll(size_t next);
  void ReadAll();
  // Waits until `count` more items may be sent. False: the stream is over.
  bool WaitForRoom(size_t count);
  bool WriteMessage(const v1::PublishStreamRequest& message);

  const PublishItems& items_;
  const uint64_t timeout_ms_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriterInterface<v1::PublishStreamRequest,
                                                    v1::PublishStreamResponse>>
      stream_;
  // The caller's thread.
  size_t done_;
  uint64_t tree_size_ = 0;

  Mutex mutex_;
  CondVar changed_;
  std::deque<v1::PublishStreamResponse> received_ ABSL_GUARDED_BY(mutex_);
  size_t sent_ ABSL_GUARDED_BY(mutex_);
  size_t acknowledged_ ABSL_GUARDED_BY(mutex_);
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread writer_;
  std::thread reader_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_PUBLISH_STREAM_H_

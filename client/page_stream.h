// One stream of sealbook.v1.History.ReadHistory. Its time to answer begins anew
// with each page that is asked for: however long a history is, a server that
// goes on sending it is listened to.
#ifndef SEALBOOK_CLIENT_PAGE_STREAM_H_
#define SEALBOOK_CLIENT_PAGE_STREAM_H_

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>

#include <chrono>
#include <cstdint>
#include <memory>

#include "proto/sealbook/v1/history.grpc.pb.h"

namespace sealbook::client {

// Not thread-safe.
class PageStream {
 public:
  // Begins the call. `stub` outlives this.
  PageStream(v1::History::StubInterface& stub, const v1::HistoryCall& call,
             uint64_t timeout_ms);
  // Cancels the call unless Finish() was called.
  ~PageStream();
  PageStream(const PageStream&) = delete;
  PageStream& operator=(const PageStream&) = delete;

  // Waits for the next page. False: there is none, which may be because none
  // came in time.
  bool Read(v1::HistoryPage& page);
  // Once, after Read() was false: how the call ended. DEADLINE_EXCEEDED: no
  // page came in time.
  grpc::Status Finish();
  // As patience.h, after Finish().
  uint64_t retry_hint_ms() const;

 private:
  using Deadline = std::chrono::system_clock::time_point;

  // Waits for the operation under way; whether it went well, in time.
  bool Await(Deadline deadline);

  const uint64_t timeout_ms_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReaderInterface<v1::HistoryPage>> reader_;
  // The call itself is under way, not yet a page.
  bool starting_ = true;
  bool late_ = false;
  bool finished_ = false;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_PAGE_STREAM_H_

// A call that is answered page after page, all in one tree.
#ifndef SEALBOOK_SERVER_SERVICES_PAGE_STREAM_H_
#define SEALBOOK_SERVER_SERVICES_PAGE_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/services/query.h"
#include "server/services/stall_guard.h"

namespace sealbook::server {

// Each page counts as one address (unless nobody counts), and the next is made
// when the last was taken: at any time one thing is under way, a task on the
// queue, a write or the end. Owns itself from Start on.
class PageStream : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // `rpc` outlives it.
  PageStream(const QueryParts& parts, grpc::CallbackServerContext* context,
             absl::string_view rpc);

  void Start(const grpc::ByteBuffer& call);
  // Instead of Start. `retry_ms`: 0, or when to come again.
  void Refuse(const absl::Status& status, uint64_t retry_ms);

  void OnWriteDone(bool ok) override;
  void OnDone() override;

 protected:
  const QueryParts& parts() const { return parts_; }

 private:
  // Reads the call, and checks it against the newest head, in whose tree all
  // pages are answered.
  virtual absl::Status Begin(const grpc::ByteBuffer& call,
                             const SignedHead& head) = 0;
  // The next page, on a thread of the queue. True: it is the last.
  virtual absl::StatusOr<bool> MakePage(const SignedHead& head,
                                        grpc::ByteBuffer& page) = 0;
  // For the log of failures.
  virtual const std::string& label() const = 0;

  absl::Status ReadHeadAndBegin(const grpc::ByteBuffer& call);
  void NextPage();
  void RunTask();

  const QueryParts parts_;
  grpc::CallbackServerContext* const context_;
  const absl::string_view rpc_;
  const std::string caller_;
  // From Start on.
  std::optional<StallGuard> guard_;
  std::shared_ptr<const SignedHead> head_;
  grpc::ByteBuffer page_;
  bool last_page_ = false;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_PAGE_STREAM_H_

#include "client/search_calls.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "client/call_timeout.h"
#include "client/patience.h"

namespace sealbook::client {
namespace {

constexpr size_t kMaxOutstanding = 32;

using Reader = grpc::ClientAsyncResponseReaderInterface<v1::SearchAnswer>;

struct Call {
  explicit Call(Stop* stop) : stoppable(stop, context) {}

  grpc::ClientContext context;
  StoppableCall stoppable;
  v1::SearchCall request;
  std::unique_ptr<Reader> reader;
};

}  // namespace

std::vector<SearchCallResult> CallSearch(
    v1::KeyTransparency::StubInterface& stub,
    absl::Span<const std::string> requests, uint64_t timeout_ms,
    const Clock& clock, Stop* stop) {
  std::vector<SearchCallResult> results(requests.size());
  std::vector<std::unique_ptr<Call>> calls(requests.size());
  grpc::CompletionQueue queue;
  size_t started = 0;
  auto start_next = [&] {
    size_t index = started++;
    auto call = std::make_unique<Call>(stop);
    SetTimeout(call->context, timeout_ms);
    call->request.set_request(requests[index]);
    call->reader = stub.AsyncSearch(&call->context, call->request, &queue);
    call->reader->Finish(&results[index].answer, &results[index].status,
                         reinterpret_cast<void*>(index));
    calls[index] = std::move(call);
  };
  while (started < std::min(requests.size(), kMaxOutstanding)) start_next();
  for (size_t ended = 0; ended < requests.size(); ++ended) {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    size_t index = reinterpret_cast<size_t>(tag);
    results[index].received_ms = clock();
    if (!results[index].status.ok()) {
      results[index].retry_after_ms = RetryHintMs(calls[index]->context);
    }
    calls[index].reset();
    if (started < requests.size()) start_next();
  }
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
  }
  return results;
}

std::vector<SearchCallResult> CallSearchBatch(
    v1::KeyTransparency::StubInterface& stub,
    absl::Span<const std::string> requests, uint64_t timeout_ms,
    size_t max_bytes, const Clock& clock,
    const std::function<void(size_t done)>& progress, Stop* stop) {
  std::vector<SearchCallResult> results(requests.size());
  grpc::ClientContext context;
  const StoppableCall stoppable(stop, context);
  SetTimeout(context, timeout_ms * (1 + requests.size() / 100));
  auto stream = stub.SearchBatch(&context);
  // The server reads on only while we take its answers.
  std::thread writer([&] {
    v1::SearchCall call;
    for (const std::string& request : requests) {
      call.set_request(request);
      if (!stream->Write(call)) return;
    }
    stream->WritesDone();
  });
  size_t done = 0;
  size_t bytes = 0;
  while (done < requests.size() && bytes <= max_bytes &&
         stream->Read(&results[done].answer)) {
    bytes += results[done].answer.ByteSizeLong();
    results[done++].received_ms = clock();
    if (progress) progress(done);
  }
  // Nothing more is wanted: neither does the writer wait for room any longer,
  // nor we for a status that may never come.
  const bool enough = done == requests.size() || bytes > max_bytes;
  if (enough) context.TryCancel();
  writer.join();
  grpc::Status status = stream->Finish();
  if (enough) {
    results.resize(done);
    return results;
  }
  if (status.ok()) {
    status = grpc::Status(grpc::StatusCode::UNAVAILABLE,
                          "the server ended the stream before all answers");
  }
  results.resize(done + 1);
  results[done].status = status;
  results[done].retry_after_ms = RetryHintMs(context);
  return results;
}

}  // namespace sealbook::client

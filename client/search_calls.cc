#include "client/search_calls.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace sealbook::client {
namespace {

constexpr size_t kMaxOutstanding = 32;

using Reader = grpc::ClientAsyncResponseReaderInterface<v1::SearchAnswer>;

struct Call {
  grpc::ClientContext context;
  v1::SearchCall request;
  std::unique_ptr<Reader> reader;
};

}  // namespace

std::vector<SearchCallResult> CallSearch(
    v1::KeyTransparency::StubInterface& stub,
    absl::Span<const std::string> requests, uint64_t timeout_ms,
    const Clock& clock) {
  std::vector<SearchCallResult> results(requests.size());
  std::vector<std::unique_ptr<Call>> calls(requests.size());
  grpc::CompletionQueue queue;
  size_t started = 0;
  auto start_next = [&] {
    size_t index = started++;
    auto call = std::make_unique<Call>();
    call->context.set_deadline(std::chrono::system_clock::now() +
                               std::chrono::milliseconds(timeout_ms));
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

}  // namespace sealbook::client

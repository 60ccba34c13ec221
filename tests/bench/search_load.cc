#include "tests/bench/search_load.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>

#include <iostream>

#include "keytrans/structures.h"

namespace sealbook::bench {
namespace {

struct Call {
  grpc::ClientContext context;
  v1::SearchAnswer answer;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::SearchAnswer>> reader;
  Stopwatch watch;
};

void Start(v1::KeyTransparency::Stub& stub, const std::string& label,
           grpc::CompletionQueue& queue) {
  v1::SearchCall request;
  request.set_request(keytrans::SearchRequest{.label = label}.Encode());
  // Taken back when it comes out of the queue.
  auto* call = new Call();
  call->reader = stub.AsyncSearch(&call->context, request, &queue);
  call->reader->Finish(&call->answer, &call->status, call);
}

}  // namespace

void RunSearches(const std::shared_ptr<grpc::Channel>& channel,
                 const std::vector<std::string>& labels, SearchLoad& load) {
  const std::unique_ptr<v1::KeyTransparency::Stub> stub =
      v1::KeyTransparency::NewStub(channel);
  grpc::CompletionQueue queue;
  const Stopwatch watch;
  size_t started = 0;
  while (started < labels.size() && started < kOutstanding) {
    Start(*stub, labels[started++], queue);
  }
  for (size_t ended = 0; ended < labels.size(); ++ended) {
    void* tag = nullptr;
    bool ok = false;
    if (!queue.Next(&tag, &ok)) std::abort();
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    load.latencies.push_back(call->watch.Seconds());
    if (!call->status.ok() || !call->answer.has_response()) {
      std::cerr << "a look-up failed: " << call->status.error_message()
                << std::endl;
      std::abort();
    }
    if (started < labels.size()) Start(*stub, labels[started++], queue);
  }
  load.tally.Add(static_cast<double>(labels.size()), watch.Seconds());
}

grpc::ServerUnaryReactor* EchoService::Search(
    grpc::CallbackServerContext* context, const v1::SearchCall* call,
    v1::SearchAnswer* answer) {
  *answer = answer_;
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace sealbook::bench

#include "tests/bench/search_load.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>

#include <chrono>
#include <iostream>

#include "keytrans/structures.h"

namespace sealbook::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Call {
  grpc::ClientContext context;
  v1::SearchAnswer answer;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::SearchAnswer>> reader;
  Clock::time_point since;
};

double SecondsSince(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

// `since`: from when its latency counts.
void Start(v1::KeyTransparency::Stub& stub, const std::string& label,
           Clock::time_point since, grpc::CompletionQueue& queue) {
  v1::SearchCall request;
  request.set_request(keytrans::SearchRequest{.label = label}.Encode());
  // Taken back when it comes out of the queue.
  auto* call = new Call();
  call->since = since;
  call->reader = stub.AsyncSearch(&call->context, request, &queue);
  call->reader->Finish(&call->answer, &call->status, call);
}

// Takes an answer that has come out of the queue.
void Take(void* tag, SearchLoad& load) {
  const std::unique_ptr<Call> call(static_cast<Call*>(tag));
  load.latencies.push_back(SecondsSince(call->since));
  if (call->status.ok() && call->answer.has_response()) return;
  std::cerr << "a look-up failed: " << call->status.error_message()
            << std::endl;
  std::abort();
}

}  // namespace

void RunSearches(const std::shared_ptr<grpc::Channel>& channel,
                 const std::vector<std::string>& labels, SearchLoad& load) {
  const std::unique_ptr<v1::KeyTransparency::Stub> stub =
      v1::KeyTransparency::NewStub(channel);
  grpc::CompletionQueue queue;
  const Stopwatch watch;
  size_t started = 0;
  const auto start_next = [&] {
    if (started < labels.size()) {
      Start(*stub, labels[started++], Clock::now(), queue);
    }
  };
  for (size_t i = 0; i < kOutstanding; ++i) start_next();
  for (size_t ended = 0; ended < labels.size(); ++ended) {
    void* tag = nullptr;
    bool ok = false;
    if (!queue.Next(&tag, &ok)) std::abort();
    Take(tag, load);
    start_next();
  }
  load.tally.Add(static_cast<double>(labels.size()), watch.Seconds());
}

void RunPacedSearches(const std::shared_ptr<grpc::Channel>& channel,
                      const std::vector<std::string>& labels, double rate,
                      SearchLoad& load) {
  const std::unique_ptr<v1::KeyTransparency::Stub> stub =
      v1::KeyTransparency::NewStub(channel);
  grpc::CompletionQueue queue;
  const Stopwatch watch;
  const Clock::time_point first = Clock::now();
  const auto due = [&](size_t i) {
    return first + std::chrono::duration_cast<Clock::duration>(
                       std::chrono::duration<double>(i / rate));
  };
  size_t started = 0;
  for (size_t ended = 0; ended < labels.size();) {
    while (started < labels.size() && due(started) <= Clock::now()) {
      Start(*stub, labels[started], due(started), queue);
      ++started;
    }
    // gRPC's deadlines are of the wall clock.
    const auto deadline =
        started < labels.size()
            ? std::chrono::system_clock::now() + (due(started) - Clock::now())
            : std::chrono::system_clock::now() + std::chrono::minutes(1);
    void* tag = nullptr;
    bool ok = false;
    switch (queue.AsyncNext(&tag, &ok, deadline)) {
      case grpc::CompletionQueue::GOT_EVENT:
        Take(tag, load);
        ++ended;
        break;
      case grpc::CompletionQueue::TIMEOUT:
        if (started == labels.size()) std::abort();
        break;
      case grpc::CompletionQueue::SHUTDOWN:
        std::abort();
    }
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

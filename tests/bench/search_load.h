// Look-ups over gRPC with a fixed number of them outstanding, and a server that
// answers them without doing anything.
#ifndef SEALBOOK_TESTS_BENCH_SEARCH_LOAD_H_
#define SEALBOOK_TESTS_BENCH_SEARCH_LOAD_H_

#include <grpcpp/channel.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "proto/sealbook/v1/key_transparency.grpc.pb.h"
#include "tests/bench/measure.h"

namespace sealbook::bench {

inline constexpr size_t kOutstanding = 8;

struct SearchLoad {
  // Look-ups and seconds.
  Tally tally;
  // Seconds that each took.
  std::vector<double> latencies;
};

// Asks for the greatest version of each of `labels` once, as a user who has
// seen nothing, from one thread; adds to `load`. Aborts when an answer is not a
// SearchResponse.
void RunSearches(const std::shared_ptr<grpc::Channel>& channel,
                 const std::vector<std::string>& labels, SearchLoad& load);

// The same at `rate` a second, whether or not earlier answers have come: each
// latency counts from the moment when the question was due.
void RunPacedSearches(const std::shared_ptr<grpc::Channel>& channel,
                      const std::vector<std::string>& labels, double rate,
                      SearchLoad& load);

// Answers every look-up with the same bytes, at once: what gRPC and TLS cost.
class EchoService final : public v1::KeyTransparency::CallbackService {
 public:
  explicit EchoService(v1::SearchAnswer answer) : answer_(std::move(answer)) {}

  grpc::ServerUnaryReactor* Search(grpc::CallbackServerContext* context,
                                   const v1::SearchCall* call,
                                   v1::SearchAnswer* answer) override;

 private:
  const v1::SearchAnswer answer_;
};

}  // namespace sealbook::bench

#endif  // SEALBOOK_TESTS_BENCH_SEARCH_LOAD_H_

// What the benchmarks of the whole directory share: errors that end them, the
// report, rates that others are compared with, the memory of a process.
#ifndef SEALBOOK_TESTS_BENCH_MEASURE_H_
#define SEALBOOK_TESTS_BENCH_MEASURE_H_

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/vrf.h"

namespace sealbook::bench {

// Threads that rates are measured on.
inline constexpr size_t kThreads = 2;

// Prints the status and aborts unless it is OK: a benchmark that cannot do its
// work has no figures.
void CheckOk(const absl::Status& status);

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  CheckOk(value.status());
  return *std::move(value);
}

// Seconds since it was made.
class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         start_)
        .count();
  }

 private:
  const std::chrono::steady_clock::time_point start_ =
      std::chrono::steady_clock::now();
};

// Work done and the time that it took, in pieces.
struct Tally {
  double work = 0;
  double seconds = 0;

  void Add(double more_work, double more_seconds) {
    work += more_work;
    seconds += more_seconds;
  }
  double Rate() const { return work / seconds; }
};

// The report: a line for each figure, on the output that the process was
// started with. From then on everything else that is printed, by whomever, goes
// to standard error.
class Report {
 public:
  Report();
  ~Report();
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  // `ratio` and `goal` where there are such.
  void Line(absl::string_view figure, absl::string_view value,
            std::optional<double> ratio = std::nullopt,
            absl::string_view goal = "");

 private:
  std::FILE* out_;
};

// "12345" or "0.123": four digits that say something.
std::string Number(double value);

// VRF outputs for `count` label-versions that nobody else asks for, on kThreads
// threads.
void MeasureVrfOutputs(const crypto::VrfPrivateKey& key, size_t count,
                       Tally& tally);

// Resident memory, in MB (10^6 bytes).
struct Memory {
  double anonymous = 0;
  double file = 0;
};
Memory MemoryOf(pid_t process);

// Bytes of the files below `folder`.
uint64_t BytesBelow(const std::string& folder);

// The value that `share` (0 to 1) of `values` does not exceed. Requires: not
// empty.
double Percentile(std::vector<double> values, double share);

}  // namespace sealbook::bench

#endif  // SEALBOOK_TESTS_BENCH_MEASURE_H_

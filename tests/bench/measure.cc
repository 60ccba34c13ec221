#include "tests/bench/measure.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "keytrans/structures.h"
#include "server/worker_pool.h"

namespace sealbook::bench {

void CheckOk(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << std::endl;
  std::abort();
}

Report::Report() : out_(fdopen(dup(STDOUT_FILENO), "w")) {
  // Servers in this process log to standard output.
  if (out_ == nullptr || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) std::abort();
  std::fprintf(out_, "%-58s %30s %8s  %s\n", "figure", "value", "ratio",
               "goal");
}

Report::~Report() { std::fclose(out_); }

void Report::Line(absl::string_view figure, absl::string_view value,
                  std::optional<double> ratio, absl::string_view goal) {
  std::fprintf(out_, "%-58s %30s %8s  %s\n", std::string(figure).c_str(),
               std::string(value).c_str(),
               ratio.has_value() ? absl::StrFormat("%.2f", *ratio).c_str() : "",
               std::string(goal).c_str());
  // Figures come minutes apart.
  std::fflush(out_);
}

std::string Number(double value) {
  if (value >= 1000) return absl::StrFormat("%.0f", value);
  return absl::StrFormat("%.4g", value);
}

void MeasureVrfOutputs(const crypto::VrfPrivateKey& key, size_t count,
                       Tally& tally) {
  server::WorkerPool pool(kThreads);
  const Stopwatch watch;
  pool.ForEach(count, [&](size_t i) {
    OrDie(key.Evaluate(keytrans::EncodeVrfInput(
        absl::StrCat("sample", i, "@example.org"), 0)));
  });
  tally.Add(static_cast<double>(count), watch.Seconds());
}

Memory MemoryOf(pid_t process) {
  std::ifstream status(absl::StrCat("/proc/", process, "/status"));
  Memory memory;
  for (std::string word; status >> word;) {
    double kibibytes = 0;
    if (word == "RssAnon:" && status >> kibibytes) {
      memory.anonymous = kibibytes * 1024 / 1e6;
    } else if (word == "RssFile:" && status >> kibibytes) {
      memory.file = kibibytes * 1024 / 1e6;
    }
  }
  return memory;
}

uint64_t BytesBelow(const std::string& folder) {
  uint64_t bytes = 0;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (file.is_regular_file()) bytes += file.file_size();
  }
  return bytes;
}

double Percentile(std::vector<double> values, double share) {
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(share * (values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace sealbook::bench

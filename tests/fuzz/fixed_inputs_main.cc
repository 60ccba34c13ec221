// Runs a fuzz target on inputs that are the same in every run, where there is
// no libFuzzer: keeps the targets working, and finds what shallow inputs find.
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

#include "tests/fuzz/target.h"

int main() {
  constexpr int kInputs = 3000;
  constexpr size_t kMaxSize = 200;
  std::mt19937_64 random(1);
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (int i = 0; i < kInputs; ++i) {
    std::vector<uint8_t> input(random() % kMaxSize);
    // Small values are tags and lengths more often than not.
    const uint64_t limit = i % 2 == 0 ? 256 : 8;
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(random() % limit);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%d inputs\n", kInputs + 1);
  return 0;
}

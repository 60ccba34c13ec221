// What every fuzz target has: libFuzzer's entry point, and a check that ends
// the process, which libFuzzer reports with the input.
//
//   bazel test //tests/fuzz/...                   fixed inputs, seconds
//   bazel test --config=fuzz //tests/fuzz/...     libFuzzer, 20 s each
//   bazel run --config=fuzz //tests/fuzz:page_fuzz -- CORPUS_DIR   until ^C
#ifndef SEALBOOK_TESTS_FUZZ_TARGET_H_
#define SEALBOOK_TESTS_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

// Returns 0; aborts when the input shows a fault.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace sealbook::fuzz {

// Aborts with the message unless `holds`.
inline void Require(bool holds, const char* message) {
  if (holds) return;
  std::fprintf(stderr, "FAULT: %s\n", message);
  std::abort();
}

}  // namespace sealbook::fuzz

#endif  // SEALBOOK_TESTS_FUZZ_TARGET_H_

// The same for answers about the past: histories, states as of a time, and
// walks along the distinguished entries.
#include "tests/fuzz/target.h"
#include "tests/fuzz/transcripts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sealbook::fuzz;
  static const auto all = HistoryTranscripts();
  FuzzTranscripts(all, {reinterpret_cast<const char*>(data), size});
  return 0;
}

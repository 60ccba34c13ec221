// An answer to a search that is not byte for byte what the log gave is refused,
// and a refusal says why.
#include "tests/fuzz/target.h"
#include "tests/fuzz/transcripts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sealbook::fuzz;
  static const auto all = SearchTranscripts();
  FuzzTranscripts(all, {reinterpret_cast<const char*>(data), size});
  return 0;
}

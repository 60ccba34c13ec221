// The same for answers to those who monitor a label, and to its owner.
#include "tests/fuzz/target.h"
#include "tests/fuzz/transcripts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sealbook::fuzz;
  static const auto all = MonitorTranscripts();
  FuzzTranscripts(all, {reinterpret_cast<const char*>(data), size});
  return 0;
}

// Turns a fuzzer's bytes into edits of something valid, so that it starts
// behind the first checks: random bytes are hardly ever signed or well formed.
#ifndef SEALBOOK_TESTS_FUZZ_EDITS_H_
#define SEALBOOK_TESTS_FUZZ_EDITS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sealbook::fuzz {

// The fuzzer's bytes, read from the front; zeros when they are used up.
class Input {
 public:
  explicit Input(absl::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  absl::string_view rest() const { return rest_; }
  uint8_t Byte();
  // Below `end`. Requires: end >= 1.
  size_t Below(size_t end);

 private:
  absl::string_view rest_;
};

// `valid` after the edits that `input` spells: a byte exchanged, a range
// deleted, doubled or moved, bytes put in, the end cut off.
std::string Edit(std::string valid, Input input);

}  // namespace sealbook::fuzz

#endif  // SEALBOOK_TESTS_FUZZ_EDITS_H_

#include "tests/fuzz/edits.h"

#include <algorithm>

namespace sealbook::fuzz {

uint8_t Input::Byte() {
  if (rest_.empty()) return 0;
  const auto byte = static_cast<uint8_t>(rest_[0]);
  rest_.remove_prefix(1);
  return byte;
}

size_t Input::Below(size_t end) {
  const size_t number = size_t{Byte()} << 8 | Byte();
  return number % end;
}

std::string Edit(std::string valid, Input input) {
  // No edit makes the text much longer than it was.
  constexpr size_t kMaxEdits = 16;
  for (size_t i = 0; i < kMaxEdits && !input.empty(); ++i) {
    const uint8_t kind = input.Byte();
    const size_t at = input.Below(valid.size() + 1);
    const size_t length = std::min<size_t>(input.Byte(), valid.size() - at);
    switch (kind % 6) {
      case 0:
        if (at < valid.size()) valid[at] = static_cast<char>(input.Byte());
        break;
      case 1:
        valid.erase(at, length);
        break;
      case 2:
        valid.insert(at, valid.substr(at, length));
        break;
      case 3: {
        const std::string range = valid.substr(at, length);
        valid.erase(at, length);
        valid.insert(input.Below(valid.size() + 1), range);
        break;
      }
      case 4:
        valid.insert(at, 1, static_cast<char>(input.Byte()));
        break;
      default:
        valid.resize(at);
    }
  }
  return valid;
}

}  // namespace sealbook::fuzz

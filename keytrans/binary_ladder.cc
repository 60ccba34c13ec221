#include "keytrans/binary_ladder.h"

namespace sealbook::keytrans {

std::vector<uint32_t> BaseBinaryLadder(uint32_t version) {
  constexpr uint64_t kLimit = uint64_t{1} << 32;
  std::vector<uint32_t> ladder;
  auto look_up = [&ladder](uint64_t value) {
    if (value < kLimit) ladder.push_back(static_cast<uint32_t>(value));
  };

  // Powers of two minus one, to the first that is greater than `version`.
  uint64_t lower = 0;
  uint64_t upper = 0;
  look_up(upper);
  while (upper <= version) {
    lower = upper;
    upper = 2 * upper + 1;
    look_up(upper);
  }
  // Binary search between the greatest included and the least not included.
  while (lower + 1 < upper) {
    uint64_t middle = (lower + upper) / 2;
    look_up(middle);
    (middle <= version ? lower : upper) = middle;
  }
  return ladder;
}

std::vector<uint32_t> MonitoringBinaryLadder(uint32_t target) {
  std::vector<uint32_t> ladder = BaseBinaryLadder(target);
  std::erase_if(ladder,
                [target](uint32_t version) { return version > target; });
  return ladder;
}

}  // namespace sealbook::keytrans

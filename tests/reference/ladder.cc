#include "tests/reference/ladder.h"

namespace sealbook::reference {
namespace {

constexpr uint64_t kVersions = uint64_t{1} << 32;

}  // namespace

std::vector<uint32_t> BaseLadder(std::optional<uint32_t> greatest) {
  std::vector<uint32_t> out;
  // Versions that cannot exist are not looked up, and count as absent.
  auto look_up = [&](uint64_t version) {
    if (version >= kVersions) return false;
    out.push_back(static_cast<uint32_t>(version));
    return greatest.has_value() && version <= *greatest;
  };
  std::optional<uint64_t> included;
  uint64_t absent = 0;  // 2^k - 1, for k from 0 on
  while (look_up(absent)) {
    included = absent;
    absent = 2 * absent + 1;
  }
  if (!included.has_value()) return out;
  while (*included + 1 < absent) {
    const uint64_t middle = (*included + absent) / 2;
    if (look_up(middle)) {
      included = middle;
    } else {
      absent = middle;
    }
  }
  return out;
}

std::vector<uint32_t> SearchLadder(
    uint32_t target, std::optional<uint32_t> greatest,
    const std::set<uint32_t>& left_inclusion,
    const std::set<uint32_t>& right_non_inclusion) {
  std::vector<uint32_t> out;
  for (uint32_t version : BaseLadder(greatest)) {
    const bool exists = greatest.has_value() && version <= *greatest;
    if (!left_inclusion.contains(version) &&
        !right_non_inclusion.contains(version)) {
      out.push_back(version);
    }
    if (exists && version > target) break;
    if (!exists && version <= target) break;
  }
  return out;
}

std::vector<uint32_t> MonitoringLadder(uint32_t target) {
  std::vector<uint32_t> out;
  for (uint32_t version : BaseLadder(target)) {
    if (version <= target) out.push_back(version);
  }
  return out;
}

}  // namespace sealbook::reference

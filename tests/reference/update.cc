// "Updating a Label".
#include <algorithm>

#include "tests/reference/algorithms.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/ladder.h"

namespace sealbook::reference {

std::vector<uint32_t> VersionsOf(const NewVersions& update) {
  std::vector<uint32_t> out;
  uint64_t version = update.previous.has_value() ? *update.previous + 1ull : 0;
  for (; version <= update.greatest; ++version) {
    out.push_back(static_cast<uint32_t>(version));
  }
  return out;
}

std::set<uint32_t> UpdateLadder(const NewVersions& update) {
  std::set<uint32_t> out;
  for (uint32_t version : BaseLadder(update.greatest)) out.insert(version);
  for (uint32_t version : VersionsOf(update)) out.insert(version);
  for (uint32_t version : BaseLadder(update.previous)) out.erase(version);
  return out;
}

bool Algorithms::InspectUpdate(const NewVersions& update) {
  const uint64_t x = update.position;
  if (x > 0) TimestampsToParent(x - 1);
  TimestampsToParent(x);
  Inspection search;
  if (x > 0) InspectPreviousTree(update, &search);  // steps 1 and 2
  const bool distinguished = IsDistinguished(x);
  if (!distinguished) ExpectGreatest(x, update.greatest, &search);  // step 4
  const std::vector<uint32_t> ladder = BaseLadder(update.greatest);
  std::vector<uint32_t> others;
  for (uint32_t version : VersionsOf(update)) {
    if (std::find(ladder.begin(), ladder.end(), version) == ladder.end()) {
      others.push_back(version);
    }
  }
  if (!others.empty()) ExpectIncluded(x, others);  // steps 3 and 4
  return distinguished;
}

void Algorithms::InspectPreviousTree(const NewVersions& update,
                                     Inspection* search) {
  bool begun = false;
  for (uint64_t position : Frontier(update.position)) {
    if (source_.failed()) return;
    begun |= !IsDistinguished(position);  // step 1, in the current tree
    if (!begun) continue;
    if (update.previous.has_value() && position <= update.verified) {  // 2.1
      CountAsInspected(position, *update.previous,
                       GreatestAt(update.before, position), search);
      continue;
    }
    ExpectGreatest(position, update.previous, search);  // 2.2 and 2.3
  }
}

// Step 2.2, its note: a search ladder that is not shown, in an entry whose
// greatest version is known.
void Algorithms::CountAsInspected(uint64_t position, uint32_t target,
                                  std::optional<uint32_t> greatest,
                                  Inspection* search) {
  for (uint32_t version : BaseLadder(target)) {
    const auto included = search->included.find(version);
    if (included != search->included.end() && included->second < position) {
      continue;
    }
    const bool exists = greatest.has_value() && version <= *greatest;
    (exists ? search->included : search->absent)[version] = position;
    if (!exists && version <= target) return;
  }
}

void Algorithms::ExpectIncluded(uint64_t position,
                                const std::vector<uint32_t>& versions) {
  source_.Timestamp(position);
  source_.BeginProof(position);
  for (uint32_t version : versions) {
    if (!source_.LookUp(version)) {
      source_.Fail("owner: a new version is not included");
    }
  }
  source_.EndProof();
}

}  // namespace sealbook::reference

#include "keytrans/verified.h"

#include <algorithm>

#include "keytrans/binary_ladder.h"
#include "merkle/log_tree.h"

namespace sealbook::keytrans {

TreeView DistinguishedEntry::Tree() const {
  TreeView view;
  view.tree_head.tree_size = position + 1;
  view.full_subtrees = full_subtrees;
  view.frontier = frontier;
  return view;
}

crypto::Hash DistinguishedEntry::Root() const {
  return merkle::RootFromFullSubtrees(position + 1, full_subtrees);
}

bool MonitoringObligation::CanBeMonitored() const {
  const std::vector<uint32_t> versions = MonitoringBinaryLadder(version);
  return std::all_of(versions.begin(), versions.end(), [this](uint32_t needed) {
    const auto key = ladder.find(needed);
    return key != ladder.end() && key->second.commitment.has_value();
  });
}

}  // namespace sealbook::keytrans

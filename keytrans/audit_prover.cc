#include "keytrans/audit_prover.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "merkle/prefix_tree.h"

namespace sealbook::keytrans {
namespace {

merkle::PrefixTreeVersion TreeOf(uint64_t position, const LogEntry& entry) {
  return {merkle::PageId{position, 0}, entry.prefix_root};
}

}  // namespace

absl::StatusOr<AuditorUpdate> MakeAuditorUpdate(
    ProofSource& log, uint64_t position, std::vector<crypto::VrfOutput> added) {
  std::sort(added.begin(), added.end());
  std::vector<uint64_t> positions = {position};
  if (position > 0) positions.push_back(position - 1);
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<LogEntry> entries,
                            log.ReadEntries(positions));
  AuditorUpdate update;
  update.timestamp = entries[0].timestamp;
  SEALBOOK_ASSIGN_OR_RETURN(
      update.added,
      merkle::ReadLeaves(log.pages(), TreeOf(position, entries[0]), added));
  // Before the first entry, the tree is empty.
  merkle::PrefixLookup before;
  if (position > 0) before.tree = TreeOf(position - 1, entries[1]);
  before.keys = std::move(added);
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<merkle::PrefixProof> proofs,
                            merkle::ProveLookups(log.pages(), {before}));
  update.proof = std::move(proofs[0]);
  return update;
}

}  // namespace sealbook::keytrans

#include "keytrans/auditor.h"

#include <bit>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/refusal.h"
#include "keytrans/tls_codec.h"
#include "merkle/log_tree.h"
#include "merkle/prefix_proof.h"

namespace sealbook::keytrans {
namespace {

constexpr uint8_t kFormat = 1;
constexpr uint64_t kMaxTreeSize = uint64_t{1} << 62;

// Step 2.
absl::Status CheckOrder(absl::string_view field,
                        const std::vector<merkle::PrefixLeaf>& leaves) {
  for (size_t i = 1; i < leaves.size(); ++i) {
    if (leaves[i - 1].vrf_output < leaves[i].vrf_output) continue;
    return Refuse(
        RefusalReason::kMalformed,
        absl::StrCat(field, " is not in ascending order at element ", i));
  }
  return absl::OkStatus();
}

}  // namespace

AuditorState AuditorState::At(const TreeView& view) {
  const LogEntry& last = view.frontier.back();
  return {view.size(), last.timestamp, last.prefix_root, view.full_subtrees};
}

crypto::Hash AuditorState::Root() const {
  return merkle::RootFromFullSubtrees(size, full_subtrees);
}

std::string AuditorState::Encode() const {
  TlsWriter writer;
  writer.U8(kFormat);
  writer.U64(size);
  writer.U64(timestamp);
  writer.Bytes(prefix_root);
  writer.Count(full_subtrees.size(), 1);
  for (const crypto::Hash& subtree : full_subtrees) writer.Bytes(subtree);
  return writer.Take();
}

absl::StatusOr<AuditorState> AuditorState::Parse(absl::string_view bytes) {
  TlsReader reader(bytes);
  const uint8_t format = reader.U8();
  if (reader.ok() && format != kFormat) {
    return absl::InvalidArgumentError(absl::StrCat(
        "AuditorState has format ", format, ", this version reads ", kFormat));
  }
  AuditorState state;
  state.size = reader.U64();
  state.timestamp = reader.U64();
  state.prefix_root = reader.Get<crypto::Hash>();
  state.full_subtrees.resize(reader.Count(1, crypto::Hash::kSize));
  for (crypto::Hash& subtree : state.full_subtrees) {
    subtree = reader.Get<crypto::Hash>();
  }
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("AuditorState"));
  if (state.size > kMaxTreeSize ||
      state.full_subtrees.size() !=
          static_cast<size_t>(std::popcount(state.size))) {
    return absl::InvalidArgumentError(
        absl::StrCat("AuditorState of size ", state.size, " has ",
                     state.full_subtrees.size(), " full subtrees"));
  }
  return state;
}

absl::Status Audit(const AuditorUpdate& update, AuditorState& state) {
  const auto refuse = [&](RefusalReason reason, absl::string_view why) {
    return Refuse(reason, absl::StrCat("log entry ", state.size, ": ", why));
  };
  if (update.timestamp < state.timestamp) {
    return refuse(RefusalReason::kTimestampOrder,
                  absl::StrCat("it has timestamp ", update.timestamp,
                               ", the entry before it ", state.timestamp));
  }
  SEALBOOK_RETURN_IF_ERROR(CheckOrder("added", update.added));
  SEALBOOK_RETURN_IF_ERROR(CheckOrder("removed", update.removed));
  if (!update.removed.empty()) {
    return refuse(RefusalReason::kRemoval,
                  absl::StrCat("it removes ", update.removed.size(),
                               " leaves, and leaves are only added"));
  }
  const absl::StatusOr<merkle::PrefixAddition> roots =
      merkle::EvaluatePrefixAddition(update.added, update.proof);
  if (!roots.ok()) {
    return refuse(RefusalReason::kPrefixProof, roots.status().message());
  }
  if (roots->before != state.prefix_root) {
    return refuse(RefusalReason::kRootMismatch,
                  "its proof is not of the prefix tree of the entry before it");
  }
  merkle::LogAppender log(state.size, std::move(state.full_subtrees));
  log.Append(LogEntry{update.timestamp, roots->after}.LeafValue());
  state = {log.size(), update.timestamp, roots->after, log.full_subtrees()};
  return absl::OkStatus();
}

absl::StatusOr<AuditorTreeHead> SignAuditorTreeHead(
    const Configuration& configuration, const crypto::SignaturePrivateKey& key,
    const AuditorState& state) {
  AuditorTreeHead head;
  head.timestamp = state.timestamp;
  head.tree_size = state.size;
  SEALBOOK_ASSIGN_OR_RETURN(head.signature, key.Sign(EncodeAuditorTreeHeadTbs(
                                                configuration, state.timestamp,
                                                state.size, state.Root())));
  return head;
}

}  // namespace sealbook::keytrans

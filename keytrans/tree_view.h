// What a user retains of the newest tree head that it verified ([KT] "Updating
// Views of the Tree", "Algorithm").
#ifndef SEALBOOK_KEYTRANS_TREE_VIEW_H_
#define SEALBOOK_KEYTRANS_TREE_VIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "keytrans/structures.h"

namespace sealbook::keytrans {

struct TreeView {
  TreeHead tree_head;
  // Values of the log tree's full subtrees, left to right.
  std::vector<crypto::Hash> full_subtrees;
  // The log entries at Frontier(tree_head.tree_size), in that order.
  std::vector<LogEntry> frontier;
  // In thirdPartyAuditing mode: the auditor's head that came with tree_head.
  std::optional<AuditorTreeHead> auditor;

  uint64_t size() const { return tree_head.tree_size; }
  // The log root. Requires: size() >= 1.
  crypto::Hash Root() const;
  // Milliseconds since the Unix epoch of the rightmost log entry.
  uint64_t Timestamp() const { return frontier.back().timestamp; }

  // Our own encoding, for storing it (docs/formats.md): uint8 format = 1;
  // TreeHead; HashValue full_subtrees<0..2^8-1>; LogEntry frontier<0..2^8-1>.
  // With an auditor's head: format = 2, and AuditorTreeHead at the end.
  std::string Encode() const;
  // INVALID_ARGUMENT: also when the counts do not fit the size, or timestamps
  // run backwards.
  static absl::StatusOr<TreeView> Parse(absl::string_view bytes);

  friend bool operator==(const TreeView&, const TreeView&) = default;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_TREE_VIEW_H_

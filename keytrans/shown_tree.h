// The tree that a response shows, and which of its log entries are
// distinguished or expired ([KT] "Reasonable Monitoring Window", "Maximum
// Lifetime").
#ifndef SEALBOOK_KEYTRANS_SHOWN_TREE_H_
#define SEALBOOK_KEYTRANS_SHOWN_TREE_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "keytrans/proof_handle.h"
#include "keytrans/structures.h"

namespace sealbook::keytrans {

struct ShownTree {
  // Log entries; >= 1.
  uint64_t size = 0;
  // Reasonable Monitoring Window and maximum lifetime, milliseconds.
  uint64_t window = 0;
  std::optional<uint64_t> maximum_lifetime;
  // The rightmost log entry is distinguished in a larger tree, and so are all
  // on the frontier, whatever this one shows of them.
  bool rightmost_distinguished = false;
};

ShownTree ShownBy(const Configuration& configuration, uint64_t size);

// The rightmost distinguished log entry, absent when there is none. It always
// lies on the frontier, whose timestamps are known after UpdateView.
absl::StatusOr<std::optional<uint64_t>> RightmostDistinguished(
    ProofHandle& handle, const ShownTree& tree);

// A walk down the implicit search tree, from the root. Requires: UpdateView was
// run on `handle`, which outlives this.
//
//   SEALBOOK_ASSIGN_OR_RETURN(Descent at, Descent::FromRoot(handle, tree));
//   SEALBOOK_RETURN_IF_ERROR(at.Arrive().status());  // its timestamp
//   if (!at.GoLeft()) ...                            // has no left child
class Descent {
 public:
  static absl::StatusOr<Descent> FromRoot(ProofHandle& handle,
                                          const ShownTree& tree);

  uint64_t position() const { return position_; }
  // Of the current entry; its own timestamp does not matter.
  bool Distinguished() const {
    return right_ - left_ >= tree_.window ||
           (on_frontier_ && tree_.rightmost_distinguished);
  }
  // Obtains the timestamp of the current entry. Before Expired and the moves.
  absl::StatusOr<uint64_t> Arrive();
  bool Expired() const { return IsExpired(timestamp_); }
  bool IsExpired(uint64_t timestamp) const {
    return tree_.maximum_lifetime.has_value() &&
           newest_ - timestamp >= *tree_.maximum_lifetime;
  }

  bool HasLeft() const;
  bool HasRight() const;
  // False, and nothing changes, where there is no such child.
  bool GoLeft();
  bool GoRight();

 private:
  Descent(ProofHandle& handle, const ShownTree& tree, uint64_t newest);

  ProofHandle* handle_;
  ShownTree tree_;
  // Timestamps: of the rightmost entry; of the nearest ancestors to the left (0
  // without one) and to the right (the rightmost entry's without one); of the
  // current entry.
  uint64_t newest_;
  uint64_t left_ = 0;
  uint64_t right_;
  uint64_t timestamp_ = 0;
  uint64_t position_;
  bool on_frontier_ = true;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_SHOWN_TREE_H_

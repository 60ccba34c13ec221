#include "keytrans/shown_tree.h"

#include "base/status_macros.h"
#include "keytrans/implicit_tree.h"

namespace sealbook::keytrans {

ShownTree ShownBy(const Configuration& configuration, uint64_t size) {
  return {size, configuration.reasonable_monitoring_window,
          configuration.maximum_lifetime};
}

absl::StatusOr<std::optional<uint64_t>> RightmostDistinguished(
    ProofHandle& handle, const ShownTree& tree) {
  SEALBOOK_ASSIGN_OR_RETURN(Descent at, Descent::FromRoot(handle, tree));
  std::optional<uint64_t> distinguished;
  // An entry's parent is distinguished whenever it is itself.
  while (at.Distinguished()) {
    distinguished = at.position();
    SEALBOOK_RETURN_IF_ERROR(at.Arrive().status());
    if (!at.GoRight()) break;
  }
  return distinguished;
}

absl::StatusOr<Descent> Descent::FromRoot(ProofHandle& handle,
                                          const ShownTree& tree) {
  SEALBOOK_ASSIGN_OR_RETURN(uint64_t newest, handle.Timestamp(tree.size - 1));
  return Descent(handle, tree, newest);
}

Descent::Descent(ProofHandle& handle, const ShownTree& tree, uint64_t newest)
    : handle_(&handle),
      tree_(tree),
      newest_(newest),
      right_(newest),
      position_(ImplicitRoot(tree.size)) {}

absl::StatusOr<uint64_t> Descent::Arrive() {
  SEALBOOK_ASSIGN_OR_RETURN(timestamp_, handle_->Timestamp(position_));
  return timestamp_;
}

bool Descent::HasLeft() const { return ImplicitLeft(position_).has_value(); }

bool Descent::HasRight() const {
  return ImplicitRight(position_, tree_.size).has_value();
}

bool Descent::GoLeft() {
  std::optional<uint64_t> child = ImplicitLeft(position_);
  if (!child.has_value()) return false;
  right_ = timestamp_;
  position_ = *child;
  on_frontier_ = false;
  return true;
}

bool Descent::GoRight() {
  std::optional<uint64_t> child = ImplicitRight(position_, tree_.size);
  if (!child.has_value()) return false;
  left_ = timestamp_;
  position_ = *child;
  return true;
}

}  // namespace sealbook::keytrans

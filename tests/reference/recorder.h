// The prover's side of the algorithms: answers from a world, and a record of
// the answers in the order in which they were asked for.
#ifndef SEALBOOK_TESTS_REFERENCE_RECORDER_H_
#define SEALBOOK_TESTS_REFERENCE_RECORDER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/reference/algorithms.h"
#include "tests/reference/structures.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// Copies go on independently. Keeps pointers to the world and the label.
class Recorder : public Source {
 public:
  // The label may be empty if nothing will be looked up.
  Recorder(const World& world, uint64_t n, std::optional<uint64_t> last,
           const std::string& label);

  void Fail(const std::string& reason) override {}
  bool failed() const override { return false; }
  uint64_t Timestamp(uint64_t position) override;
  void BeginProof(uint64_t position) override;
  bool LookUp(uint32_t version) override;
  void EndProof() override;
  bool EndsBefore(uint64_t position) override;

  // "Owner Algorithm", the second one, step 4: when the log stops of itself, by
  // position. Never without it.
  void StopWhen(std::function<bool(uint64_t)> stop) { stop_ = std::move(stop); }
  size_t prefix_proofs() const { return proof_.prefix_proofs.size(); }

  // What was recorded; prefix roots and inclusion follow from it, and from the
  // auditor's head if there is one beside it.
  CombinedTreeProof Proof(const FullTreeHead& head) const;

  // Whether every vector of Proof() is within its ceiling so far.
  bool Fits() const;

 private:
  const World* world_;
  uint64_t n_;
  std::optional<uint64_t> last_;
  const std::string* label_;
  std::set<uint64_t> retained_;
  std::set<uint64_t> sent_;       // positions in timestamps
  std::set<uint64_t> with_root_;  // positions in prefix_proofs
  uint64_t proving_ = 0;
  std::vector<std::string> keys_;
  CombinedTreeProof proof_;
  std::function<bool(uint64_t)> stop_;
};

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_RECORDER_H_

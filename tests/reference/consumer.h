// The verifier's side of the algorithms: answers from a response, and every
// check that all operations share ("Combined Tree" in "Tree Proofs", "Full
// Tree Head Verification", "Updating Views of the Tree").
#ifndef SEALBOOK_TESTS_REFERENCE_CONSUMER_H_
#define SEALBOOK_TESTS_REFERENCE_CONSUMER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/reference/algorithms.h"
#include "tests/reference/prefix_tree.h"
#include "tests/reference/structures.h"
#include "tests/reference/verifier.h"

namespace sealbook::reference {

// Whether a version above the target of a ladder may exist: what a
// greatest-version search claims not to exist has no commitment.
enum class AboveTarget { kMayExist, kDoesNotExist };

// One verification. The first failure is kept. Methods that return bool return
// false once something was refused. Keeps references to its arguments.
class Consumer : public Source {
 public:
  Consumer(const Configuration& config, const PublicKeys& keys,
           const std::optional<RetainedState>& state, uint64_t now)
      : config_(config), keys_(keys), state_(state), now_(now) {}

  void Fail(const std::string& reason) override {
    if (error_.empty()) error_ = reason;
  }
  bool failed() const override { return !error_.empty(); }
  const std::string& error() const { return error_; }

  // The request has to be the user's own: it advertises exactly what is held.
  bool ReadUser(std::optional<uint64_t> last);

  // "Search", step 3: the version's search key; its commitment.
  bool ReadVrfProof(const std::string& label, uint32_t version,
                    const std::string& proof);
  void SetCommitment(uint32_t version, std::optional<std::string> commitment);

  // "Search", steps 2 and 3. `target` is computed by the user; versions below
  // it have to have a commitment where `above` says that the target is the
  // greatest one, and may lack it otherwise until a lookup needs it.
  bool ReadLadder(const std::vector<BinaryLadderStep>& ladder,
                  const std::string& label, uint32_t target, AboveTarget above);

  // "Update Format", and the commitment of a version whose value is shown.
  bool ReadValue(const std::string& label, uint32_t version,
                 const std::string& opening, const UpdateValue& value);

  // What the user retained of a version, or retains after this response.
  void SetKnown(uint32_t version, const KnownVersion& known);
  const KnownVersions& known() const { return known_; }

  // What does not need the root, and the proof to be consumed. Sets n().
  bool ReadHead(const FullTreeHead& head, const CombinedTreeProof& proof);
  // The same with a head that has no auditor's beside it, and without any head:
  // then it is for the caller to compare what follows from the proof.
  bool ReadTreeHead(const TreeHead& head, const CombinedTreeProof& proof);
  bool ReadSize(uint64_t n, const CombinedTreeProof& proof);
  uint64_t n() const { return n_; }
  const std::optional<uint64_t>& last() const { return last_; }

  // The rightmost timestamp against the user's clock, and the auditor's
  // against it.
  bool CheckClock();

  uint64_t Timestamp(uint64_t position) override;
  void BeginProof(uint64_t position) override;
  bool LookUp(uint32_t version) override;
  void EndProof() override;
  bool EndsBefore(uint64_t position) override;

  // Everything consumed; prefix roots, inclusion, roots and signatures. Also
  // the roots of the trees of these sizes, if the rightmost entry of each is
  // one whose timestamp was asked for.
  bool Finish(const std::set<uint64_t>& earlier);

  // After Finish.
  NewView View() const;
  std::string PrefixRootOf(uint64_t position) const;
  const std::map<uint64_t, std::string>& earlier_roots() const {
    return earlier_roots_;
  }
  // What users keep of a tree of one of these sizes, if all of its frontier was
  // asked for.
  RetainedState EarlierState(uint64_t size) const;

 private:
  bool Check(bool condition, const std::string& reason) {
    if (!condition) Fail(reason);
    return !failed();
  }
  bool ReadAuditorHead(const FullTreeHead& head);
  void CheckOrder(uint64_t position);
  bool CheckCounts();
  bool CheckSignatures();

  const Configuration& config_;
  const PublicKeys& keys_;
  const std::optional<RetainedState>& state_;
  const uint64_t now_;

  std::optional<uint64_t> last_;
  std::optional<TreeHead> tree_head_;                 // what was not `same`
  std::optional<AuditorTreeHead> auditor_tree_head_;  // beside it
  CombinedTreeProof proof_;
  uint64_t n_ = 0;
  KnownVersions known_;
  std::map<uint64_t, uint64_t> timestamps_;
  std::set<uint64_t> from_response_;
  size_t next_timestamp_ = 0;
  size_t next_prefix_proof_ = 0;
  uint64_t proving_ = 0;
  std::vector<Lookup> lookups_;
  std::map<uint64_t, std::string> prefix_roots_;
  std::string root_;
  std::vector<std::string> full_subtrees_;
  std::map<uint64_t, std::string> earlier_roots_;
  std::map<uint64_t, std::vector<std::string>> earlier_subtrees_;
  std::string error_;
};

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_CONSUMER_H_

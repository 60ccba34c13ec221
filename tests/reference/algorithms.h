// The algorithms of the draft and the project's own ones, each written once,
// over whatever they ask of the log. The prover answers from its lists and
// writes down what it said; the verifier answers from a response ("Combined
// Tree" in "Tree Proofs").
#ifndef SEALBOOK_TESTS_REFERENCE_ALGORITHMS_H_
#define SEALBOOK_TESTS_REFERENCE_ALGORITHMS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/reference/structures.h"

namespace sealbook::reference {

class Source {
 public:
  virtual ~Source() = default;

  // After the first failure answers mean nothing, and algorithms end soon. A
  // prover never fails: what it shows may be a lie.
  virtual void Fail(const std::string& reason) = 0;
  virtual bool failed() const = 0;

  virtual uint64_t Timestamp(uint64_t position) = 0;

  // A PrefixProof from the entry at `position`: its lookups, one after the
  // other, each with whether the version is included.
  virtual void BeginProof(uint64_t position) = 0;
  virtual bool LookUp(uint32_t version) = 0;
  virtual void EndProof() = 0;

  // "Owner Algorithm", the second one, step 4: whether the response has no
  // ladder from this entry or any to its right.
  virtual bool EndsBefore(uint64_t position) = 0;
};

enum class VersionOutcome { kFound, kDoesNotExist, kExpired };

struct VersionSearch {
  VersionOutcome outcome = VersionOutcome::kDoesNotExist;
  uint64_t terminal = 0;  // only with kFound
};

// What step 6.3 of a fixed-version search does when the answer has looked the
// target up in the same entry before: the draft looks it up nevertheless, our
// structures leave the lookup out (docs/protocol.md, "History").
enum class SecondProof { kAlways, kUnlessMade };

// "Contact Algorithm": of one label, a version by the position of an entry that
// was shown to contain it.
using MonitoringMap = std::map<uint64_t, uint32_t>;

// What an owner knows: the label's greatest version from a position on, to the
// next position. Nothing where the label does not exist.
using GreatestVersions = std::map<uint64_t, std::optional<uint32_t>>;

// The greatest version in the entry at x; nothing also left of all positions.
std::optional<uint32_t> GreatestAt(const GreatestVersions& greatest,
                                   uint64_t x);

// "Updating a Label": what is claimed to have happened at a position.
struct NewVersions {
  uint64_t position = 0;             // < n
  std::optional<uint32_t> previous;  // the greatest version before
  uint32_t greatest = 0;             // of the new ones
  // Step 2.1: nothing up to here is inspected if there is a previous version.
  uint64_t verified = 0;
  GreatestVersions before;  // as far as entries that are skipped need it
};

// The versions that came in: after `previous`, up to `greatest`.
std::vector<uint32_t> VersionsOf(const NewVersions& update);

// The versions with a VRF proof in an UpdateResponse, and in an
// OwnerInitResponse with these greatest versions.
std::set<uint32_t> UpdateLadder(const NewVersions& update);
std::set<uint32_t> OwnerInitLadder(
    const std::vector<uint32_t>& greatest_versions);

// Adds a pair; of two versions at one position the greater one stays.
void KeepGreater(uint64_t position, uint32_t version, MonitoringMap* map);

// One response: n entries shown to a user who advertised `last` or nothing.
// UpdateTheView comes first. Keeps pointers to its arguments.
class Algorithms {
 public:
  Algorithms(const Configuration& config, uint64_t n,
             std::optional<uint64_t> last, Source* source)
      : config_(config), n_(n), last_(last), source_(*source) {}

  // "Updating Views of the Tree".
  void UpdateTheView();

  // "Greatest-Version Search". The terminal entry; nothing if no inspected
  // entry shows the target, which has failed then.
  std::optional<uint64_t> SearchGreatestVersion(uint32_t target);

  // Ours: fails if any entry that a greatest-version search inspects shows
  // version 0.
  void SearchAbsence();

  // "Fixed-Version Search".
  VersionSearch SearchFixedVersion(uint32_t target, SecondProof second);

  // "Walking Distinguished Heads": the positions of the 10 rightmost
  // distinguished and unexpired entries that lie right of `stop`, from right
  // to left.
  std::vector<uint64_t> WalkDistinguished(std::optional<uint64_t> stop);

  // Ours, "History": `position` is the first entry that contains the version.
  // Fails if it is not, as far as the entry before it and the distinguished
  // ones on both sides tell, and if the entry before it or the distinguished
  // one to the left is expired. position < n.
  void FirstAppearance(uint32_t version, uint64_t position);

  // Ours, "The state as of a time". Fails if the entry at `position` is not
  // the rightmost one not later than `time`, if `version` is not the greatest
  // there (if nothing, version 0 is there), or if a distinguished entry on
  // either side tells otherwise. Expired: the version, the entry at `position`
  // or the distinguished one to the left, which fails. position < n.
  VersionSearch AsOf(uint64_t time, std::optional<uint64_t> position,
                     std::optional<uint32_t> version);

  // Ours, "History", after the algorithms of a response about the past: fails
  // if a lookup showed inclusion to the left of an entry where another one
  // showed non-inclusion of the version.
  void RefuseContradictions();

  // "Contact Algorithm": the map after it. All positions are smaller than n. In
  // the context of an owner's monitoring, `start` is the position that the
  // owner advertised.
  MonitoringMap MonitorContact(const MonitoringMap& map,
                               std::optional<uint64_t> start);

  // "Credentials", "Provisional": the contact algorithm for one pair that is
  // not distinguished, in the tree that ends with an entry of which the user
  // knows that it is the first distinguished one to the right. Fails if it is
  // not above the pair's position.
  void MonitorCredential(uint64_t terminal, uint32_t version);

  // "Owner Algorithm", the first one, step 1: the entries to inspect. Fails if
  // the entry at `start` (< n) is expired or not distinguished.
  std::vector<uint64_t> OwnersEntries(uint64_t start);
  // Step 5: the entries with the greatest version claimed for each.
  void InspectOwnersEntries(const std::vector<uint64_t>& entries,
                            const std::vector<uint32_t>& greatest_versions);

  // "Owner Algorithm", the second one: the rightmost entry with a ladder, or
  // `start`.
  uint64_t MonitorOwner(uint64_t start, const GreatestVersions& expected);

  // "Updating a Label": whether the entry with the new versions is
  // distinguished.
  bool InspectUpdate(const NewVersions& update);

  // "Reasonable Monitoring Window". Needs the timestamps of x's ancestors.
  bool IsDistinguished(uint64_t x);
  std::optional<uint64_t> RightmostDistinguished();
  // "Maximum Lifetime". Needs the timestamp of x.
  bool IsExpired(uint64_t x);
  // The mode is contactMonitoring, and the terminal entry of a search lies
  // right of the rightmost distinguished one, or there is none.
  bool MustMonitor(uint64_t terminal);

 private:
  enum class Bound { kLess, kEqual, kGreater };

  // What a search has inspected, by version: the leftmost entry that showed
  // inclusion, the rightmost one that showed non-inclusion.
  struct Inspection {
    std::map<uint32_t, uint64_t> included, absent;
  };

  std::vector<uint64_t> FrontierToInspect();
  bool LookUp(uint64_t position, uint32_t version);
  bool SingleLookup(uint64_t position, uint32_t version);
  void ExpectSingle(uint64_t position, uint32_t version, bool included,
                    const std::string& reason);
  bool Inspect(uint64_t position, uint32_t version, Inspection* search);
  Bound OpenLadder(uint64_t position, uint32_t target, Inspection* search);
  Bound Ladder(uint64_t position, uint32_t target, Inspection* search);
  VersionSearch EndOfStepFive(uint64_t x);
  VersionSearch StepSix(uint32_t target, bool met_expired,
                        const std::map<uint64_t, Bound>& inspected,
                        SecondProof second);
  std::set<uint64_t> DistinguishedOnPath(uint64_t x);
  void Walk(uint64_t x, std::optional<uint64_t> stop,
            std::vector<uint64_t>* out);
  void TimestampsToParent(uint64_t x);
  std::optional<uint64_t> MonitorPair(uint64_t x, uint32_t version,
                                      std::optional<uint64_t> start,
                                      std::map<uint64_t, uint32_t>* targets);
  void MonitoringLadderAt(uint64_t position, uint32_t target);
  void ExpectGreatest(uint64_t position, std::optional<uint32_t> greatest,
                      Inspection* search);
  bool MonitorOwnerBelow(uint64_t x, uint64_t start,
                         const GreatestVersions& expected, uint64_t* verified);
  void InspectPreviousTree(const NewVersions& update, Inspection* search);
  void CountAsInspected(uint64_t position, uint32_t target,
                        std::optional<uint32_t> greatest, Inspection* search);
  void ExpectIncluded(uint64_t position, const std::vector<uint32_t>& versions);

  const Configuration& config_;
  const uint64_t n_;
  const std::optional<uint64_t> last_;
  Source& source_;
  // The outcome of every lookup that the response has made, by entry and
  // version.
  std::map<std::pair<uint64_t, uint32_t>, bool> made_;
};

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_ALGORITHMS_H_

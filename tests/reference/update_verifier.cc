#include <set>
#include <utility>

#include "tests/reference/algorithms.h"
#include "tests/reference/consumer.h"
#include "tests/reference/ladder.h"
#include "tests/reference/monitor_verifier.h"
#include "tests/reference/update_structures.h"
#include "tests/reference/verification.h"

namespace sealbook::reference {
namespace {

constexpr uint64_t kVersions = uint64_t{1} << 32;

// The most that a binary ladder has. Each new version is in it, or is in the
// ladder of the previous greatest one.
constexpr uint64_t kSteps = 255;

// The values that the response is about, or nothing if it is refused ("Updating
// a Label" in "User Operations", step 2).
std::vector<LabelValue> ReadValues(const UpdateRequest& asked,
                                   const UpdateResponse& in,
                                   Consumer* consumer) {
  const std::vector<LabelValue>& values =
      in.values.empty() ? asked.values : in.values;
  if (in.info.empty()) consumer->Fail("update: no new version");
  if (in.info.size() != values.size()) {
    consumer->Fail("update: another number of openings than of values");
  }
  return values;
}

// Step 4, and the new versions' commitments.
void ReadLadder(const UpdateResponse& in, const std::string& label,
                const NewVersions& update,
                const std::vector<NewVersion>& versions, Consumer* consumer) {
  const std::set<uint32_t> expected = UpdateLadder(update);
  if (in.binary_ladder.size() < expected.size()) {
    consumer->Fail("binary ladder: steps missing");
  }
  if (in.binary_ladder.size() > expected.size()) {
    consumer->Fail("binary ladder: steps left over");
  }
  auto step = in.binary_ladder.begin();
  for (uint32_t version : expected) {
    if (consumer->failed()) return;
    // All of them are greater than what the user advertised.
    if (step->commitment.has_value()) {
      consumer->Fail("binary ladder: commitment for a new version");
    }
    if (!consumer->ReadVrfProof(label, version, step->proof)) return;
    ++step;
  }
  for (uint64_t i = 1; i <= in.skipped_versions; ++i) {
    const auto version = static_cast<uint32_t>(versions[0].version - i);
    consumer->SetCommitment(version, std::string(kHashSize, '\0'));
  }
  for (size_t i = 0; i < versions.size(); ++i) {
    const NewVersion& made = versions[i];
    consumer->ReadValue(label, made.version, made.opening,
                        {made.value, in.info[i].suffix});
  }
}

// The request, and whether what it needs is held.
void ReadOwner(const OwnerState& owner, const UpdateRequest& asked,
               Consumer* consumer) {
  const std::optional<uint32_t> greatest = GreatestKnown(owner);
  if (asked.label != owner.label || asked.greatest_version != greatest ||
      owner.greatest.empty()) {
    consumer->Fail("request: advertises another owner state than the one held");
  }
  for (const auto& [version, known] : owner.known) {
    consumer->SetKnown(version, known);
  }
  for (uint32_t version : BaseLadder(greatest)) {
    const auto known = owner.known.find(version);
    if (known == owner.known.end() ||
        (version <= greatest && !known->second.commitment.has_value())) {
      consumer->Fail("retained state: a version of the label is not known");
    }
  }
}

// Everything but the position, which needs the size of the tree.
NewVersions ReadUpdate(const OwnerState& owner, const UpdateRequest& asked,
                       const UpdateResponse& in,
                       std::vector<NewVersion>* versions, Consumer* consumer) {
  const std::vector<LabelValue> values = ReadValues(asked, in, consumer);
  NewVersions out;
  if (consumer->failed()) return out;
  out.position = in.position;
  out.previous = GreatestKnown(owner);
  out.verified = owner.greatest.rbegin()->first;
  out.before = owner.greatest;
  const std::vector<uint32_t> before = BaseLadder(out.previous);
  if (in.skipped_versions + values.size() > kSteps + before.size()) {
    consumer->Fail("update: more new versions than the ladder has room for");
    return out;
  }
  const uint64_t first = (out.previous.has_value() ? *out.previous + 1ull : 0) +
                         in.skipped_versions;
  if (first + values.size() > kVersions) {
    consumer->Fail("update: versions above 2^32 - 1");
    return out;
  }
  for (size_t i = 0; i < values.size(); ++i) {
    out.greatest = static_cast<uint32_t>(first + i);
    versions->push_back({out.greatest, values[i].value, in.info[i].opening});
  }
  ReadLadder(in, asked.label, out, *versions, consumer);
  return out;
}

// Step 1.
bool CheckPosition(const OwnerState& owner, uint64_t position,
                   Consumer* consumer) {
  if (position >= consumer->n()) {
    consumer->Fail("update: position outside of the tree");
  }
  // Also the entry of the previous greatest version, if that came in later.
  if (position <= owner.greatest.rbegin()->first) {
    consumer->Fail("update: position is not right of the one before");
  }
  if (position <= owner.start) {
    consumer->Fail("update: position is not right of what was verified");
  }
  return !consumer->failed();
}

}  // namespace

Verdict<AcceptedUpdate> VerifyUpdate(
    const Configuration& config, const PublicKeys& keys,
    const std::optional<RetainedState>& state, const OwnerState& owner,
    const std::string& request, const std::string& response, uint64_t now) {
  Consumer consumer(config, keys, state, now);
  const auto asked = Read<UpdateRequest>("request", request, config, &consumer);
  const auto in = Read<UpdateResponse>("response", response, config, &consumer);
  if (asked.has_value()) ReadOwner(owner, *asked, &consumer);
  AcceptedUpdate out;
  if (consumer.failed() || !consumer.ReadUser(asked->last)) {
    return Refused<AcceptedUpdate>(consumer);
  }
  const NewVersions update =
      ReadUpdate(owner, *asked, *in, &out.versions, &consumer);
  std::optional<Algorithms> run;
  if (!Begin(in->full_tree_head, in->update, config, &consumer, &run) ||
      !CheckPosition(owner, in->position, &consumer)) {
    return Refused<AcceptedUpdate>(consumer);
  }
  const bool distinguished = run->InspectUpdate(update);
  out.position = update.position;
  out.skipped = in->skipped_versions;
  out.created = in->values.empty();
  out.owner = owner;
  out.owner.known = consumer.known();
  out.owner.greatest[update.position] = update.greatest;
  if (!distinguished) {
    KeepGreater(update.position, update.greatest, &out.owner.map);
  }
  consumer.Finish({});
  return Conclude(&consumer, std::move(out));
}

}  // namespace sealbook::reference

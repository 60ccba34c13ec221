#include "tests/reference/monitor_verifier.h"

#include <algorithm>
#include <set>
#include <utility>

#include "tests/reference/algorithms.h"
#include "tests/reference/consumer.h"
#include "tests/reference/ladder.h"
#include "tests/reference/monitor_structures.h"
#include "tests/reference/verification.h"

namespace sealbook::reference {
namespace {

std::vector<MonitorMapEntry> InOrder(const MonitoringMap& map) {
  std::vector<MonitorMapEntry> out;
  for (const auto& [position, version] : map) {
    out.push_back({position, version});
  }
  return out;
}

bool HasCommitments(const KnownVersions& known,
                    const std::vector<uint32_t>& versions) {
  return std::all_of(versions.begin(), versions.end(), [&](uint32_t version) {
    const auto hit = known.find(version);
    return hit != known.end() && hit->second.commitment.has_value();
  });
}

bool HasSearchKeys(const KnownVersions& known,
                   const std::vector<uint32_t>& versions) {
  return std::all_of(versions.begin(), versions.end(),
                     [&](uint32_t version) { return known.contains(version); });
}

// The map's monitoring ladders can be followed.
void ReadMap(const MonitoringMap& map, const KnownVersions& known,
             Consumer* consumer) {
  for (const auto& [version, what] : known) consumer->SetKnown(version, what);
  for (const auto& [position, version] : map) {
    if (!HasCommitments(known, MonitoringLadder(version))) {
      consumer->Fail("retained state: a version of the map is not known");
    }
  }
}

bool CheckInside(const MonitoringMap& map, Consumer* consumer) {
  if (!map.empty() && map.rbegin()->first >= consumer->n()) {
    consumer->Fail("retained state: a position outside of the tree");
  }
  return !consumer->failed();
}

// "Owner Initialization", steps 1 and 2, but for the number of entries.
bool ReadOwnerInit(const OwnerInitResponse& in, const std::string& label,
                   Consumer* consumer) {
  const std::vector<uint32_t>& greatest = in.greatest_versions;
  if (!std::is_sorted(greatest.rbegin(), greatest.rend())) {
    consumer->Fail("owner: greatest versions are not in descending order");
  }
  const std::set<uint32_t> versions = OwnerInitLadder(greatest);
  if (in.binary_ladder.size() < versions.size()) {
    consumer->Fail("binary ladder: steps missing");
  }
  if (in.binary_ladder.size() > versions.size()) {
    consumer->Fail("binary ladder: steps left over");
  }
  auto step = in.binary_ladder.begin();
  for (uint32_t version : versions) {
    if (consumer->failed()) return false;
    const bool exists = !greatest.empty() && version <= greatest[0];
    const bool claimed =
        std::find(greatest.begin(), greatest.end(), version) != greatest.end();
    if (claimed && !step->commitment.has_value()) {
      consumer->Fail("binary ladder: commitment missing");
    }
    if (!exists && step->commitment.has_value()) {
      consumer->Fail(
          "binary ladder: commitment for a version that is claimed not to "
          "exist");
    }
    if (!consumer->ReadVrfProof(label, version, step->proof)) return false;
    consumer->SetCommitment(version, step->commitment);
    ++step;
  }
  return !consumer->failed();
}

// The owner's request, and whether what it needs is held.
void ReadOwner(const OwnerState& owner, const OwnerMonitorRequest& asked,
               Consumer* consumer) {
  if (asked.label != owner.label || asked.entries != InOrder(owner.map) ||
      asked.start != owner.start ||
      asked.greatest_version != GreatestKnown(owner)) {
    consumer->Fail("request: advertises another owner state than the one held");
  }
  ReadMap(owner.map, owner.known, consumer);
  for (const auto& [position, greatest] : owner.greatest) {
    if (!HasSearchKeys(owner.known, BaseLadder(greatest)) ||
        (greatest.has_value() &&
         !HasCommitments(owner.known, MonitoringLadder(*greatest)))) {
      consumer->Fail("retained state: a version of the label is not known");
    }
  }
}

}  // namespace

std::optional<uint32_t> GreatestKnown(const OwnerState& owner) {
  if (owner.greatest.empty()) return std::nullopt;
  return owner.greatest.rbegin()->second;
}

Verdict<AcceptedContactMonitor> VerifyContactMonitor(
    const Configuration& config, const PublicKeys& keys,
    const std::optional<RetainedState>& state, const ContactState& contact,
    const std::string& request, const std::string& response, uint64_t now) {
  Consumer consumer(config, keys, state, now);
  const auto asked =
      Read<ContactMonitorRequest>("request", request, config, &consumer);
  const auto in =
      Read<ContactMonitorResponse>("response", response, config, &consumer);
  if (asked.has_value() && (asked->label != contact.label ||
                            asked->entries != InOrder(contact.map))) {
    consumer.Fail("request: advertises another map than the one held");
  }
  ReadMap(contact.map, contact.known, &consumer);
  std::optional<Algorithms> run;
  if (consumer.failed() || !consumer.ReadUser(asked->last) ||
      !Begin(in->full_tree_head, in->monitor, config, &consumer, &run) ||
      !CheckInside(contact.map, &consumer)) {
    return Refused<AcceptedContactMonitor>(consumer);
  }
  AcceptedContactMonitor out;
  out.contact.label = contact.label;
  out.contact.map = run->MonitorContact(contact.map, std::nullopt);
  for (const auto& [position, version] : out.contact.map) {
    for (uint32_t step : MonitoringLadder(version)) {
      out.contact.known[step] = contact.known.at(step);
    }
  }
  consumer.Finish({});
  return Conclude(&consumer, std::move(out));
}

Verdict<AcceptedOwner> VerifyOwnerInit(
    const Configuration& config, const PublicKeys& keys,
    const std::optional<RetainedState>& state, const std::string& request,
    const std::string& response, uint64_t now) {
  Consumer consumer(config, keys, state, now);
  const auto asked =
      Read<OwnerInitRequest>("request", request, config, &consumer);
  const auto in =
      Read<OwnerInitResponse>("response", response, config, &consumer);
  std::optional<Algorithms> run;
  if (consumer.failed() || !consumer.ReadUser(asked->last) ||
      !ReadOwnerInit(*in, asked->label, &consumer) ||
      !Begin(in->full_tree_head, in->init, config, &consumer, &run)) {
    return Refused<AcceptedOwner>(consumer);
  }
  if (asked->start >= consumer.n()) {
    consumer.Fail("owner: the starting position is outside of the tree");
    return Refused<AcceptedOwner>(consumer);
  }
  const std::vector<uint64_t> entries = run->OwnersEntries(asked->start);
  if (in->greatest_versions.size() > entries.size()) {
    consumer.Fail("owner: more greatest versions than entries");
  }
  run->InspectOwnersEntries(entries, in->greatest_versions);
  AcceptedOwner out;
  out.owner.label = asked->label;
  out.owner.known = consumer.known();
  out.owner.start = asked->start;
  std::optional<uint32_t>& greatest = out.owner.greatest[asked->start];
  if (!in->greatest_versions.empty()) greatest = in->greatest_versions[0];
  consumer.Finish({});
  return Conclude(&consumer, std::move(out));
}

Verdict<AcceptedOwnerMonitor> VerifyOwnerMonitor(
    const Configuration& config, const PublicKeys& keys,
    const std::optional<RetainedState>& state, const OwnerState& owner,
    const std::string& request, const std::string& response, uint64_t now) {
  Consumer consumer(config, keys, state, now);
  const auto asked =
      Read<OwnerMonitorRequest>("request", request, config, &consumer);
  const auto in =
      Read<OwnerMonitorResponse>("response", response, config, &consumer);
  if (asked.has_value()) ReadOwner(owner, *asked, &consumer);
  std::optional<Algorithms> run;
  if (consumer.failed() || !consumer.ReadUser(asked->last) ||
      !Begin(in->full_tree_head, in->monitor, config, &consumer, &run) ||
      !CheckInside(owner.map, &consumer)) {
    return Refused<AcceptedOwnerMonitor>(consumer);
  }
  if (owner.start >= consumer.n()) {
    consumer.Fail("retained state: a position outside of the tree");
    return Refused<AcceptedOwnerMonitor>(consumer);
  }
  AcceptedOwnerMonitor out;
  out.owner = owner;
  out.owner.map = run->MonitorContact(owner.map, owner.start);
  out.owner.start = run->MonitorOwner(owner.start, owner.greatest);
  out.complete = run->RightmostDistinguished() <= out.owner.start;
  consumer.Finish({});
  return Conclude(&consumer, std::move(out));
}

}  // namespace sealbook::reference

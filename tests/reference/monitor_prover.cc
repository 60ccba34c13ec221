#include "tests/reference/monitor_prover.h"

#include "tests/reference/added.h"
#include "tests/reference/recorder.h"
#include "tests/reference/require.h"
#include "tests/reference/response_parts.h"

namespace sealbook::reference {
namespace {

MonitoringMap MapOf(const std::vector<MonitorMapEntry>& entries) {
  MonitoringMap out;
  for (const auto& [position, version] : entries) {
    Require(out.emplace(position, version).second, "a position twice");
  }
  return out;
}

CombinedTreeProof Recorded(const Recorder& recorder, const FullTreeHead& head) {
  Require(recorder.Fits(), "more timestamps or prefix proofs than encodable");
  return recorder.Proof(head);
}

// What an owner who knows of no version above `greatest` believes.
GreatestVersions Believed(const World& world, uint64_t n,
                          const std::string& label,
                          std::optional<uint32_t> greatest) {
  GreatestVersions out;
  for (const auto& [position, version] : GreatestAdded(world, n, label)) {
    if (version <= greatest) out[position] = version;
  }
  return out;
}

}  // namespace

ContactMonitorResponse BuildContactMonitorResponse(
    const World& world, uint64_t n, const ContactMonitorRequest& request,
    bool say_same) {
  Recorder recorder(world, n, request.last, request.label);
  Algorithms run(world.config, n, request.last, &recorder);
  run.UpdateTheView();
  (void)run.MonitorContact(MapOf(request.entries), std::nullopt);
  const FullTreeHead head = BuildHead(world, n, say_same);
  return {head, Recorded(recorder, head)};
}

OwnerInitResponse BuildOwnerInitResponse(
    const World& world, uint64_t n, const OwnerInitRequest& request,
    bool say_same, const std::optional<std::vector<uint32_t>>& claim) {
  const auto& [last, label, start] = request;
  Recorder recorder(world, n, last, label);
  Algorithms run(world.config, n, last, &recorder);
  run.UpdateTheView();
  const std::vector<uint64_t> entries = run.OwnersEntries(start);
  OwnerInitResponse out;
  if (claim.has_value()) {
    out.greatest_versions = *claim;
  } else {
    for (uint64_t position : entries) {
      const auto greatest = GreatestVersion(world, position, label);
      if (!greatest.has_value()) break;
      out.greatest_versions.push_back(*greatest);
    }
  }
  run.InspectOwnersEntries(entries, out.greatest_versions);
  out.full_tree_head = BuildHead(world, n, say_same);
  for (uint32_t version : OwnerInitLadder(out.greatest_versions)) {
    // Versions exist if they are not above the greatest one at `start`.
    const bool exists =
        !out.greatest_versions.empty() && version <= out.greatest_versions[0];
    out.binary_ladder.push_back(
        BuildStep(world, start + 1, label, version, !exists));
  }
  out.init = Recorded(recorder, out.full_tree_head);
  return out;
}

OwnerMonitorResponse BuildOwnerMonitorResponse(
    const World& world, uint64_t n, const OwnerMonitorRequest& request,
    bool say_same, StopConditions stop) {
  Recorder recorder(world, n, request.last, request.label);
  Algorithms run(world.config, n, request.last, &recorder);
  run.UpdateTheView();
  (void)run.MonitorContact(MapOf(request.entries), request.start);
  const size_t before = recorder.prefix_proofs();
  const GreatestVersions added = GreatestAdded(world, n, request.label);
  recorder.StopWhen([&](uint64_t position) {
    if (recorder.prefix_proofs() - before >= stop.max_ladders) return true;
    return stop.when_owner_is_behind &&
           GreatestAt(added, position) > request.greatest_version;
  });
  (void)run.MonitorOwner(request.start, Believed(world, n, request.label,
                                                 request.greatest_version));
  const FullTreeHead head = BuildHead(world, n, say_same);
  return {head, Recorded(recorder, head)};
}

NewVersions NextVersions(const World& world, uint64_t n,
                         const std::string& label,
                         std::optional<uint32_t> greatest) {
  NewVersions out;
  out.previous = greatest;
  const auto position =
      PositionAdded(world, n, label, greatest.has_value() ? *greatest + 1 : 0);
  Require(position.has_value(), "there is no next version");
  out.position = *position;
  out.before = GreatestAdded(world, n, label);
  out.greatest = *GreatestAt(out.before, *position);
  if (greatest.has_value()) {
    out.verified = *PositionAdded(world, n, label, *greatest);
  }
  return out;
}

UpdateResponse BuildUpdateResponse(const World& world, uint64_t n,
                                   const UpdateRequest& request,
                                   UpdateKind kind, bool say_same,
                                   const std::optional<NewVersions>& claim) {
  const std::string& label = request.label;
  const NewVersions update =
      claim.has_value()
          ? *claim
          : NextVersions(world, n, label, request.greatest_version);
  UpdateResponse out;
  out.full_tree_head = BuildHead(world, n, say_same);
  out.position = update.position;
  for (uint32_t version : VersionsOf(update)) {
    if (IsSkipped(world, n - 1, label, version)) {
      ++out.skipped_versions;
      continue;
    }
    const OpenedValue opened = world.open(label, version);
    if (kind == UpdateKind::kReported) out.values.push_back({opened.value});
    out.info.push_back({opened.opening, {opened.signature}});
  }
  for (uint32_t version : UpdateLadder(update)) {
    // All are above the greatest version that the user knows.
    out.binary_ladder.push_back(BuildStep(world, n, label, version, true));
  }
  Recorder recorder(world, n, request.last, label);
  Algorithms run(world.config, n, request.last, &recorder);
  run.UpdateTheView();
  (void)run.InspectUpdate(update);
  out.update = Recorded(recorder, out.full_tree_head);
  return out;
}

std::string MakeContactMonitorResponse(const World& world, uint64_t n,
                                       const ContactMonitorRequest& request,
                                       bool say_same) {
  return EncodeFor(world,
                   BuildContactMonitorResponse(world, n, request, say_same));
}

std::string MakeOwnerInitResponse(const World& world, uint64_t n,
                                  const OwnerInitRequest& request,
                                  bool say_same) {
  return EncodeFor(world, BuildOwnerInitResponse(world, n, request, say_same));
}

std::string MakeOwnerMonitorResponse(const World& world, uint64_t n,
                                     const OwnerMonitorRequest& request,
                                     bool say_same, StopConditions stop) {
  return EncodeFor(
      world, BuildOwnerMonitorResponse(world, n, request, say_same, stop));
}

std::string MakeUpdateResponse(const World& world, uint64_t n,
                               const UpdateRequest& request, UpdateKind kind,
                               bool say_same) {
  return EncodeFor(world,
                   BuildUpdateResponse(world, n, request, kind, say_same));
}

std::string MakeContactMonitorRequest(std::optional<uint64_t> last,
                                      const std::string& label,
                                      const MonitoringMap& map) {
  return Encode(ContactMonitorRequest{last, label, EntriesOf(map)});
}

std::string MakeOwnerInitRequest(std::optional<uint64_t> last,
                                 const std::string& label, uint64_t start) {
  return Encode(OwnerInitRequest{last, label, start});
}

std::string MakeOwnerMonitorRequest(std::optional<uint64_t> last,
                                    const std::string& label,
                                    const MonitoringMap& map, uint64_t start,
                                    std::optional<uint32_t> greatest_version) {
  return Encode(OwnerMonitorRequest{last, label, EntriesOf(map), start,
                                    greatest_version});
}

std::string MakeUpdateRequest(std::optional<uint64_t> last,
                              const std::string& label,
                              std::optional<uint32_t> greatest_version,
                              const std::vector<std::string>& values) {
  UpdateRequest request{last, label, greatest_version, {}};
  for (const std::string& value : values) request.values.push_back({value});
  return Encode(request);
}

std::vector<MonitorMapEntry> EntriesOf(const MonitoringMap& map) {
  std::vector<MonitorMapEntry> out;
  for (const auto& [position, version] : map) {
    out.push_back({position, version});
  }
  return out;
}

}  // namespace sealbook::reference

#include "tests/reference/prover.h"

#include <algorithm>
#include <set>
#include <vector>

#include "tests/reference/implicit_tree.h"
#include "tests/reference/ladder.h"
#include "tests/reference/recorder.h"
#include "tests/reference/require.h"
#include "tests/reference/response_parts.h"

namespace sealbook::reference {
namespace {

std::vector<BinaryLadderStep> BuildLadder(const World& world, uint64_t n,
                                          const std::string& label,
                                          uint32_t target) {
  std::vector<BinaryLadderStep> out;
  for (uint32_t version : BaseLadder(target)) {
    out.push_back(BuildStep(world, n, label, version, version == target));
  }
  return out;
}

// "History", binary_ladder.
std::vector<BinaryLadderStep> BuildHistoryLadder(
    const World& world, uint64_t n, const std::string& label,
    const std::set<uint32_t>& shown) {
  std::set<uint32_t> versions;
  for (uint32_t target : shown) {
    for (uint32_t version : BaseLadder(target)) versions.insert(version);
  }
  std::vector<BinaryLadderStep> out;
  for (uint32_t version : versions) {
    out.push_back(BuildStep(world, n, label, version, shown.contains(version)));
  }
  return out;
}

uint64_t FirstPosition(const World& world, uint64_t n, const std::string& label,
                       uint32_t version) {
  for (uint64_t position = 0; position < n; ++position) {
    if (ContainsVersion(world, position, label, version)) return position;
  }
  Require(false, "a version that was found lies nowhere");
  return 0;
}

// The true one where it can be proved: the entry before it is not expired, nor
// is the rightmost distinguished one to the left.
std::optional<uint64_t> ProvablePosition(const World& world, uint64_t n,
                                         const std::string& label,
                                         uint32_t version) {
  const uint64_t position = FirstPosition(world, n, label, version);
  std::vector<uint64_t> timestamps;
  for (uint64_t x = 0; x < n; ++x) {
    timestamps.push_back(world.entries[x].timestamp);
  }
  std::vector<uint64_t> needed = {position > 0 ? position - 1 : 0};
  for (uint64_t x :
       Distinguished(timestamps, world.config.reasonable_monitoring_window)) {
    if (x < position) needed.push_back(x);  // ascending: the last one counts
  }
  const std::optional<uint64_t>& lifetime = world.config.maximum_lifetime;
  for (uint64_t x : {needed.front(), needed.back()}) {
    if (lifetime.has_value() &&
        timestamps.back() - timestamps[x] >= *lifetime) {
      return std::nullopt;
    }
  }
  return position;
}

VersionSearch SearchOneOfHistory(Algorithms* run, uint32_t version,
                                 bool as_greatest) {
  if (!as_greatest) {
    return run->SearchFixedVersion(version, SecondProof::kUnlessMade);
  }
  const std::optional<uint64_t> terminal = run->SearchGreatestVersion(version);
  if (!terminal.has_value()) return {};
  return {VersionOutcome::kFound, *terminal};
}

// The Make... functions from the Build... ones.
template <typename T, typename Function>
Answer<std::string> EncodeAnswer(const Answer<T>& answer, Function encode) {
  if (!answer.response.has_value()) return {answer.outcome, std::nullopt};
  return {answer.outcome, encode(*answer.response)};
}

}  // namespace

SearchResponse BuildSearchResponse(const World& world, uint64_t n,
                                   std::optional<uint64_t> last,
                                   const std::string& label, bool say_same,
                                   std::optional<uint32_t> claim) {
  const std::optional<uint32_t> greatest =
      claim.has_value() ? claim : GreatestVersion(world, n - 1, label);
  Require(greatest.has_value(), "the label does not exist");
  SearchResponse out;
  out.full_tree_head = BuildHead(world, n, say_same);
  out.version = *greatest;
  const OpenedValue opened = world.open(label, *greatest);
  out.opening = opened.opening;
  out.value = opened.update();
  out.binary_ladder = BuildLadder(world, n, label, *greatest);
  Recorder recorder(world, n, last, label);
  Algorithms run(world.config, n, last, &recorder);
  run.UpdateTheView();
  (void)run.SearchGreatestVersion(*greatest);
  out.search = recorder.Proof(out.full_tree_head);
  return out;
}

AbsenceResponse BuildAbsenceResponse(const World& world, uint64_t n,
                                     std::optional<uint64_t> last,
                                     const std::string& label, bool say_same) {
  AbsenceResponse out;
  out.full_tree_head = BuildHead(world, n, say_same);
  out.proof = VrfOf(world, label, 0).proof;
  Recorder recorder(world, n, last, label);
  Algorithms run(world.config, n, last, &recorder);
  run.UpdateTheView();
  run.SearchAbsence();
  out.search = recorder.Proof(out.full_tree_head);
  return out;
}

Answer<FixedVersionResponse> BuildFixedVersionResponse(
    const World& world, uint64_t n, std::optional<uint64_t> last,
    const std::string& label, uint32_t version, bool say_same, bool insist) {
  Recorder recorder(world, n, last, label);
  Algorithms run(world.config, n, last, &recorder);
  run.UpdateTheView();
  const VersionSearch found =
      run.SearchFixedVersion(version, SecondProof::kAlways);
  if (found.outcome != VersionOutcome::kFound && !insist) {
    return {found.outcome, std::nullopt};
  }
  if (IsSkipped(world, n - 1, label, version) && !insist) return {};
  FixedVersionResponse out;
  out.full_tree_head = BuildHead(world, n, say_same);
  const OpenedValue opened = world.open(label, version);
  out.opening = opened.opening;
  out.value = opened.update();
  out.binary_ladder = BuildLadder(world, n, label, version);
  out.search = recorder.Proof(out.full_tree_head);
  return {found.outcome, out};
}

DistinguishedResponse BuildDistinguishedResponse(const World& world, uint64_t n,
                                                 std::optional<uint64_t> last,
                                                 std::optional<uint64_t> stop,
                                                 bool say_same) {
  const std::string no_label;
  Recorder recorder(world, n, last, no_label);
  Algorithms run(world.config, n, last, &recorder);
  run.UpdateTheView();
  (void)run.WalkDistinguished(stop);
  const FullTreeHead head = BuildHead(world, n, say_same);
  return {head, recorder.Proof(head)};
}

Answer<HistoryResponse> BuildHistoryResponse(
    const World& world, uint64_t n, std::optional<uint64_t> last,
    const std::string& label, std::optional<uint32_t> newest, size_t count,
    bool say_same, const std::map<uint32_t, std::optional<uint64_t>>& claims) {
  Require(count >= 1 && count <= 255, "1 to 255 versions on a page");
  const std::optional<uint32_t> first =
      newest.has_value() ? newest : GreatestVersion(world, n - 1, label);
  if (!first.has_value()) return {};
  Recorder recorder(world, n, last, label);
  Algorithms run(world.config, n, last, &recorder);
  run.UpdateTheView();
  HistoryResponse out;
  std::set<uint32_t> shown;
  for (uint32_t version = *first; shown.size() < count; --version) {
    // Nothing opens the commitment of a skipped version.
    if (IsSkipped(world, n - 1, label, version)) break;
    const Recorder before = recorder;
    const bool as_greatest = !newest.has_value() && shown.empty();
    const VersionSearch found = SearchOneOfHistory(&run, version, as_greatest);
    if (found.outcome != VersionOutcome::kFound && shown.empty()) {
      return {found.outcome, std::nullopt};
    }
    HistoryVersion entry;
    if (found.outcome == VersionOutcome::kFound) {
      entry.position = claims.contains(version)
                           ? claims.at(version)
                           : ProvablePosition(world, n, label, version);
      if (entry.position.has_value()) {
        run.FirstAppearance(version, *entry.position);
      }
    }
    if (found.outcome != VersionOutcome::kFound || !recorder.Fits()) {
      recorder = before;
      break;
    }
    const OpenedValue opened = world.open(label, version);
    entry.opening = opened.opening;
    entry.value = opened.update();
    out.versions.push_back(entry);
    shown.insert(version);
    if (version == 0) break;
  }
  if (shown.empty()) return {};
  out.full_tree_head = BuildHead(world, n, say_same);
  out.newest = *first;
  out.binary_ladder = BuildHistoryLadder(world, n, label, shown);
  out.history = recorder.Proof(out.full_tree_head);
  return {VersionOutcome::kFound, out};
}

Answer<AsOfResponse> BuildAsOfResponse(const World& world, uint64_t n,
                                       std::optional<uint64_t> last,
                                       const std::string& label, uint64_t time,
                                       bool say_same,
                                       const std::optional<AsOfClaim>& claim) {
  AsOfResponse out;
  for (uint64_t i = 0; i < n && world.entries[i].timestamp <= time; ++i) {
    out.position = i;
  }
  if (out.position.has_value()) {
    out.version = GreatestVersion(world, *out.position, label);
  }
  if (claim.has_value()) {
    out.position = claim->position;
    out.version = claim->version;
  }
  Recorder recorder(world, n, last, label);
  Algorithms run(world.config, n, last, &recorder);
  run.UpdateTheView();
  const VersionSearch found = run.AsOf(time, out.position, out.version);
  if (found.outcome != VersionOutcome::kFound && !claim.has_value()) {
    return {found.outcome, std::nullopt};
  }
  out.full_tree_head = BuildHead(world, n, say_same);
  if (out.version.has_value()) {
    const OpenedValue opened = world.open(label, *out.version);
    out.opening = opened.opening;
    out.value = opened.update();
    out.binary_ladder = BuildLadder(world, n, label, *out.version);
  } else if (out.position.has_value()) {
    out.binary_ladder = {BuildStep(world, n, label, 0, true)};
  }
  out.search = recorder.Proof(out.full_tree_head);
  return {found.outcome, out};
}

std::string EncodeHistory(const HistoryResponse& response, bool names_newest,
                          uint16_t suite, DeploymentMode mode) {
  if (!names_newest) return Encode(response, suite, mode);
  return Encode(HistoryPageResponse{response.full_tree_head, response.versions,
                                    response.binary_ladder, response.history},
                suite, mode);
}

std::string MakeSearchResponse(const World& world, uint64_t n,
                               std::optional<uint64_t> last,
                               const std::string& label, bool say_same) {
  return EncodeFor(world, BuildSearchResponse(world, n, last, label, say_same));
}

std::string MakeAbsenceResponse(const World& world, uint64_t n,
                                std::optional<uint64_t> last,
                                const std::string& label, bool say_same) {
  return EncodeFor(world,
                   BuildAbsenceResponse(world, n, last, label, say_same));
}

Answer<std::string> MakeFixedVersionResponse(const World& world, uint64_t n,
                                             std::optional<uint64_t> last,
                                             const std::string& label,
                                             uint32_t version, bool say_same) {
  return EncodeAnswer(
      BuildFixedVersionResponse(world, n, last, label, version, say_same),
      [&](const auto& response) { return EncodeFor(world, response); });
}

std::string MakeDistinguishedResponse(const World& world, uint64_t n,
                                      std::optional<uint64_t> last,
                                      std::optional<uint64_t> stop,
                                      bool say_same) {
  return EncodeFor(world,
                   BuildDistinguishedResponse(world, n, last, stop, say_same));
}

Answer<std::string> MakeHistoryResponse(const World& world, uint64_t n,
                                        std::optional<uint64_t> last,
                                        const std::string& label,
                                        std::optional<uint32_t> newest,
                                        size_t count, bool say_same) {
  return EncodeAnswer(
      BuildHistoryResponse(world, n, last, label, newest, count, say_same),
      [&](const auto& response) {
        return EncodeHistory(response, newest.has_value(),
                             world.config.ciphersuite, world.config.mode);
      });
}

Answer<std::string> MakeAsOfResponse(const World& world, uint64_t n,
                                     std::optional<uint64_t> last,
                                     const std::string& label, uint64_t time,
                                     bool say_same) {
  return EncodeAnswer(
      BuildAsOfResponse(world, n, last, label, time, say_same),
      [&](const auto& response) { return EncodeFor(world, response); });
}

std::string MakeSearchRequest(std::optional<uint64_t> last,
                              const std::string& label,
                              std::optional<uint32_t> version) {
  return Encode(SearchRequest{last, label, version});
}

std::string MakeDistinguishedRequest(std::optional<uint64_t> last,
                                     std::optional<uint64_t> stop) {
  return Encode(DistinguishedRequest{last, stop});
}

std::string MakeHistoryRequest(std::optional<uint64_t> last,
                               const std::string& label,
                               std::optional<uint32_t> newest) {
  return Encode(HistoryRequest{last, label, newest});
}

std::string MakeAsOfRequest(std::optional<uint64_t> last,
                            const std::string& label, uint64_t time) {
  return Encode(AsOfRequest{last, label, time});
}

}  // namespace sealbook::reference

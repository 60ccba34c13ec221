#include "keytrans/testing/lies.h"

#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <set>
#include <utility>

#include "keytrans/algorithms.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/history_algorithms.h"
#include "keytrans/monitor_algorithms.h"
#include "keytrans/proof_recorder.h"
#include "keytrans/proving.h"
#include "keytrans/update_algorithm.h"

namespace sealbook::keytrans {
namespace {

// A test that cannot build its lie has nothing to go on with.
template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::cerr << value.status() << std::endl;
    std::abort();
  }
  return *std::move(value);
}

FullTreeHead HeadOf(const TestLog& log, std::optional<uint64_t> last) {
  return MakeFullTreeHead(log.Sign(log.size(), log.Root(log.size())), last);
}

// A ladder of some versions of a label.
struct Ladder {
  Ladder(TestLog& log, absl::string_view name,
         absl::Span<const uint32_t> versions)
      : label(log, name, log.size()), maker(label) {
    if (!maker.Add(versions).ok()) std::abort();
  }
  Ladder(const Ladder&) = delete;
  Ladder& operator=(const Ladder&) = delete;

  LabelVersions label;
  LadderMaker maker;
};

// Goes by what the log's trees show, as a verifier will, and not by what the
// log should show.
class TrueRecorder : public ProofRecorder {
 public:
  TrueRecorder(TestLog& log, const std::map<uint32_t, LadderVersion>& versions,
               std::optional<uint64_t> last)
      : ProofRecorder(log, versions, TreeHead{log.size(), {}}, last),
        log_(log),
        versions_(versions) {}

  absl::Status BeginProof(uint64_t position) override {
    position_ = position;
    return ProofRecorder::BeginProof(position);
  }
  absl::StatusOr<bool> Lookup(uint32_t version) override {
    const absl::StatusOr<bool> made = ProofRecorder::Lookup(version);
    if (!made.ok()) return made;
    return log_.Shows(position_, versions_.at(version).search_key);
  }

 private:
  TestLog& log_;
  const std::map<uint32_t, LadderVersion>& versions_;
  uint64_t position_ = 0;
};

// All that `algorithm` asks for until it ends, or refuses what it is shown.
CombinedTreeProof Record(
    TestLog& log, const LadderMaker& ladder, std::optional<uint64_t> last,
    const std::function<void(ProofRecorder&, const ShownTree&)>& algorithm) {
  TrueRecorder recorder(log, ladder.versions(), last);
  if (!UpdateView(recorder, log.size(), last).ok()) std::abort();
  algorithm(recorder, ShownBy(log.configuration(), log.size()));
  return Must(recorder.Finish());
}

// Of a version that does not exist: nothing.
OpenedValue ValueOf(const TestLog& log, const std::string& label,
                    uint32_t version) {
  const auto versions = log.labels().find(label);
  if (versions == log.labels().end() || version >= versions->second.size()) {
    return {};
  }
  return versions->second[version].opened;
}

}  // namespace

SearchResponse LieAboutVersion(TestLog& log, const SearchRequest& request,
                               uint32_t version) {
  const std::vector<uint32_t> versions = BaseBinaryLadder(version);
  const Ladder made(log, request.label, versions);
  const LadderMaker& ladder = made.maker;
  SearchResponse response;
  response.full_tree_head = HeadOf(log, request.last);
  if (!request.version.has_value()) response.version = version;
  const OpenedValue value = ValueOf(log, request.label, version);
  response.opening = value.opening;
  response.value = value.value;
  response.binary_ladder = ladder.Steps(versions, {version});
  for (size_t i = 0; i < versions.size(); ++i) {
    if (request.version.has_value() || versions[i] < version) continue;
    response.binary_ladder[i].commitment.reset();
  }
  response.search = Record(
      log, ladder, request.last,
      [&](ProofRecorder& recorder, const ShownTree& tree) {
        KnownLookups known;
        if (request.version.has_value()) {
          FixedVersionSearch(recorder, tree, known, version).IgnoreError();
        } else {
          GreatestVersionSearch(recorder, tree, known, version).IgnoreError();
        }
      });
  return response;
}

AbsenceResponse LieAboutAbsence(TestLog& log, const SearchRequest& request) {
  const Ladder made(log, request.label, {0});
  const LadderMaker& ladder = made.maker;
  AbsenceResponse response;
  response.full_tree_head = HeadOf(log, request.last);
  response.proof = ladder.Steps({0}, {0})[0].proof;
  response.search = Record(log, ladder, request.last,
                           [&](ProofRecorder& recorder, const ShownTree& tree) {
                             AbsenceSearch(recorder, tree).IgnoreError();
                           });
  return response;
}

HistoryResponse LieAboutHistory(
    TestLog& log, const HistoryRequest& request, uint32_t newest,
    const std::vector<std::optional<uint64_t>>& positions) {
  std::set<uint32_t> in_ladders;
  std::set<uint32_t> shown;
  HistoryResponse response;
  response.full_tree_head = HeadOf(log, request.last);
  if (!request.newest.has_value()) response.newest = newest;
  for (size_t i = 0; i < positions.size(); ++i) {
    const auto version = static_cast<uint32_t>(newest - i);
    const std::vector<uint32_t> ladder = BaseBinaryLadder(version);
    in_ladders.insert(ladder.begin(), ladder.end());
    shown.insert(version);
    const OpenedValue value = ValueOf(log, request.label, version);
    response.versions.push_back({positions[i], value.opening, value.value, {}});
  }
  const std::vector<uint32_t> versions(in_ladders.begin(), in_ladders.end());
  const Ladder made(log, request.label, versions);
  const LadderMaker& ladder = made.maker;
  response.binary_ladder = ladder.Steps(versions, shown);
  for (size_t i = 0; i < versions.size(); ++i) {
    if (request.newest.has_value() || versions[i] <= newest) continue;
    response.binary_ladder[i].commitment.reset();
  }
  response.history = Record(
      log, ladder, request.last,
      [&](ProofRecorder& recorder, const ShownTree& tree) {
        MadeLookups lookups;
        for (size_t i = 0; i < positions.size(); ++i) {
          const auto version = static_cast<uint32_t>(newest - i);
          KnownLookups known(lookups);
          if (i == 0 && !request.newest.has_value()) {
            GreatestVersionSearch(recorder, tree, known, version).IgnoreError();
          } else {
            FixedVersionSearch(recorder, tree, known, version).IgnoreError();
          }
          if (!positions[i].has_value()) continue;
          FirstAppearance(recorder, tree, lookups, version, *positions[i])
              .IgnoreError();
        }
      });
  return response;
}

AsOfResponse LieAboutState(TestLog& log, const AsOfRequest& request,
                           std::optional<uint64_t> position,
                           std::optional<uint32_t> version) {
  std::vector<uint32_t> versions;
  AsOfResponse response;
  response.full_tree_head = HeadOf(log, request.last);
  response.position = position;
  if (version.has_value()) {
    versions = BaseBinaryLadder(*version);
    const OpenedValue value = ValueOf(log, request.label, *version);
    response.in_force =
        VersionInForce{*version, value.opening, value.value, {}};
  } else if (position.has_value()) {
    versions = {0};
  }
  const Ladder made(log, request.label, versions);
  const LadderMaker& ladder = made.maker;
  response.binary_ladder = ladder.Steps(versions, {version.value_or(0)});
  response.search = Record(log, ladder, request.last,
                           [&](ProofRecorder& recorder, const ShownTree& tree) {
                             MadeLookups lookups;
                             VerifyStateAsOf(recorder, tree, lookups,
                                             {request.time, position, version})
                                 .IgnoreError();
                           });
  return response;
}

ContactMonitorResponse LieToContact(TestLog& log,
                                    const ContactMonitorRequest& request) {
  std::set<uint32_t> in_ladders;
  for (const MonitorMapEntry& entry : request.entries) {
    const std::vector<uint32_t> ladder = MonitoringBinaryLadder(entry.version);
    in_ladders.insert(ladder.begin(), ladder.end());
  }
  const Ladder made(
      log, request.label,
      std::vector<uint32_t>(in_ladders.begin(), in_ladders.end()));
  ContactMonitorResponse response;
  response.full_tree_head = HeadOf(log, request.last);
  response.monitor =
      Record(log, made.maker, request.last,
             [&](ProofRecorder& recorder, const ShownTree& tree) {
               MonitorContact(recorder, tree, request.entries, std::nullopt)
                   .IgnoreError();
             });
  return response;
}

OwnerInitResponse LieAboutGreatestVersions(
    TestLog& log, const OwnerInitRequest& request,
    const std::vector<uint32_t>& greatest_versions) {
  std::set<uint32_t> in_ladders = {0};
  for (uint32_t greatest : greatest_versions) {
    const std::vector<uint32_t> ladder = BaseBinaryLadder(greatest);
    in_ladders.insert(ladder.begin(), ladder.end());
  }
  const std::vector<uint32_t> versions(in_ladders.begin(), in_ladders.end());
  const Ladder made(log, request.label, versions);
  OwnerInitResponse response;
  response.full_tree_head = HeadOf(log, request.last);
  response.greatest_versions = greatest_versions;
  response.binary_ladder = made.maker.Steps(versions, {});
  for (size_t i = 0; i < versions.size(); ++i) {
    if (!greatest_versions.empty() && versions[i] <= greatest_versions[0]) {
      continue;
    }
    response.binary_ladder[i].commitment.reset();
  }
  response.init =
      Record(log, made.maker, request.last,
             [&](ProofRecorder& recorder, const ShownTree& tree) {
               const auto positions =
                   OwnerInitPositions(recorder, tree, request.start);
               if (!positions.ok()) return;
               InitOwner(recorder, *positions, greatest_versions).IgnoreError();
             });
  return response;
}

OwnerMonitorResponse LieToOwner(TestLog& log,
                                const OwnerMonitorRequest& request,
                                const OwnerState& owner) {
  std::vector<uint32_t> versions;
  for (const auto& [version, key] : owner.keys) versions.push_back(version);
  const Ladder made(log, request.label, versions);
  OwnerMonitorResponse response;
  response.full_tree_head = HeadOf(log, request.last);
  response.monitor = Record(
      log, made.maker, request.last,
      [&](ProofRecorder& recorder, const ShownTree& tree) {
        if (!MonitorContact(recorder, tree, request.entries, request.start)
                 .ok()) {
          return;
        }
        const OwnerMonitoring monitoring = {
            request.start,
            [&owner](uint64_t position) { return owner.At(position); },
            [](uint64_t /*position*/) { return false; }};
        MonitorOwner(recorder, tree, monitoring).IgnoreError();
      });
  return response;
}

UpdateResponse LieAboutUpdate(TestLog& log, const UpdateRequest& request,
                              const OwnerState& owner, uint64_t position,
                              uint32_t greatest) {
  const NewVersions update = {position, owner.Greatest(), greatest,
                              owner.GreatestPosition(), owner.start};
  const std::vector<uint32_t> shown = UpdateLadder(update);
  std::set<uint32_t> versions(shown.begin(), shown.end());
  for (const auto& [version, key] : owner.keys) versions.insert(version);
  const Ladder made(log, request.label,
                    std::vector<uint32_t>(versions.begin(), versions.end()));
  UpdateResponse response;
  response.full_tree_head = HeadOf(log, request.last);
  response.position = position;
  response.binary_ladder = made.maker.Steps(shown, versions);
  for (uint64_t version = update.first(); version <= greatest; ++version) {
    const OpenedValue opened =
        ValueOf(log, request.label, static_cast<uint32_t>(version));
    response.info.push_back({opened.opening, {}});
    response.values.push_back({opened.value});
  }
  if (request.values.size() == response.values.size()) response.values.clear();
  response.update = Record(
      log, made.maker, request.last,
      [&](ProofRecorder& recorder, const ShownTree& tree) {
        VerifyNewVersions(
            recorder, tree, update,
            [&owner](uint32_t version, uint64_t at) -> absl::StatusOr<bool> {
              const std::optional<uint32_t> known = owner.At(at);
              return known.has_value() && version <= *known;
            })
            .IgnoreError();
      });
  return response;
}

}  // namespace sealbook::keytrans

#include "tests/reference/verifier.h"

#include <set>
#include <utility>

#include "tests/reference/algorithms.h"
#include "tests/reference/consumer.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/ladder.h"
#include "tests/reference/log_tree.h"
#include "tests/reference/own_structures.h"
#include "tests/reference/verification.h"

namespace sealbook::reference {
namespace {

// "History", binary_ladder.
bool ReadHistoryLadder(const HistoryResponse& in, const std::string& label,
                       bool newest_is_greatest, const std::set<uint32_t>& shown,
                       Consumer* consumer) {
  std::set<uint32_t> versions;
  for (uint32_t target : shown) {
    for (uint32_t version : BaseLadder(target)) versions.insert(version);
  }
  if (in.binary_ladder.size() < versions.size()) {
    consumer->Fail("binary ladder: steps missing");
  }
  if (in.binary_ladder.size() > versions.size()) {
    consumer->Fail("binary ladder: steps left over");
  }
  auto step = in.binary_ladder.begin();
  for (uint32_t version : versions) {
    if (consumer->failed()) return false;
    if (step->commitment.has_value() && shown.contains(version)) {
      consumer->Fail("binary ladder: commitment for a version that is shown");
    }
    if (step->commitment.has_value() && newest_is_greatest &&
        version > in.newest) {
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

void CheckFound(const VersionSearch& found, Consumer* consumer) {
  if (found.outcome == VersionOutcome::kDoesNotExist) {
    consumer->Fail("search: the version does not exist");
  }
  if (found.outcome == VersionOutcome::kExpired) {
    consumer->Fail("search: the version is expired");
  }
}

Outcome VerifyGreatest(const Configuration& config,
                       const SearchRequest& request,
                       const std::string& response, Consumer* consumer) {
  const auto in = Read<SearchResponse>("response", response, config, consumer);
  if (consumer->failed() ||
      !consumer->ReadLadder(in->binary_ladder, request.label, in->version,
                            AboveTarget::kDoesNotExist)) {
    return Refused<Accepted>(*consumer);
  }
  consumer->ReadValue(request.label, in->version, in->opening, in->value);
  std::optional<Algorithms> run;
  if (!Begin(in->full_tree_head, in->search, config, consumer, &run)) {
    return Refused<Accepted>(*consumer);
  }
  Accepted out;
  out.version = in->version;
  out.value = in->value.value;
  out.opening = in->opening;
  out.terminal = run->SearchGreatestVersion(in->version).value_or(0);
  out.must_monitor = run->MustMonitor(out.terminal);
  consumer->Finish({});
  return Conclude(consumer, std::move(out));
}

Outcome VerifyFixed(const Configuration& config, const SearchRequest& request,
                    const std::string& response, Consumer* consumer) {
  const uint32_t target = *request.version;
  const auto in =
      Read<FixedVersionResponse>("response", response, config, consumer);
  if (consumer->failed() ||
      !consumer->ReadLadder(in->binary_ladder, request.label, target,
                            AboveTarget::kMayExist)) {
    return Refused<Accepted>(*consumer);
  }
  consumer->ReadValue(request.label, target, in->opening, in->value);
  std::optional<Algorithms> run;
  if (!Begin(in->full_tree_head, in->search, config, consumer, &run)) {
    return Refused<Accepted>(*consumer);
  }
  const VersionSearch found =
      run->SearchFixedVersion(target, SecondProof::kAlways);
  CheckFound(found, consumer);
  Accepted out;
  out.version = target;
  out.value = in->value.value;
  out.opening = in->opening;
  out.terminal = found.terminal;
  out.must_monitor = run->MustMonitor(found.terminal);
  consumer->Finish({});
  return Conclude(consumer, std::move(out));
}

// One version of a history: its search, and where it came in.
void VerifyShown(const Configuration& config, const HistoryVersion& in,
                 bool as_greatest, std::optional<uint64_t> newer,
                 Consumer* consumer, Algorithms* run, ShownVersion* out) {
  if (as_greatest) {
    out->terminal = run->SearchGreatestVersion(out->version).value_or(0);
  } else {
    const VersionSearch found =
        run->SearchFixedVersion(out->version, SecondProof::kUnlessMade);
    CheckFound(found, consumer);
    out->terminal = found.terminal;
  }
  out->must_monitor = run->MustMonitor(out->terminal);
  out->position = in.position;
  if (!in.position.has_value()) {
    if (!config.maximum_lifetime.has_value()) {
      consumer->Fail("history: position missing, but nothing can expire");
    }
    return;
  }
  if (*in.position >= consumer->n()) {
    consumer->Fail("history: position outside of the tree");
  }
  if (newer.has_value() && *in.position > *newer) {
    consumer->Fail("history: a version came in after a greater one");
  }
  if (consumer->failed()) return;
  run->FirstAppearance(out->version, *in.position);
  out->since = consumer->Timestamp(*in.position);
}

// Either kind of response, with `newest` filled in.
std::optional<HistoryResponse> ReadHistory(const Configuration& config,
                                           const HistoryRequest& request,
                                           const std::string& bytes,
                                           Consumer* consumer) {
  if (!request.newest.has_value()) {
    return Read<HistoryResponse>("response", bytes, config, consumer);
  }
  const auto in =
      Read<HistoryPageResponse>("response", bytes, config, consumer);
  if (!in.has_value()) return std::nullopt;
  return HistoryResponse{in->full_tree_head, *request.newest, in->versions,
                         in->binary_ladder, in->history};
}

// The versions on the page, with their commitments.
std::vector<ShownVersion> ReadShown(const HistoryResponse& in,
                                    const HistoryRequest& request,
                                    Consumer* consumer) {
  std::vector<ShownVersion> out;
  if (in.versions.size() - 1 > in.newest) {
    consumer->Fail("history: more versions than there can be");
    return out;
  }
  std::set<uint32_t> versions;
  for (const HistoryVersion& entry : in.versions) {
    ShownVersion& shown = out.emplace_back();
    shown.version = in.newest - static_cast<uint32_t>(out.size() - 1);
    shown.value = entry.value.value;
    shown.opening = entry.opening;
    versions.insert(shown.version);
  }
  if (!ReadHistoryLadder(in, request.label, !request.newest.has_value(),
                         versions, consumer)) {
    return out;
  }
  for (size_t i = 0; i < out.size(); ++i) {
    consumer->ReadValue(request.label, out[i].version, out[i].opening,
                        in.versions[i].value);
  }
  return out;
}

// The versions of a response as of a time, before any proof.
bool ReadAsOf(const AsOfResponse& in, const std::string& label,
              Consumer* consumer) {
  if (in.version.has_value()) {
    if (!in.position.has_value()) {
      consumer->Fail("as of: a version, but no position");
    }
    if (!consumer->ReadLadder(in.binary_ladder, label, *in.version,
                              AboveTarget::kMayExist)) {
      return false;
    }
    return consumer->ReadValue(label, *in.version, in.opening, in.value);
  }
  const size_t steps = in.position.has_value() ? 1 : 0;
  if (in.binary_ladder.size() < steps) {
    consumer->Fail("binary ladder: steps missing");
  }
  if (in.binary_ladder.size() > steps) {
    consumer->Fail("binary ladder: steps left over");
  }
  if (steps == 0 || consumer->failed()) return !consumer->failed();
  if (in.binary_ladder[0].commitment.has_value()) {
    consumer->Fail("binary ladder: commitment for the target version");
  }
  return consumer->ReadVrfProof(label, 0, in.binary_ladder[0].proof);
}

}  // namespace

RetainedState StateOf(const World& world, uint64_t n) {
  RetainedState state;
  state.tree_size = n;
  for (Range range : FullSubtrees(n)) {
    state.full_subtrees.push_back(LogValue(world, range));
  }
  for (uint64_t position : Frontier(n)) {
    state.frontier[position] = LogEntryAt(world, position);
  }
  if (world.config.mode == DeploymentMode::kThirdPartyAuditing) {
    state.auditor_tree_head = SignedAuditorTreeHead(world, world.audited(n));
  }
  return state;
}

Outcome VerifySearch(const Configuration& config, const PublicKeys& keys,
                     const std::optional<RetainedState>& state,
                     const std::string& request, const std::string& response,
                     uint64_t now) {
  Consumer consumer(config, keys, state, now);
  const auto asked = Read<SearchRequest>("request", request, config, &consumer);
  if (consumer.failed() || !consumer.ReadUser(asked->last)) {
    return Refused<Accepted>(consumer);
  }
  return (asked->version.has_value() ? VerifyFixed : VerifyGreatest)(
      config, *asked, response, &consumer);
}

Outcome VerifyAbsence(const Configuration& config, const PublicKeys& keys,
                      const std::optional<RetainedState>& state,
                      const std::string& request, const std::string& response,
                      uint64_t now) {
  Consumer consumer(config, keys, state, now);
  const auto asked = Read<SearchRequest>("request", request, config, &consumer);
  const auto in =
      Read<AbsenceResponse>("response", response, config, &consumer);
  if (asked.has_value() && asked->version.has_value()) {
    consumer.Fail("request: names a version");
  }
  std::optional<Algorithms> run;
  if (consumer.failed() || !consumer.ReadUser(asked->last) ||
      !consumer.ReadVrfProof(asked->label, 0, in->proof) ||
      !Begin(in->full_tree_head, in->search, config, &consumer, &run)) {
    return Refused<Accepted>(consumer);
  }
  run->SearchAbsence();
  consumer.Finish({});
  return Conclude(&consumer, Accepted());
}

Verdict<AcceptedWalk> VerifyDistinguished(
    const Configuration& config, const PublicKeys& keys,
    const std::optional<RetainedState>& state, const std::string& request,
    const std::string& response, uint64_t now) {
  Consumer consumer(config, keys, state, now);
  const auto asked =
      Read<DistinguishedRequest>("request", request, config, &consumer);
  const auto in =
      Read<DistinguishedResponse>("response", response, config, &consumer);
  std::optional<Algorithms> run;
  if (consumer.failed() || !consumer.ReadUser(asked->last) ||
      !Begin(in->full_tree_head, in->distinguished, config, &consumer, &run)) {
    return Refused<AcceptedWalk>(consumer);
  }
  const std::vector<uint64_t> positions = run->WalkDistinguished(asked->stop);
  std::set<uint64_t> sizes;
  for (uint64_t position : positions) sizes.insert(position + 1);
  if (!consumer.Finish(sizes)) return Refused<AcceptedWalk>(consumer);
  AcceptedWalk out;
  for (uint64_t position : positions) {
    out.entries.push_back(
        {position,
         {consumer.Timestamp(position), consumer.PrefixRootOf(position)},
         consumer.earlier_roots().at(position + 1)});
    out.states.push_back(consumer.EarlierState(position + 1));
  }
  return Conclude(&consumer, std::move(out));
}

Verdict<AcceptedHistory> VerifyHistory(
    const Configuration& config, const PublicKeys& keys,
    const std::optional<RetainedState>& state, const std::string& request,
    const std::string& response, uint64_t now) {
  Consumer consumer(config, keys, state, now);
  const auto asked =
      Read<HistoryRequest>("request", request, config, &consumer);
  if (consumer.failed() || !consumer.ReadUser(asked->last)) {
    return Refused<AcceptedHistory>(consumer);
  }
  const auto in = ReadHistory(config, *asked, response, &consumer);
  AcceptedHistory out;
  if (in.has_value()) out.versions = ReadShown(*in, *asked, &consumer);
  std::optional<Algorithms> run;
  if (consumer.failed() ||
      !Begin(in->full_tree_head, in->history, config, &consumer, &run)) {
    return Refused<AcceptedHistory>(consumer);
  }
  std::optional<uint64_t> newer;
  for (size_t i = 0; i < out.versions.size() && !consumer.failed(); ++i) {
    const bool as_greatest = i == 0 && !asked->newest.has_value();
    VerifyShown(config, in->versions[i], as_greatest, newer, &consumer, &*run,
                &out.versions[i]);
    if (in->versions[i].position.has_value()) newer = in->versions[i].position;
  }
  run->RefuseContradictions();
  consumer.Finish({});
  return Conclude(&consumer, std::move(out));
}

Verdict<AcceptedAsOf> VerifyAsOf(const Configuration& config,
                                 const PublicKeys& keys,
                                 const std::optional<RetainedState>& state,
                                 const std::string& request,
                                 const std::string& response, uint64_t now) {
  Consumer consumer(config, keys, state, now);
  const auto asked = Read<AsOfRequest>("request", request, config, &consumer);
  const auto in = Read<AsOfResponse>("response", response, config, &consumer);
  std::optional<Algorithms> run;
  if (consumer.failed() || !consumer.ReadUser(asked->last) ||
      !ReadAsOf(*in, asked->label, &consumer) ||
      !Begin(in->full_tree_head, in->search, config, &consumer, &run)) {
    return Refused<AcceptedAsOf>(consumer);
  }
  if (in->position.has_value() && *in->position >= consumer.n()) {
    consumer.Fail("as of: position outside of the tree");
    return Refused<AcceptedAsOf>(consumer);
  }
  const VersionSearch found = run->AsOf(asked->time, in->position, in->version);
  CheckFound(found, &consumer);
  run->RefuseContradictions();
  AcceptedAsOf out;
  out.position = in->position;
  if (in->version.has_value()) {
    out.version =
        ShownVersion{*in->version, in->value.value, in->opening, found.terminal,
                     run->MustMonitor(found.terminal)};
  }
  consumer.Finish({});
  return Conclude(&consumer, std::move(out));
}

}  // namespace sealbook::reference

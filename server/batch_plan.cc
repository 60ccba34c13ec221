#include "server/batch_plan.h"

#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "smime/live.h"

namespace sealbook::server {
namespace {

// Submissions of one label in one request, in order.
struct Group {
  std::string label;
  std::vector<size_t> submissions;
};

std::vector<Group> GroupByLabel(const PublishRequest& request) {
  std::vector<Group> groups;
  absl::flat_hash_map<absl::string_view, size_t> place;
  for (size_t i = 0; i < request.size(); ++i) {
    auto [found, added] = place.emplace(request[i].label, groups.size());
    if (added) groups.push_back({request[i].label, {}});
    groups[found->second].submissions.push_back(i);
  }
  return groups;
}

smime::InForce FactsOf(const smime::AdmittedCertificate& certificate) {
  return {certificate.sha256, certificate.issuer_key_sha256(),
          certificate.not_after_ms};
}

std::shared_ptr<const CertificateState> StateOf(
    const smime::AdmittedCertificate& certificate) {
  auto state = std::make_shared<CertificateState>();
  state->facts = FactsOf(certificate);
  state->stored = ToInForce(certificate);
  return state;
}

class Planner {
 public:
  Planner(absl::Span<const LabelQuery> queries, std::vector<LabelState> states,
          int64_t now_ms)
      : states_(std::move(states)), now_ms_(now_ms) {
    for (size_t i = 0; i < queries.size(); ++i) {
      state_of_[queries[i].label] = i;
      remaining_.push_back(queries[i].certificates.size());
    }
  }

  void Add(const PublishRequest& request) {
    plan_.results.emplace_back(request.size());
    for (const Group& group : GroupByLabel(request)) AddGroup(request, group);
  }

  BatchPlan Finish() && { return std::move(plan_); }

 private:
  void AddGroup(const PublishRequest& request, const Group& group) {
    const size_t label = state_of_.at(group.label);
    LabelState& state = states_[label];
    const size_t first = plan_.versions.size();
    for (size_t i : group.submissions) {
      const bool last = --remaining_[label] == 0;
      plan_.results.back()[i] =
          AddSubmission(request[i], state, plan_.versions.size() - first, last);
    }
    const size_t added = plan_.versions.size() - first;
    if (added == 0) return;
    const size_t entry = Place(group.label, added);
    for (size_t v = first; v < plan_.versions.size(); ++v) {
      plan_.versions[v].entry = entry;
    }
  }

  // `in_group`: new versions of the label that the request has made so far.
  // `last`: no other submission of the label follows in the batch.
  PlannedResult AddSubmission(const Submission& submission, LabelState& state,
                              size_t in_group, bool last) {
    if (!state.status.ok()) return {state.status};
    const smime::AdmittedCertificate& certificate = *submission.certificate;
    if (auto found = state.published.find(certificate.sha256);
        found != state.published.end()) {
      const StoredPublication& stored = found->second;
      return {Publication{submission.label, stored.version,
                          stored.facts.position, stored.facts.commitment,
                          true}};
    }
    const CertificateLabel key{certificate.sha256, submission.label};
    if (auto found = planned_.find(key); found != planned_.end()) {
      return {found->second, true};
    }
    absl::Status allowed = CheckNewVersion(submission, state, in_group);
    if (!allowed.ok()) return {allowed};
    planned_.emplace(key, plan_.versions.size());
    AddVersion(submission, state, last);
    return {plan_.versions.size() - 1};
  }

  absl::Status CheckNewVersion(const Submission& submission,
                               const LabelState& state, size_t in_group) const {
    if (in_group == kMaxVersionsPerLabelAndEntry) {
      return absl::InvalidArgumentError(absl::StrCat(
          "versions-per-request: more than ", kMaxVersionsPerLabelAndEntry,
          " new versions of ", absl::CHexEscape(submission.label),
          " in one request; publish the rest in another"));
    }
    if (state.greatest_version == std::numeric_limits<uint32_t>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("version-numbers: ", absl::CHexEscape(submission.label),
                       " has used all of its version numbers"));
    }
    std::vector<smime::InForce> in_force;
    for (const auto& certificate : state.in_force) {
      in_force.push_back(certificate->facts);
    }
    return smime::CheckLiveCertificates(
        submission.label, in_force, FactsOf(*submission.certificate), now_ms_);
  }

  void AddVersion(const Submission& submission, LabelState& state, bool last) {
    PlannedVersion version;
    version.submission = &submission;
    const uint32_t number =
        state.greatest_version.has_value() ? *state.greatest_version + 1 : 0;
    version.key = {submission.label, number};
    for (const auto& certificate : state.in_force) {
      if (smime::IsLive(certificate->facts.not_after_ms, now_ms_)) {
        version.in_force.push_back(certificate);
      }
    }
    state.greatest_version = number;
    // Most labels come once a batch; for them nobody asks for the new state.
    if (!last) {
      state.in_force = version.in_force;
      state.in_force.push_back(StateOf(*submission.certificate));
    }
    plan_.versions.push_back(std::move(version));
  }

  // The entry that takes `count` more leaves of `label`: the last one, or a new
  // one.
  size_t Place(const std::string& label, size_t count) {
    const size_t of_label = label_leaves_[label];
    if (plan_.entries == 0 || leaves_ + count > kMaxLeavesPerEntry ||
        of_label + count > kMaxVersionsPerLabelAndEntry) {
      ++plan_.entries;
      leaves_ = 0;
      label_leaves_.clear();
    }
    leaves_ += count;
    label_leaves_[label] += count;
    return plan_.entries - 1;
  }

  std::vector<LabelState> states_;
  const int64_t now_ms_;
  // Indexes into states_ and remaining_.
  absl::flat_hash_map<std::string, size_t> state_of_;
  // Submissions of each label that have not been planned yet.
  std::vector<size_t> remaining_;
  absl::flat_hash_map<CertificateLabel, size_t> planned_;
  // Of the last entry.
  size_t leaves_ = 0;
  absl::flat_hash_map<std::string, size_t> label_leaves_;
  BatchPlan plan_;
};

}  // namespace

std::vector<LabelQuery> QueriesOf(
    absl::Span<const PublishRequest* const> requests) {
  std::vector<LabelQuery> queries;
  absl::flat_hash_map<absl::string_view, size_t> place;
  for (const PublishRequest* request : requests) {
    for (const Submission& submission : *request) {
      auto [found, added] = place.emplace(submission.label, queries.size());
      if (added) queries.push_back({submission.label, {}});
      queries[found->second].certificates.push_back(
          submission.certificate->sha256);
    }
  }
  return queries;
}

BatchPlan PlanBatch(absl::Span<const PublishRequest* const> requests,
                    absl::Span<const LabelQuery> queries,
                    std::vector<LabelState> states, int64_t now_ms) {
  Planner planner(queries, std::move(states), now_ms);
  for (const PublishRequest* request : requests) planner.Add(*request);
  return std::move(planner).Finish();
}

}  // namespace sealbook::server

#include "keytrans/testing/test_owner.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "keytrans/monitor_prover.h"
#include "keytrans/monitoring_map.h"
#include "keytrans/prover.h"

namespace sealbook::keytrans {

TreeHead TestOwner::Head() const {
  return log_.Sign(log_.size(), log_.Root(log_.size()));
}

std::optional<uint64_t> TestOwner::last() const {
  if (!view_.has_value()) return std::nullopt;
  return view_->size();
}

absl::Status TestOwner::Init(uint64_t start) {
  const OwnerInitRequest request{last(), label_, start};
  SEALBOOK_ASSIGN_OR_RETURN(
      const std::string bytes,
      AnswerOwnerInit(log_, log_.configuration(), Head(), request));
  SEALBOOK_ASSIGN_OR_RETURN(
      VerifiedOwner verified,
      verifier_.VerifyOwnerInit(request, view_, bytes, now()));
  state_ = std::move(verified.owner);
  view_ = std::move(verified.view);
  return absl::OkStatus();
}

absl::Status TestOwner::Update() {
  const UpdateRequest request{last(), label_, state_.Greatest(), {}};
  SEALBOOK_ASSIGN_OR_RETURN(
      const UpdateAnswer answer,
      AnswerUpdate(log_, log_.configuration(), Head(), request));
  SEALBOOK_ASSIGN_OR_RETURN(
      VerifiedUpdate verified,
      verifier_.VerifyUpdate(request, view_, state_, answer.bytes, now()));
  state_ = std::move(verified.owner);
  view_ = std::move(verified.view);
  seen_.insert(seen_.end(), verified.versions.begin(), verified.versions.end());
  return absl::OkStatus();
}

absl::Status TestOwner::UpdateAll() {
  SEALBOOK_ASSIGN_OR_RETURN(const auto greatest,
                            log_.ReadGreatestVersion(label_));
  while (state_.Greatest() != greatest) {
    SEALBOOK_RETURN_IF_ERROR(Update());
  }
  return absl::OkStatus();
}

absl::Status TestOwner::Monitor(size_t max_ladders) {
  calls_ = 0;
  for (bool complete = false; !complete; ++calls_) {
    const OwnerMonitorRequest request{last(), label_, state_.entries,
                                      state_.start, state_.Greatest()};
    SEALBOOK_ASSIGN_OR_RETURN(const std::string bytes,
                              AnswerOwnerMonitor(log_, log_.configuration(),
                                                 Head(), request, max_ladders));
    SEALBOOK_ASSIGN_OR_RETURN(
        VerifiedOwner verified,
        verifier_.VerifyOwnerMonitor(request, view_, state_, bytes, now()));
    complete = verified.complete || verified.owner == state_;
    state_ = std::move(verified.owner);
    view_ = std::move(verified.view);
  }
  return absl::OkStatus();
}

absl::Status TestOwner::CatchUp() {
  SEALBOOK_RETURN_IF_ERROR(UpdateAll());
  return Monitor();
}

TreeHead TestContact::Head() const {
  return log_.Sign(log_.size(), log_.Root(log_.size()));
}

absl::Status TestContact::Search(std::optional<uint32_t> version) {
  SearchRequest request{std::nullopt, label_, version};
  if (view_.has_value()) request.last = view_->size();
  SEALBOOK_ASSIGN_OR_RETURN(const SearchAnswer answer, log_.Answer(request));
  SEALBOOK_ASSIGN_OR_RETURN(
      VerifiedVersion found,
      verifier_.VerifySearch(request, view_, answer.bytes,
                             log_.entries().back().timestamp));
  view_ = found.view;
  if (!found.obligation.has_value()) return absl::OkStatus();
  keys_.insert(found.obligation->ladder.begin(),
               found.obligation->ladder.end());
  entries_.push_back({found.obligation->position, found.obligation->version});
  entries_ = MergeMonitoringMap(std::move(entries_));
  return absl::OkStatus();
}

absl::Status TestContact::Monitor() {
  ContactMonitorRequest request{std::nullopt, label_, entries_};
  if (view_.has_value()) request.last = view_->size();
  SEALBOOK_ASSIGN_OR_RETURN(
      const std::string bytes,
      AnswerContactMonitor(log_, log_.configuration(), Head(), request));
  SEALBOOK_ASSIGN_OR_RETURN(
      VerifiedContact verified,
      verifier_.VerifyContactMonitor(request, view_, keys_, bytes,
                                     log_.entries().back().timestamp));
  view_ = std::move(verified.view);
  entries_ = std::move(verified.entries);
  return absl::OkStatus();
}

}  // namespace sealbook::keytrans

#include "keytrans/proving.h"

#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/refusal.h"

namespace sealbook::keytrans {

absl::Status CheckLast(const LogHead& head, std::optional<uint64_t> last) {
  if (last.has_value() && *last == 0) {
    return absl::InvalidArgumentError(
        "last is 0: leave it out where no tree head was observed");
  }
  if (last.has_value() && *last > head.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "last is ", *last, ", larger than the tree, ", head.size()));
  }
  return absl::OkStatus();
}

absl::Status CheckLabel(absl::string_view label) {
  if (label.size() <= kMaxLabelSize) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "label has ", label.size(), " bytes, at most ", kMaxLabelSize));
}

FullTreeHead MakeFullTreeHead(const LogHead& head,
                              std::optional<uint64_t> last) {
  FullTreeHead full;
  if (last == head.size()) return full;
  full.updated = head.tree;
  full.auditor = head.auditor;
  return full;
}

namespace {

absl::Status Contradiction(absl::string_view label, uint32_t greatest,
                           absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("label ", absl::CHexEscape(label), ": its record names ",
                   greatest, " as the greatest version, but ", what));
}

}  // namespace

absl::Status LabelVersions::Read(absl::Span<const uint32_t> versions) {
  std::vector<uint32_t> missing;
  for (uint32_t version : versions) {
    if (!read_.contains(version)) missing.push_back(version);
  }
  if (missing.empty()) return absl::OkStatus();
  SEALBOOK_ASSIGN_OR_RETURN(auto facts, source_.ReadVersions(label_, missing));
  for (size_t i = 0; i < missing.size(); ++i) {
    read_.emplace(missing[i], facts[i]);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<uint32_t>> LabelVersions::Greatest() {
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<uint32_t> named,
                            source_.ReadGreatestVersion(label_));
  if (!named.has_value()) return named;
  // One that the label does not name yet must not be in this tree, or users
  // would see a proof that contradicts what it claims.
  if (*named != std::numeric_limits<uint32_t>::max()) {
    SEALBOOK_ASSIGN_OR_RETURN(auto next, Facts({*named, *named + 1}));
    if (next[1].has_value()) {
      return Contradiction(label_, *named, "there is a greater one");
    }
  }
  // Only versions of a commit that is not signed yet are stepped over.
  for (uint32_t version = *named;; --version) {
    SEALBOOK_RETURN_IF_ERROR(Read({version}));
    const std::optional<VersionFacts>& facts = read_.at(version);
    if (!facts.has_value()) {
      return Contradiction(label_, *named,
                           absl::StrCat("version ", version, " is missing"));
    }
    if (facts->position < size_) return version;
    if (version == 0) return std::nullopt;
  }
}

absl::StatusOr<std::optional<uint32_t>> LabelVersions::GreatestAt(
    uint64_t position) {
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<uint32_t> greatest, Greatest());
  if (!greatest.has_value()) return std::nullopt;
  uint64_t there = 0;  // Versions [0, there) are there.
  uint64_t not_yet = uint64_t{*greatest} + 1;
  while (there < not_yet) {
    const auto middle = static_cast<uint32_t>(there + (not_yet - there) / 2);
    SEALBOOK_ASSIGN_OR_RETURN(auto facts, Facts(middle));
    if (facts.has_value() && facts->position <= position) {
      there = uint64_t{middle} + 1;
    } else {
      not_yet = middle;
    }
  }
  if (there == 0) return std::nullopt;
  return static_cast<uint32_t>(there - 1);
}

absl::StatusOr<std::vector<std::optional<VersionFacts>>> LabelVersions::Facts(
    absl::Span<const uint32_t> versions) {
  SEALBOOK_RETURN_IF_ERROR(Read(versions));
  std::vector<std::optional<VersionFacts>> facts;
  facts.reserve(versions.size());
  for (uint32_t version : versions) {
    const std::optional<VersionFacts>& read = read_.at(version);
    const bool in_tree = read.has_value() && read->position < size_;
    facts.push_back(in_tree ? read : std::nullopt);
  }
  return facts;
}

absl::StatusOr<std::optional<VersionFacts>> LabelVersions::Facts(
    uint32_t version) {
  SEALBOOK_ASSIGN_OR_RETURN(auto facts,
                            Facts(absl::MakeConstSpan(&version, 1)));
  return facts[0];
}

absl::StatusOr<OpenedValue> LabelVersions::Value(uint32_t version) {
  SEALBOOK_ASSIGN_OR_RETURN(auto facts, Facts(version));
  if (!facts.has_value()) {
    return absl::InternalError(
        absl::StrCat("version ", version, " is not in the tree"));
  }
  if (IsSkipped(*facts)) {
    return absl::FailedPreconditionError(
        absl::StrCat("version ", version, " was skipped: it has no value"));
  }
  return source_.ReadValue(label_, version, *facts);
}

absl::Status ExplainRefusal(const absl::Status& status,
                            absl::string_view what) {
  const std::optional<RefusalReason> reason = RefusalOf(status);
  if (!reason.has_value()) return status;
  if (*reason != RefusalReason::kExpired) {
    return absl::DataLossError(
        absl::StrCat("the log contradicts itself: ", status.message()));
  }
  return absl::OutOfRangeError(
      absl::StrCat(what,
                   " is older than the log's maximum lifetime and can not be "
                   "proven any more"));
}

absl::Status LadderMaker::Add(absl::Span<const uint32_t> versions) {
  SEALBOOK_RETURN_IF_ERROR(AddFacts(versions));
  return Prove();
}

absl::Status LadderMaker::AddFacts(absl::Span<const uint32_t> versions) {
  std::vector<uint32_t> missing;
  for (uint32_t version : versions) {
    if (!versions_.contains(version)) missing.push_back(version);
  }
  if (missing.empty()) return absl::OkStatus();
  SEALBOOK_ASSIGN_OR_RETURN(auto facts, label_.Facts(missing));
  for (size_t i = 0; i < missing.size(); ++i) {
    LadderVersion version;
    if (facts[i].has_value()) {
      version.position = facts[i]->position;
      commitments_.emplace(missing[i], facts[i]->commitment);
    }
    versions_.emplace(missing[i], version);
    unproven_.push_back(missing[i]);
  }
  return absl::OkStatus();
}

absl::Status LadderMaker::Prove() {
  while (!unproven_.empty()) {
    const uint32_t version = unproven_.back();
    SEALBOOK_ASSIGN_OR_RETURN(
        auto proven, label_.source().ProveVrf(label_.label(), version));
    versions_.at(version).search_key = proven.output;
    proofs_.emplace(version, std::move(proven.proof));
    unproven_.pop_back();
  }
  return absl::OkStatus();
}

std::vector<BinaryLadderStep> LadderMaker::Steps(
    absl::Span<const uint32_t> versions,
    const std::set<uint32_t>& opened) const {
  std::vector<BinaryLadderStep> steps;
  for (uint32_t version : versions) {
    BinaryLadderStep step{proofs_.at(version), std::nullopt};
    auto commitment = commitments_.find(version);
    if (commitment != commitments_.end() && !opened.contains(version)) {
      step.commitment = commitment->second;
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace sealbook::keytrans

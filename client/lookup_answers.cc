#include "client/lookup_answers.h"

#include <utility>

#include "base/status_macros.h"
#include "keytrans/verifier.h"

namespace sealbook::client {

const Lookup* Newest(const Answers& answers) {
  const Lookup* newest = nullptr;
  for (const absl::StatusOr<Lookup>& answer : answers) {
    if (!answer.ok()) continue;
    if (newest == nullptr || answer->view.size() > newest->view.size()) {
      newest = &*answer;
    }
  }
  return newest;
}

std::vector<keytrans::MonitoringObligation> ObligationsAt(
    uint64_t size, const Answers& answers) {
  std::vector<keytrans::MonitoringObligation> owed;
  for (const absl::StatusOr<Lookup>& answer : answers) {
    if (answer.ok() && answer->view.size() == size &&
        answer->found.has_value() && answer->found->obligation.has_value()) {
      owed.push_back(*answer->found->obligation);
    }
  }
  return owed;
}

size_t Settle(uint64_t size, bool keep_unreadable, Answers& answers,
              std::vector<size_t>& open, Answers& results) {
  std::vector<size_t> left;
  for (size_t i = 0; i < open.size(); ++i) {
    if (i >= answers.size() ||
        (answers[i].ok() && answers[i]->view.size() < size)) {
      left.push_back(open[i]);
    } else if (answers[i].ok() && !answers[i]->unreadable.ok() &&
               !keep_unreadable) {
      results[open[i]] = std::move(answers[i]->unreadable);
    } else {
      results[open[i]] = std::move(answers[i]);
    }
  }
  open.swap(left);
  return left.size() - open.size();
}

absl::Status CheckNoForks(const Answers& answers) {
  std::vector<const keytrans::TreeView*> views;
  for (const absl::StatusOr<Lookup>& answer : answers) {
    if (!answer.ok()) continue;
    bool known = false;
    for (const keytrans::TreeView* view : views) {
      SEALBOOK_RETURN_IF_ERROR(keytrans::CheckNoFork(*view, answer->view));
      known = known || view->size() == answer->view.size();
    }
    if (!known) views.push_back(&answer->view);
  }
  return absl::OkStatus();
}

}  // namespace sealbook::client

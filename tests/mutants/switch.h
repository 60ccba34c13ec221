// The switches that generate.py puts around checks. At most one check is off:
// the one whose number SEALBOOK_CHECK_OFF has; what it would refuse passes.
#ifndef SEALBOOK_TESTS_MUTANTS_SWITCH_H_
#define SEALBOOK_TESTS_MUTANTS_SWITCH_H_

#include <vector>

#include "absl/status/status.h"

namespace sealbook::mutants {

// `refuses`, but false while the check is off.
bool Fires(int check, bool refuses);
// `as_required`, but true while the check is off.
bool Holds(int check, bool as_required);
// `status`, but OK while the check is off.
absl::Status Checked(int check, absl::Status status);

// While one exists, its thread has all checks on and tells TakeFired() nothing.
class Suspended {
 public:
  Suspended();
  ~Suspended();
  Suspended(const Suspended&) = delete;
  Suspended& operator=(const Suspended&) = delete;
};

// The checks that refused something since the last call, or would have.
std::vector<int> TakeFired();

}  // namespace sealbook::mutants

#endif  // SEALBOOK_TESTS_MUTANTS_SWITCH_H_

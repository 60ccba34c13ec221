#include "tests/mutants/switch.h"

#include <array>
#include <atomic>
#include <cstdlib>

namespace sealbook::mutants {
namespace {

constexpr int kMaxChecks = 1000;

// Tests share keys among threads.
std::array<std::atomic<bool>, kMaxChecks> fired;
thread_local int suspensions = 0;

int CheckOff() {
  static const int off = [] {
    const char* number = std::getenv("SEALBOOK_CHECK_OFF");
    return number == nullptr ? -1 : std::atoi(number);
  }();
  return off;
}

// Of a check that is about to refuse: whether it may.
bool MayRefuse(int check) {
  if (suspensions > 0) return true;
  fired.at(check) = true;
  return check != CheckOff();
}

}  // namespace

bool Fires(int check, bool refuses) { return refuses && MayRefuse(check); }

bool Holds(int check, bool as_required) {
  return as_required || !MayRefuse(check);
}

absl::Status Checked(int check, absl::Status status) {
  if (status.ok() || MayRefuse(check)) return status;
  return absl::OkStatus();
}

Suspended::Suspended() { ++suspensions; }
Suspended::~Suspended() { --suspensions; }

std::vector<int> TakeFired() {
  std::vector<int> checks;
  for (int check = 0; check < kMaxChecks; ++check) {
    if (fired[check].exchange(false)) checks.push_back(check);
  }
  return checks;
}

}  // namespace sealbook::mutants

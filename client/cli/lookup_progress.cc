#include "client/cli/lookup_progress.h"

#include <utility>

#include "client/words.h"

namespace sealbook::client {

LookUpProgress::LookUpProgress(size_t addresses, Terminal& terminal)
    : bar_(addresses > 1 ? addresses : 0, terminal), terminal_(terminal) {}

void LookUpProgress::Answered(size_t done) { bar_.Update(done, /*refused=*/0); }

void LookUpProgress::Waiting(uint64_t ms) {
  bar_.Clear();
  if (std::exchange(told_, true)) return;
  terminal_.err << "note: the server limits how many addresses are looked up "
                   "from here; asking again in "
                << DurationInWords(ms)
                << ", and from then on as it lets them through\n";
}

PatienceOptions LookUpProgress::Patience() {
  return {.sleep = terminal_.sleep,
          .waiting = [this](uint64_t ms) { Waiting(ms); }};
}

}  // namespace sealbook::client

#include "server/commands/progress_line.h"

namespace sealbook::server {
namespace {

// Between two changes of the line on a terminal.
constexpr uint64_t kRedrawMs = 200;

}  // namespace

ProgressLine::ProgressLine(std::ostream& out, bool on_terminal,
                           const Clock& clock)
    : out_(out),
      on_terminal_(on_terminal),
      clock_(clock),
      started_ms_(clock.MonotonicMs()) {}

bool ProgressLine::Due(bool finished) const {
  return finished ||
         (on_terminal_ && clock_.MonotonicMs() - drawn_ms_ >= kRedrawMs);
}

void ProgressLine::Show(const std::string& line, bool finished) {
  if (!Due(finished)) return;
  drawn_ms_ = clock_.MonotonicMs();
  if (on_terminal_) {
    Clear();
    out_ << line << std::flush;
    drawn_ = true;
  }
  if (!on_terminal_ || finished) {
    out_ << (on_terminal_ ? "" : line) << std::endl;
    drawn_ = false;
  }
}

void ProgressLine::Clear() {
  // To the start of the line, and erase what stands there.
  if (drawn_) out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace sealbook::server

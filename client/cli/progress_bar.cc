#include "client/cli/progress_bar.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sealbook::client {
namespace {

constexpr uint64_t kRedrawMs = 100;
constexpr size_t kWidth = 24;
constexpr char kClearLine[] = "\r\x1b[K";

}  // namespace

ProgressBar::ProgressBar(size_t total, Terminal& terminal)
    : total_(total), terminal_(terminal), started_ms_(terminal.clock()) {}

ProgressBar::~ProgressBar() { Clear(); }

void ProgressBar::Update(size_t done, size_t refused) {
  if (!terminal_.err_is_terminal || total_ == 0) return;
  const uint64_t now = terminal_.clock();
  if (visible_ && done < total_ && now < drawn_ms_ + kRedrawMs) return;
  drawn_ms_ = now;
  visible_ = true;
  const uint64_t elapsed = now > started_ms_ ? now - started_ms_ : 0;
  terminal_.err << kClearLine << Line(done, refused, elapsed) << std::flush;
}

void ProgressBar::Clear() {
  if (visible_) terminal_.err << kClearLine << std::flush;
  visible_ = false;
}

std::string ProgressBar::Line(size_t done, size_t refused,
                              uint64_t elapsed_ms) const {
  const size_t filled = std::min(kWidth, kWidth * done / total_);
  std::string bar(filled, '=');
  if (filled < kWidth) absl::StrAppend(&bar, ">");
  bar.resize(kWidth, ' ');
  std::string line = absl::StrCat("[", bar, "]  ", done, "/", total_);
  if (elapsed_ms > 0 && done > 0) {
    const uint64_t left_s = elapsed_ms * (total_ - done) / done / 1000;
    absl::StrAppend(&line, "  ", 1000 * done / elapsed_ms, "/s");
    if (refused > 0) absl::StrAppend(&line, "  ", refused, " refused");
    absl::StrAppend(
        &line, absl::StrFormat("  %02d:%02d left", left_s / 60, left_s % 60));
  }
  return line;
}

}  // namespace sealbook::client

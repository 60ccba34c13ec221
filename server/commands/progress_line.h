// How far a long command is, for people.
#ifndef SEALBOOK_SERVER_COMMANDS_PROGRESS_LINE_H_
#define SEALBOOK_SERVER_COMMANDS_PROGRESS_LINE_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "server/clock.h"

namespace sealbook::server {

// On a terminal one line that is written over as it goes on; else one for every
// part that is finished.
class ProgressLine {
 public:
  // `out` and `clock` outlive this.
  ProgressLine(std::ostream& out, bool on_terminal, const Clock& clock);

  // Whether Show would show something now.
  bool Due(bool finished) const;
  // `finished`: the line stays.
  void Show(const std::string& line, bool finished);
  // Makes room for another line.
  void Clear();

  // Since this was made.
  uint64_t ElapsedMs() const { return clock_.MonotonicMs() - started_ms_; }

 private:
  std::ostream& out_;
  const bool on_terminal_;
  const Clock& clock_;
  const uint64_t started_ms_;
  uint64_t drawn_ms_ = 0;
  bool drawn_ = false;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_PROGRESS_LINE_H_

// How far a long command is, on a terminal:
//
//   [=======>            ]  12345/100000  3210/s  7 refused  00:27 left
//
// Redrawn in place, ten times a second at most; nothing at all where stderr is
// no terminal.
#ifndef SEALBOOK_CLIENT_CLI_PROGRESS_BAR_H_
#define SEALBOOK_CLIENT_CLI_PROGRESS_BAR_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "client/cli/terminal.h"

namespace sealbook::client {

class ProgressBar {
 public:
  // `terminal` outlives this.
  ProgressBar(size_t total, Terminal& terminal);
  // As Clear().
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Update(size_t done, size_t refused);
  // Takes the bar away, before something else is written.
  void Clear();

 private:
  std::string Line(size_t done, size_t refused, uint64_t elapsed_ms) const;

  const size_t total_;
  Terminal& terminal_;
  const uint64_t started_ms_;
  uint64_t drawn_ms_ = 0;
  bool visible_ = false;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_PROGRESS_BAR_H_

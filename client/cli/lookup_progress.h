// Shows how far a look-up of several addresses is, and that it waits for the
// server's limit.
#ifndef SEALBOOK_CLIENT_CLI_LOOKUP_PROGRESS_H_
#define SEALBOOK_CLIENT_CLI_LOOKUP_PROGRESS_H_

#include <cstddef>
#include <cstdint>

#include "client/cli/progress_bar.h"
#include "client/cli/terminal.h"
#include "client/patience.h"

namespace sealbook::client {

class LookUpProgress {
 public:
  // `terminal` outlives this.
  LookUpProgress(size_t addresses, Terminal& terminal);

  void Answered(size_t done);
  // Said once.
  void Waiting(uint64_t ms);

  // Calls Waiting. For one client, which this outlives.
  PatienceOptions Patience();

 private:
  ProgressBar bar_;
  Terminal& terminal_;
  bool told_ = false;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_LOOKUP_PROGRESS_H_

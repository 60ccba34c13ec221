// Alarms on standard output.
#ifndef SEALBOOK_CLIENT_ALARMS_STREAM_CHANNEL_H_
#define SEALBOOK_CLIENT_ALARMS_STREAM_CHANNEL_H_

#include <ostream>

#include "client/alarms/alarm_channel.h"

namespace sealbook::client {

// Writes AlarmText and an empty line, or AlarmJson on a line, and flushes.
// UNAVAILABLE: not all of it could be written. Standard output that is a pipe
// whose reader is gone ends the process, unless it ignores SIGPIPE.
class StreamChannel : public AlarmChannel {
 public:
  // `out` outlives it.
  StreamChannel(std::ostream& out, bool json) : out_(out), json_(json) {}

  absl::string_view name() const override { return "stdout"; }
  absl::Status Deliver(const Alarm& alarm) override;

 private:
  std::ostream& out_;
  bool json_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_STREAM_CHANNEL_H_

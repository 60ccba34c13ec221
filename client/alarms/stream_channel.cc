#include "client/alarms/stream_channel.h"

#include "client/alarms/alarm_text.h"

namespace sealbook::client {

absl::Status StreamChannel::Deliver(const Alarm& alarm) {
  // An earlier failure, of a full disk for example, may have passed.
  out_.clear();
  out_ << (json_ ? AlarmJson(alarm) : AlarmText(alarm)) << "\n" << std::flush;
  if (out_.good()) return absl::OkStatus();
  return absl::UnavailableError(
      "standard output cannot be written; is the disk full that it goes to?");
}

}  // namespace sealbook::client

#include "client/alarms/mail_channel.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/alarms/alarm_mail.h"

namespace sealbook::client {

MailChannel::MailChannel(MailAddress from, MailAddress to,
                         std::shared_ptr<const MailTransport> transport)
    : from_(std::move(from)),
      to_(std::move(to)),
      name_(absl::StrCat("mail:", to_.text())),
      transport_(std::move(transport)) {}

absl::Status MailChannel::Deliver(const Alarm& alarm) {
  return transport_->Send(from_, to_, AlarmMail(alarm, from_, to_));
}

}  // namespace sealbook::client

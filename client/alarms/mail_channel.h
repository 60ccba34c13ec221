// Alarms by mail.
#ifndef SEALBOOK_CLIENT_ALARMS_MAIL_CHANNEL_H_
#define SEALBOOK_CLIENT_ALARMS_MAIL_CHANNEL_H_

#include <memory>
#include <string>

#include "client/alarms/alarm_channel.h"
#include "client/alarms/mail_address.h"

namespace sealbook::client {

// Hands messages to a mail system. Implementations are thread-compatible.
class MailTransport {
 public:
  virtual ~MailTransport() = default;

  // OK: the mail system has taken `message`, lines ending with CRLF, over.
  // Errors are those of AlarmChannel::Deliver.
  virtual absl::Status Send(const MailAddress& from, const MailAddress& to,
                            const std::string& message) const = 0;
};

// One recipient, so that others get their mail whatever becomes of it, and get
// it once.
class MailChannel : public AlarmChannel {
 public:
  MailChannel(MailAddress from, MailAddress to,
              std::shared_ptr<const MailTransport> transport);

  // "mail:" and the recipient.
  absl::string_view name() const override { return name_; }
  absl::Status Deliver(const Alarm& alarm) override;

 private:
  MailAddress from_;
  MailAddress to_;
  std::string name_;
  std::shared_ptr<const MailTransport> transport_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_MAIL_CHANNEL_H_

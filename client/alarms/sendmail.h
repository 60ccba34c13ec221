// Mail by this machine's own mail system.
#ifndef SEALBOOK_CLIENT_ALARMS_SENDMAIL_H_
#define SEALBOOK_CLIENT_ALARMS_SENDMAIL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "client/alarms/mail_channel.h"

namespace sealbook::client {

// Runs `PROGRAM -i -f FROM -- TO`, which Postfix, Exim, msmtp and others
// understand, with the message, lines ending with LF, as its standard input.
class Sendmail : public MailTransport {
 public:
  // FAILED_PRECONDITION: `program` is no program that we may run.
  static absl::StatusOr<std::unique_ptr<Sendmail>> Open(
      const std::string& program, uint64_t time_limit_ms);

  absl::Status Send(const MailAddress& from, const MailAddress& to,
                    const std::string& message) const override;

 private:
  Sendmail(std::string program, uint64_t time_limit_ms)
      : program_(std::move(program)), time_limit_ms_(time_limit_ms) {}

  std::string program_;
  uint64_t time_limit_ms_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_SENDMAIL_H_

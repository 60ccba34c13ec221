// Alarms as mail.
#ifndef SEALBOOK_CLIENT_ALARMS_ALARM_MAIL_H_
#define SEALBOOK_CLIENT_ALARMS_ALARM_MAIL_H_

#include <string>

#include "client/alarms/alarm.h"
#include "client/alarms/mail_address.h"

namespace sealbook::client {

// A message (RFC 5322) in ASCII, lines of at most 76 characters, or one address
// long, that end with CRLF: the text of AlarmText, and as subject "[sealbook] "
// and the headline. It says that a machine wrote it (RFC 3834), and the kind
// for filters ("X-Sealbook-Alarm: fork").
//
// The same alarm to the same address always gives the same bytes: Date and
// Message-ID come from the alarm, so that mail systems can tell that a message
// has come twice. The Message-ID is made of key and time, since the same
// trouble may come back after it was gone. Thread-safe.
std::string AlarmMail(const Alarm& alarm, const MailAddress& from,
                      const MailAddress& to);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_ALARM_MAIL_H_

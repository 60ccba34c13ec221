#include "client/alarms/alarm_mail.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/alarms/alarm_text.h"
#include "client/alarms/mime.h"
#include "crypto/hash.h"

namespace sealbook::client {
namespace {

std::string MessageId(const Alarm& alarm, const MailAddress& from) {
  constexpr size_t kIdDigits = 40;
  const std::string id =
      crypto::Sha256(absl::StrCat(alarm.raised_ms, "/", alarm.key)).ToHex();
  const absl::string_view domain =
      from.domain().empty() ? "localhost" : from.domain();
  return absl::StrCat("<", id.substr(0, kIdDigits), "@", domain, ">");
}

std::string Date(const Alarm& alarm) {
  return absl::FormatTime(
      "%a, %d %b %Y %H:%M:%S +0000",
      absl::FromUnixMillis(static_cast<int64_t>(alarm.raised_ms)),
      absl::UTCTimeZone());
}

}  // namespace

std::string AlarmMail(const Alarm& alarm, const MailAddress& from,
                      const MailAddress& to) {
  const std::string subject = absl::StrCat("[sealbook] ", AlarmHeadline(alarm));
  return absl::StrCat("From: ", from.text(), "\r\n",        //
                      "To: ", to.text(), "\r\n",            //
                      "Subject: ", EncodeSubject(subject),  //
                      "\r\nDate: ", Date(alarm),            //
                      "\r\nMessage-ID: ", MessageId(alarm, from),
                      "\r\nAuto-Submitted: auto-generated"
                      "\r\nX-Sealbook-Alarm: ",
                      AlarmKindName(alarm.kind),
                      "\r\nMIME-Version: 1.0"
                      "\r\nContent-Type: text/plain; charset=UTF-8"
                      "\r\nContent-Transfer-Encoding: quoted-printable"
                      "\r\n\r\n",
                      EncodeQuotedPrintable(AlarmText(alarm)));
}

}  // namespace sealbook::client

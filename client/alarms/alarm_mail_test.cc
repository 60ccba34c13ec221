#include "client/alarms/alarm_mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/alarms/testing/test_alarm.h"

namespace sealbook::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AlarmMailTest : public ::testing::Test {
 protected:
  std::string Mail(const Alarm& alarm) const {
    return AlarmMail(alarm, from_, to_);
  }

  // Names of the headers in order, folded lines left out.
  static std::vector<std::string> HeaderNames(const std::string& mail) {
    std::vector<std::string> names;
    const size_t end = mail.find("\r\n\r\n");
    for (absl::string_view line :
         absl::StrSplit(absl::string_view(mail).substr(0, end), "\r\n")) {
      if (line[0] != ' ') names.emplace_back(line.substr(0, line.find(':')));
    }
    return names;
  }

  static std::string Header(const std::string& mail, const std::string& name) {
    const size_t begin = mail.find("\r\n" + name + ": ") + name.size() + 4;
    return mail.substr(begin, mail.find("\r\n", begin) - begin);
  }

  MailAddress from_ = *MailAddress::Parse("watch@example.org");
  MailAddress to_ = *MailAddress::Parse("alice@example.net");
};

TEST_F(AlarmMailTest, HasHeadersAndText) {
  const std::string mail = Mail(TestAlarm());
  EXPECT_EQ(
      mail.substr(0, mail.find("Message-ID")),
      "From: watch@example.org\r\n"
      "To: alice@example.net\r\n"
      "Subject: =?UTF-8?B?W3NlYWxib29rXSB1bmtub3duLXZlcnNpb246IGFsaWNlQGV4"
      "YW1w?=\r\n"
      " =?UTF-8?B?bGUub3JnOiB2ZXJzaW9uIDcgaXMgbm90IGNvbmZpcm1lZA==?=\r\n"
      "Date: Tue, 18 Aug 2026 09:30:00 +0000\r\n");
  EXPECT_EQ(mail.substr(mail.find("Auto-Submitted")),
            "Auto-Submitted: auto-generated\r\n"
            "X-Sealbook-Alarm: unknown-version\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=UTF-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "unknown-version: alice@example.org: version 7 is not confirmed\r\n"
            "\r\n"
            "Somebody published a certificate.\r\n"
            "Ask your CA.\r\n"
            "\r\n"
            "Evidence: /home/alice/evidence/1\r\n"
            "Log:      6a09\r\n"
            "Noticed:  2026-08-18 09:30:00 UTC\r\n");
}

TEST_F(AlarmMailTest, HostileTextAddsNoHeader) {
  const std::string mail = Mail(HostileAlarm());
  EXPECT_THAT(HeaderNames(mail),
              ElementsAre("From", "To", "Subject", "Date", "Message-ID",
                          "Auto-Submitted", "X-Sealbook-Alarm", "MIME-Version",
                          "Content-Type", "Content-Transfer-Encoding"));
  EXPECT_THAT(mail, Not(HasSubstr("\r\nBcc")));
  EXPECT_THAT(mail, Not(HasSubstr("\n.\r\n")));
  for (const char c : mail) {
    EXPECT_TRUE((c >= ' ' && c <= '~') || c == '\r' || c == '\n');
  }
}

TEST_F(AlarmMailTest, IsTheSameMessageEachTime) {
  EXPECT_EQ(Mail(TestAlarm()), Mail(TestAlarm()));
}

TEST_F(AlarmMailTest, AnotherKeyOrTimeMakesAnotherMessageId) {
  Alarm other_key = TestAlarm();
  other_key.key += "1";
  Alarm later = TestAlarm();
  later.raised_ms += 1;
  const std::set<std::string> ids = {Header(Mail(TestAlarm()), "Message-ID"),
                                     Header(Mail(other_key), "Message-ID"),
                                     Header(Mail(later), "Message-ID")};
  EXPECT_EQ(ids.size(), 3u);
  for (const std::string& id : ids) {
    EXPECT_THAT(id, ::testing::MatchesRegex("<[0-9a-f]+@example.org>"));
  }
}

TEST_F(AlarmMailTest, OfAUserOfThisMachineHasAMessageIdNonetheless) {
  const MailAddress root = *MailAddress::Parse("root");
  EXPECT_THAT(Header(AlarmMail(TestAlarm(), root, root), "Message-ID"),
              ::testing::EndsWith("@localhost>"));
}

}  // namespace
}  // namespace sealbook::client

#include "client/alarms/alarm_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "client/alarms/testing/test_alarm.h"
#include "client/words.h"
#include "nlohmann/json.hpp"

namespace sealbook::client {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(AlarmTextTest, SaysWhatHappenedAndWhereToLook) {
  EXPECT_EQ(AlarmText(TestAlarm()),
            "unknown-version: alice@example.org: version 7 is not confirmed\n"
            "\n"
            "Somebody published a certificate.\n"
            "Ask your CA.\n"
            "\n"
            "Evidence: /home/alice/evidence/1\n"
            "Log:      6a09\n"
            "Noticed:  2026-08-18 09:30:00 UTC\n");
}

TEST(AlarmTextTest, LeavesOutWhatThereIsNot) {
  Alarm alarm = TestAlarm();
  alarm.kind = AlarmKind::kStaleLog;
  alarm.label.clear();
  alarm.lines.clear();
  alarm.evidence.clear();
  alarm.subject = "the log stands still";
  EXPECT_EQ(AlarmText(alarm),
            "stale-log: the log stands still\n"
            "\n"
            "Log:      6a09\n"
            "Noticed:  2026-08-18 09:30:00 UTC\n");
}

TEST(AlarmTextTest, HostileTextAddsNoLineAndMovesNoCursor) {
  const std::string text = AlarmText(HostileAlarm());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
  std::string one_line = text;
  std::replace(one_line.begin(), one_line.end(), '\n', ' ');
  EXPECT_EQ(one_line, Printable(one_line));
  EXPECT_THAT(text, StartsWith("unknown-version: \"m\xc3\xbcller\\u000d\\u000a"
                               "Bcc: eve@example.org"));
}

TEST(AlarmJsonTest, IsOneObjectOnOneLine) {
  EXPECT_EQ(AlarmJson(TestAlarm()),
            R"({"kind":"unknown-version",)"
            R"("key":"unknown-version/6a09/alice@example.org/7",)"
            R"("raised_ms":1787045400000,"log":"6a09",)"
            R"("address":"alice@example.org",)"
            R"("subject":"version 7 is not confirmed",)"
            R"("lines":["Somebody published a certificate.","Ask your CA."],)"
            R"("evidence":"/home/alice/evidence/1","details":{"version":7}})");
}

TEST(AlarmJsonTest, HasNullWhereThereIsNoAddressAndNoEvidence) {
  Alarm alarm = TestAlarm();
  alarm.label.clear();
  alarm.evidence.clear();
  const auto json = nlohmann::json::parse(AlarmJson(alarm));
  EXPECT_TRUE(json["address"].is_null());
  EXPECT_TRUE(json["evidence"].is_null());
}

TEST(AlarmJsonTest, HostileTextIsEscapedAndExact) {
  const Alarm alarm = HostileAlarm();
  const std::string text = AlarmJson(alarm);
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), absl::ascii_isprint));
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["address"], alarm.label);
  EXPECT_EQ(json["lines"], alarm.lines);
  EXPECT_THAT(json["subject"], HasSubstr("\xe2\x80\xae \xef\xbf\xbd`id`"));
}

TEST(AlarmJsonTest, KeepsDetailsThatAreNoObject) {
  Alarm alarm = TestAlarm();
  for (const char* details : {"", "{", "[1]", "\xff", "{} {}"}) {
    alarm.details = details;
    const auto json = nlohmann::json::parse(AlarmJson(alarm));
    EXPECT_TRUE(json["details"]["text"].is_string()) << details;
  }
}

}  // namespace
}  // namespace sealbook::client

#include "client/ldap/alarm_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sealbook::client::ldap {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kNow = 1767225600000;

Alarm About(const std::string& label) {
  return {.kind = AlarmKind::kRefusedProof,
          .key = absl::StrCat("refused-proof/00/", label, "/signature"),
          .log = "00",
          .label = label};
}

std::vector<std::string> Keys(const std::vector<Alarm>& alarms) {
  std::vector<std::string> keys;
  for (const Alarm& alarm : alarms) keys.push_back(alarm.key);
  return keys;
}

TEST(AlarmLimitTest, KeepsAnAlarmThatLastsOnceAMinute) {
  AlarmLimit limit;
  const Alarm alarm = About("a@x");
  EXPECT_THAT(limit.Take({alarm, alarm}, kNow), ElementsAre(alarm));
  EXPECT_THAT(limit.Take({alarm}, kNow + AlarmLimit::kAgainMs - 1), IsEmpty());
  EXPECT_THAT(limit.Take({alarm}, kNow + AlarmLimit::kAgainMs),
              ElementsAre(alarm));
  // The clock was set back.
  EXPECT_THAT(limit.Take({alarm}, kNow), ElementsAre(alarm));
}

TEST(AlarmLimitTest, KeepsOneForAllThatAreTooMany) {
  AlarmLimit limit;
  std::vector<Alarm> storm;
  for (size_t i = 0; i < 3 * AlarmLimit::kMaxAddresses; ++i) {
    storm.push_back(About(absl::StrCat("a", i, "@x")));
  }
  const std::vector<Alarm> kept = limit.Take(storm, kNow);
  ASSERT_THAT(kept, SizeIs(AlarmLimit::kMaxAddresses + 1));
  EXPECT_EQ(kept.back().key, "refused-proof/00/many-addresses");
  EXPECT_EQ(kept.back().label, "");
  EXPECT_EQ(kept.back().log, "00");
  EXPECT_THAT(limit.Take(storm, kNow + 1), IsEmpty());
  // What is about the log itself has its place all the same.
  const Alarm fork = {.kind = AlarmKind::kFork, .key = "fork/00", .log = "00"};
  EXPECT_THAT(limit.Take({About("b@x"), fork}, kNow + 2), ElementsAre(fork));
  // Those that have a place keep it.
  EXPECT_THAT(Keys(limit.Take({About("b@x"), About("a0@x")},
                              kNow + AlarmLimit::kAgainMs)),
              ElementsAre("refused-proof/00/many-addresses",
                          "refused-proof/00/a0@x/signature"));
  // The others' are free after a day.
  EXPECT_THAT(limit.Take({About("b@x")}, kNow + AlarmLimit::kForgetMs),
              ElementsAre(About("b@x")));
}

}  // namespace
}  // namespace sealbook::client::ldap

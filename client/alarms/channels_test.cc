#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/alarms/alarm_mail.h"
#include "client/alarms/alarm_text.h"
#include "client/alarms/desktop_channel.h"
#include "client/alarms/exec_channel.h"
#include "client/alarms/open_channels.h"
#include "client/alarms/stream_channel.h"
#include "client/alarms/testing/script.h"
#include "client/alarms/testing/smtp_server.h"
#include "client/alarms/testing/test_alarm.h"
#include "client/files.h"
#include "client/testing/temp_folder.h"
#include "client/words.h"

namespace sealbook::client {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr uint64_t kTimeLimitMs = 20'000;

// Sets a variable of this process until it goes.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    const char* before = getenv(name);
    had_ = before != nullptr;
    if (had_) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;
  ~ScopedVariable() {
    had_ ? setenv(name_, before_.c_str(), 1) : unsetenv(name_);
  }

 private:
  const char* name_;
  bool had_ = false;
  std::string before_;
};

class ChannelsTest : public ::testing::Test {
 protected:
  std::string Read(const std::string& name) {
    const auto contents = ReadFile(temp_.path(name));
    EXPECT_TRUE(contents.ok()) << contents.status();
    return contents.value_or("");
  }

  static std::vector<std::string> Names(
      const std::vector<std::unique_ptr<AlarmChannel>>& channels) {
    std::vector<std::string> names;
    for (const auto& channel : channels) names.emplace_back(channel->name());
    return names;
  }

  // Keeps its arguments and its input in the test's folder.
  std::string FakeSendmail() {
    return WriteScript(temp_.path("sendmail"),
                       absl::StrCat("cd ", temp_.path(), "\n",
                                    "printf '%s\\n' \"$@\" >> arguments\n"
                                    "cat >> message"));
  }

  TempFolder temp_;
};

TEST_F(ChannelsTest, StreamGetsTextOrALineOfJson) {
  std::ostringstream out;
  EXPECT_TRUE(StreamChannel(out, /*json=*/false).Deliver(TestAlarm()).ok());
  EXPECT_EQ(out.str(), AlarmText(TestAlarm()) + "\n");
  out.str("");
  StreamChannel json(out, /*json=*/true);
  EXPECT_TRUE(json.Deliver(TestAlarm()).ok());
  EXPECT_TRUE(json.Deliver(HostileAlarm()).ok());
  EXPECT_EQ(out.str(), absl::StrCat(AlarmJson(TestAlarm()), "\n",
                                    AlarmJson(HostileAlarm()), "\n"));
}

TEST_F(ChannelsTest, StreamThatCannotBeWrittenHasNotTakenIt) {
  std::ofstream full("/dev/full");
  ASSERT_TRUE(full.good());
  StreamChannel channel(full, /*json=*/false);
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = channel.Deliver(TestAlarm());
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(status.message(), HasSubstr("disk full"));
  }
}

TEST_F(ChannelsTest, StreamRecoversFromAFailure) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  EXPECT_TRUE(StreamChannel(out, /*json=*/true).Deliver(TestAlarm()).ok());
  EXPECT_EQ(out.str(), AlarmJson(TestAlarm()) + "\n");
}

TEST_F(ChannelsTest, ExecGetsJsonAndVariables) {
  const ScopedVariable here("HERE", temp_.path());
  ExecChannel channel(
      "cat > \"$HERE/input\"; env | grep ^SEALBOOK_ALARM_ | sort > "
      "\"$HERE/variables\"",
      kTimeLimitMs);
  const absl::Status status = channel.Deliver(TestAlarm());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Read("input"), AlarmJson(TestAlarm()) + "\n");
  EXPECT_EQ(Read("variables"),
            "SEALBOOK_ALARM_ADDRESS=alice@example.org\n"
            "SEALBOOK_ALARM_EVIDENCE=/home/alice/evidence/1\n"
            "SEALBOOK_ALARM_KEY=unknown-version/6a09/alice@example.org/7\n"
            "SEALBOOK_ALARM_KIND=unknown-version\n"
            "SEALBOOK_ALARM_LOG=6a09\n"
            "SEALBOOK_ALARM_RAISED_MS=1787045400000\n"
            "SEALBOOK_ALARM_SUBJECT=version 7 is not confirmed\n");
}

TEST_F(ChannelsTest, ExecNeverRunsWhatAnAlarmSays) {
  const ScopedVariable here("HERE", temp_.path());
  Alarm alarm = HostileAlarm();
  alarm.label = "$(touch $HERE/run)`touch $HERE/run`'\"; touch $HERE/run\n";
  alarm.subject = alarm.label;
  // Without quotes, which is careless but runs nothing either.
  ExecChannel channel(
      "printf %s \"$SEALBOOK_ALARM_ADDRESS\" > \"$HERE/address\"; echo "
      "$SEALBOOK_ALARM_SUBJECT > /dev/null",
      kTimeLimitMs);
  EXPECT_TRUE(channel.Deliver(alarm).ok());
  EXPECT_EQ(Read("address"), Printable(alarm.label));
  EXPECT_EQ(ReadFile(temp_.path("run")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ChannelsTest, ExecThatFailsHasNotTakenIt) {
  const absl::Status failed =
      ExecChannel("echo no such luck; exit 7", kTimeLimitMs)
          .Deliver(TestAlarm());
  EXPECT_EQ(failed.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(failed.message(), AllOf(HasSubstr("--exec"), HasSubstr("code 7"),
                                      HasSubstr("no such luck")));
  const absl::Status missing =
      ExecChannel("/does/not/exist", kTimeLimitMs).Deliver(TestAlarm());
  EXPECT_THAT(missing.message(),
              AllOf(HasSubstr("code 127"), HasSubstr("not found")));
  EXPECT_EQ(ExecChannel("sleep 1000", 200).Deliver(TestAlarm()).code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ChannelsTest, SendmailGetsAddressesAsArgumentsAndTheMessage) {
  const auto channels = OpenChannels({.mail_to = {"alice@example.net"},
                                      .mail_from = "watch@example.org",
                                      .sendmail = FakeSendmail()},
                                     nullptr);
  ASSERT_TRUE(channels.ok()) << channels.status();
  ASSERT_THAT(Names(*channels), ElementsAre("mail:alice@example.net"));
  const absl::Status status = (*channels)[0]->Deliver(HostileAlarm());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Read("arguments"),
            "-i\n-f\nwatch@example.org\n--\nalice@example.net\n");
  EXPECT_EQ(
      Read("message"),
      absl::StrReplaceAll(
          AlarmMail(HostileAlarm(), *MailAddress::Parse("watch@example.org"),
                    *MailAddress::Parse("alice@example.net")),
          {{"\r\n", "\n"}}));
}

TEST_F(ChannelsTest, SendmailThatFailsHasNotTakenIt) {
  const auto channels = OpenChannels(
      {.mail_to = {"root"},
       .sendmail = WriteScript(temp_.path("sendmail"),
                               "echo the queue is full >&2; exit 75")},
      nullptr);
  ASSERT_TRUE(channels.ok()) << channels.status();
  const absl::Status status = (*channels)[0]->Deliver(TestAlarm());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("sendmail ended with code 75"),
                                      HasSubstr("the queue is full")));
}

TEST_F(ChannelsTest, MailGoesToEachRecipientByItself) {
  const SmtpServer server({});
  const auto channels = OpenChannels(
      {.mail_to = {"alice@example.org", "bob@example.org", "alice@EXAMPLE.org"},
       .smtp_url = server.Url("smtp")},
      nullptr);
  ASSERT_TRUE(channels.ok()) << channels.status();
  EXPECT_THAT(Names(*channels),
              ElementsAre("mail:alice@example.org", "mail:bob@example.org"));
  for (const auto& channel : *channels) {
    EXPECT_TRUE(channel->Deliver(TestAlarm()).ok());
  }
  EXPECT_THAT(server.Messages(), SizeIs(2));
  EXPECT_THAT(server.Log()[7]["command"].get<std::string>(),
              HasSubstr("FROM:<alice@example.org>"));
  EXPECT_EQ(server.Log()[8]["command"], "RCPT TO:<bob@example.org>");
}

// notify-send is a script here: no desktop is at hand where tests run.
class DesktopTest : public ChannelsTest {
 protected:
  DesktopTest()
      : path_("PATH", temp_.path() + ":/usr/bin:/bin"),
        bus_("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere"),
        runtime_("XDG_RUNTIME_DIR", temp_.path("runtime")) {}

  void FakeNotifySend(const std::string& lines) {
    WriteScript(temp_.path("notify-send"), lines);
  }

  ScopedVariable path_;
  ScopedVariable bus_;
  ScopedVariable runtime_;
};

TEST_F(DesktopTest, ShowsAddressSubjectAndLines) {
  FakeNotifySend(
      absl::StrCat("printf '%s\\n' \"$@\" > ", temp_.path("arguments")));
  const auto channels = OpenChannels({.notify = true}, nullptr);
  ASSERT_TRUE(channels.ok()) << channels.status();
  ASSERT_THAT(Names(*channels), ElementsAre("desktop"));
  const absl::Status status = (*channels)[0]->Deliver(TestAlarm());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Read("arguments"),
            "--app-name=Sealbook\n--urgency=critical\n--icon=dialog-warning\n"
            "--\nalice@example.org: version 7 is not confirmed\n"
            "Somebody published a certificate.\nAsk your CA.\n");
}

TEST_F(DesktopTest, LinesHoldNoMarkupAndNoEscape) {
  FakeNotifySend(
      absl::StrCat("for last; do :; done; printf '%s\\n' \"$last\" "
                   "> ",
                   temp_.path("body")));
  Alarm alarm = TestAlarm();
  alarm.lines = {"<b>&amp; \\n", "\x1b"};
  EXPECT_TRUE(DesktopChannel(kTimeLimitMs).Deliver(alarm).ok());
  EXPECT_EQ(Read("body"), "&lt;b&gt;&amp;amp; \\\\n\n\\\\u001b\n");
}

TEST_F(DesktopTest, NobodyThereToShowItIsNoDelivery) {
  FakeNotifySend("echo no such name on the bus >&2; exit 1");
  const absl::Status status = DesktopChannel(kTimeLimitMs).Deliver(TestAlarm());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("no such name on the bus"));
}

TEST_F(DesktopTest, SaysThatNotifySendIsNotInstalled) {
  const ScopedVariable path("PATH", temp_.path());
  for (const absl::Status& status :
       {OpenChannels({.notify = true}, nullptr).status(),
        DesktopChannel(kTimeLimitMs).Deliver(TestAlarm())}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(status.message(), HasSubstr("libnotify-bin"));
  }
}

TEST_F(DesktopTest, SaysThatThereIsNoSession) {
  FakeNotifySend("exit 0");
  const ScopedVariable bus("DBUS_SESSION_BUS_ADDRESS", "");
  for (const absl::Status& status :
       {OpenChannels({.notify = true}, nullptr).status(),
        DesktopChannel(kTimeLimitMs).Deliver(TestAlarm())}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(status.message(), HasSubstr("no desktop session"));
  }
}

TEST_F(DesktopTest, FindsTheBusOfSystemdsSessions) {
  FakeNotifySend("exit 0");
  const ScopedVariable bus("DBUS_SESSION_BUS_ADDRESS", "");
  ASSERT_TRUE(MakePrivateFolder(temp_.path("runtime")).ok());
  ASSERT_TRUE(WriteNewFile(temp_.path("runtime/bus"), "").ok());
  EXPECT_TRUE(DesktopChannel(kTimeLimitMs).Deliver(TestAlarm()).ok());
}

TEST_F(ChannelsTest, OpenGivesAllThatWereAskedForInOrder) {
  std::ostringstream out;
  const auto channels = OpenChannels(
      {.exec = "true", .mail_to = {"root"}, .sendmail = FakeSendmail()}, &out);
  ASSERT_TRUE(channels.ok()) << channels.status();
  EXPECT_THAT(Names(*channels), ElementsAre("stdout", "exec", "mail:root"));
  for (const auto& channel : *channels) {
    EXPECT_TRUE(channel->Deliver(TestAlarm()).ok()) << channel->name();
  }
  EXPECT_EQ(out.str(), AlarmText(TestAlarm()) + "\n");
}

TEST_F(ChannelsTest, OpenSaysWhatToDoAboutOptionsThatCannotBeMeant) {
  const std::string sendmail = FakeSendmail();
  const struct {
    AlarmChannelOptions options;
    const char* advice;
  } kCases[] = {
      {{.exec = " "}, "give a command"},
      {{.mail_to = {"alice"}, .smtp_url = "smtps://a.b"}, "alice@example.org"},
      {{.mail_to = {"a@a.b\nBcc: c@d.e"}, .sendmail = sendmail}, "one address"},
      {{.mail_to = {"alice@a.b"}, .mail_from = "<>", .sendmail = sendmail},
       "one address"},
      {{.mail_from = "alice@a.b"}, "name an address with --mail"},
      {{.smtp_url = "smtps://a.b"}, "name an address with --mail"},
      {{.sendmail = sendmail}, "name an address with --mail"},
      {{.mail_to = {"a@a.b"}, .smtp_user = "alice"}, "need --smtp"},
      {{.mail_to = {"a@a.b"}, .smtp_password_file = "x"}, "need --smtp"},
      {{.smtp_ca_file = "x"}, "need --smtp"},
      {{.mail_to = {"a@a.b"}, .sendmail = sendmail, .smtp_url = "smtps://a.b"},
       "give one of them"},
      {{.mail_to = {"a@a.b"}, .smtp_url = "a.b"}, "smtps://HOST"},
  };
  for (const auto& [options, advice] : kCases) {
    const absl::Status status = OpenChannels(options, nullptr).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << advice;
    EXPECT_THAT(status.message(), HasSubstr(advice));
  }
}

TEST_F(ChannelsTest, OpenSaysThatThereIsNoSendmail) {
  ASSERT_TRUE(WriteNewFile(temp_.path("text"), "").ok());
  for (const std::string& program :
       {temp_.path("none"), temp_.path(), temp_.path("text")}) {
    const absl::Status status =
        OpenChannels({.mail_to = {"root"}, .sendmail = program}, nullptr)
            .status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << program;
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr(program), HasSubstr("--sendmail"),
                      HasSubstr("--smtp")));
  }
}

}  // namespace
}  // namespace sealbook::client

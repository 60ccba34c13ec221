#include "client/alarms/smtp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/alarms/alarm_mail.h"
#include "client/alarms/alarm_text.h"
#include "client/alarms/testing/smtp_server.h"
#include "client/alarms/testing/test_alarm.h"
#include "client/testing/temp_folder.h"
#include "client/testing/tls.h"

namespace sealbook::client {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Clock = std::chrono::steady_clock;

class SmtpTest : public ::testing::Test {
 protected:
  SmtpTest() : ca_(TlsCa("Mail CA")) {
    ca_file_ = Write("ca.pem", ca_.pem());
    password_file_ = Write("password", "s\xc3\xa4sam \"42\"\n");
  }

  std::string Write(const std::string& name, const std::string& contents) {
    std::ofstream(temp_.path(name)) << contents;
    EXPECT_EQ(chmod(temp_.path(name).c_str(), 0600), 0);
    return temp_.path(name);
  }

  // With a certificate of `ca`.
  static SmtpServerSettings WithTls(const std::string& tls,
                                    const smime::testing::TestCa& ca,
                                    const std::string& name = "localhost") {
    const FakeServerTls certificate = ServerTls(ca, name);
    return {.tls = tls,
            .certificate = certificate.certificate,
            .private_key = certificate.private_key};
  }

  SmtpOptions ByCa(const std::string& url) const {
    return {.url = url, .ca_file = ca_file_};
  }

  SmtpOptions ByPassword(const std::string& url) const {
    return {.url = url,
            .user = "alice",
            .password_file = password_file_,
            .ca_file = ca_file_};
  }

  absl::Status Send(const SmtpOptions& options,
                    const Alarm& alarm = TestAlarm()) {
    const auto smtp = Smtp::Open(options);
    if (!smtp.ok()) return smtp.status();
    return (*smtp)->Send(from_, to_, AlarmMail(alarm, from_, to_));
  }

  TempFolder temp_;
  smime::testing::TestCa ca_;
  std::string ca_file_;
  std::string password_file_;
  MailAddress from_ = *MailAddress::Parse("watch@example.org");
  MailAddress to_ = *MailAddress::Parse("alice@example.net");
};

TEST_F(SmtpTest, SpeaksInTheClearOnLoopback) {
  const SmtpServer server({});
  const absl::Status status = Send({.url = server.Url("smtp")});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(server.Commands(),
              ElementsAre("EHLO", "MAIL", "RCPT", "DATA", "QUIT"));
  EXPECT_THAT(server.Log()[1]["command"].get<std::string>(),
              HasSubstr("FROM:<watch@example.org>"));
  EXPECT_EQ(server.Log()[2]["command"], "RCPT TO:<alice@example.net>");
  ASSERT_THAT(server.Messages(), SizeIs(1));
  EXPECT_EQ(server.Messages()[0]["message"],
            AlarmMail(TestAlarm(), from_, to_));
}

TEST_F(SmtpTest, AnotherReaderOfMailReadsHostileTextAsItWasMeant) {
  const SmtpServer server({});
  const Alarm alarm = HostileAlarm();
  const absl::Status status = Send({.url = server.Url("smtp")}, alarm);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(server.Commands(),
              ElementsAre("EHLO", "MAIL", "RCPT", "DATA", "QUIT"));
  ASSERT_THAT(server.Messages(), SizeIs(1));
  const nlohmann::json message = server.Messages()[0];
  EXPECT_THAT(message["headers"].get<std::vector<std::string>>(),
              AllOf(SizeIs(10), Not(Contains("Bcc"))));
  EXPECT_EQ(message["subject"],
            absl::StrCat("[sealbook] ", AlarmHeadline(alarm)));
  EXPECT_EQ(
      absl::StrReplaceAll(message["body"].get<std::string>(), {{"\r\n", "\n"}}),
      AlarmText(alarm));
}

TEST_F(SmtpTest, LogsInAfterStarttlsOnly) {
  SmtpServerSettings settings = WithTls("starttls", ca_);
  settings.user = "alice";
  settings.password = "s\xc3\xa4sam \"42\"";
  const SmtpServer server(settings);
  const absl::Status status = Send(ByPassword(server.Url("smtp")));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(server.Commands(), ElementsAre("EHLO", "STARTTLS", "EHLO", "AUTH",
                                             "MAIL", "RCPT", "DATA", "QUIT"));
  for (const nlohmann::json& entry : server.Log()) {
    if (entry.contains("user") || entry.contains("message")) {
      EXPECT_EQ(entry["tls"], true) << entry;
    }
  }
  EXPECT_THAT(server.Messages(), SizeIs(1));
}

TEST_F(SmtpTest, SpeaksTlsFromTheBeginningWithSmtps) {
  const SmtpServer server(WithTls("smtps", ca_));
  const absl::Status status = Send(ByCa(server.Url("smtps")));
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_THAT(server.Messages(), SizeIs(1));
  EXPECT_EQ(server.Messages()[0]["tls"], true);
}

TEST_F(SmtpTest, SendsNothingToACertificateOfAnotherCa) {
  for (const std::string tls : {"starttls", "smtps"}) {
    const SmtpServer server(WithTls(tls, TlsCa("Another CA")));
    const absl::Status status =
        Send(ByPassword(server.Url(tls == "smtps" ? "smtps" : "smtp")));
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("not trusted"), HasSubstr("--smtp-ca")));
    EXPECT_THAT(server.Commands(), Not(Contains("AUTH")));
    EXPECT_THAT(server.Commands(), Not(Contains("MAIL")));
  }
}

TEST_F(SmtpTest, SendsNothingToACertificateOfAnotherHost) {
  const SmtpServer server(WithTls("starttls", ca_, "mail.example.org"));
  const absl::Status status = Send(ByPassword(server.Url("smtp")));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("not trusted"));
  EXPECT_THAT(server.Commands(), Not(Contains("AUTH")));
}

TEST_F(SmtpTest, SmtpsTrustsTheSystemUnlessACaIsNamed) {
  const SmtpServer server(WithTls("smtps", ca_));
  const absl::Status status = Send({.url = server.Url("smtps")});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("not trusted"));
}

TEST_F(SmtpTest, SendsNothingWithoutStarttls) {
  const SmtpServer server({.user = "alice", .password = "x"});
  // 0.0.0.0 is no loopback address, but Linux connects it to this machine.
  for (const SmtpOptions& options :
       {ByPassword(server.Url("smtp")),
        SmtpOptions{.url = server.Url("smtp", "0.0.0.0")}}) {
    const absl::Status status = Send(options);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("does not encrypt"), HasSubstr("STARTTLS")));
  }
  EXPECT_THAT(server.Commands(), Not(Contains("AUTH")));
  EXPECT_THAT(server.Commands(), Not(Contains("MAIL")));
}

TEST_F(SmtpTest, SendsNothingWhenStarttlsIsRefused) {
  SmtpServerSettings settings = WithTls("starttls", ca_);
  settings.answers = {{"STARTTLS", {"454 not now"}}};
  const SmtpServer server(settings);
  const absl::Status status = Send(ByPassword(server.Url("smtp")));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("454 not now"));
  EXPECT_THAT(server.Commands(), Not(Contains("AUTH")));
  EXPECT_THAT(server.Commands(), Not(Contains("MAIL")));
}

TEST_F(SmtpTest, SaysThatSmtpsIsForOtherPorts) {
  const SmtpServer server({});
  const absl::Status status = Send({.url = server.Url("smtps")});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("cannot agree on TLS"));
}

TEST_F(SmtpTest, SaysThatTheServerIsDown) {
  std::string url;
  {
    const SmtpServer server({});
    url = server.Url("smtp");
  }
  const absl::Status status = Send({.url = url});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr(url), HasSubstr("cannot be reached")));
}

TEST_F(SmtpTest, SaysThatAHostIsUnknown) {
  const absl::Status status = Send({.url = "smtp://mail.invalid"});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("mail.invalid:587"));
}

TEST_F(SmtpTest, GivesUpAServerThatHangs) {
  for (const std::string moment :
       {"GREETING", "EHLO", "MAIL", "RCPT", "DATA", "END"}) {
    const SmtpServer server({.hang = {moment}});
    const auto begin = Clock::now();
    const absl::Status status =
        Send({.url = server.Url("smtp"), .time_limit_ms = 500});
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10)) << moment;
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << moment;
    EXPECT_THAT(status.message(), HasSubstr("in time")) << moment;
  }
}

TEST_F(SmtpTest, AMessageThatWasTakenIsDeliveredHoweverTheServerTakesLeave) {
  for (const SmtpServerSettings& settings :
       {SmtpServerSettings{.hang = {"QUIT"}},
        SmtpServerSettings{.drop = {"QUIT"}},
        SmtpServerSettings{.answers = {{"QUIT", {"500 what?"}}}}}) {
    const SmtpServer server(settings);
    const auto begin = Clock::now();
    const absl::Status status =
        Send({.url = server.Url("smtp"), .time_limit_ms = 900});
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_THAT(server.Messages(), SizeIs(1));
  }
}

TEST_F(SmtpTest, WhatIsRefusedForNowMayPass) {
  for (const std::string moment : {"GREETING", "MAIL", "RCPT", "DATA", "END"}) {
    const SmtpServer server({.answers = {{moment, {"451 4.3.0 come again"}}}});
    const absl::Status status = Send({.url = server.Url("smtp")});
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << moment;
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("for now"), HasSubstr("451 4.3.0 come again")))
        << moment;
  }
}

TEST_F(SmtpTest, WhatIsRefusedForGoodTellsWhy) {
  for (const std::string moment : {"GREETING", "MAIL", "RCPT", "DATA", "END"}) {
    const SmtpServer server(
        {.answers = {{moment, {"550-5.7.1 no\x1b", "550 5.7.1 really"}}}});
    const absl::Status status = Send({.url = server.Url("smtp")});
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << moment;
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("refuses the message"),
                      HasSubstr("550-5.7.1 no\\u001b | 550 5.7.1 really")))
        << moment;
  }
}

TEST_F(SmtpTest, AConversationThatBreaksOffIsNoDelivery) {
  for (const std::string moment :
       {"GREETING", "EHLO", "MAIL", "RCPT", "DATA", "END"}) {
    const SmtpServer server({.drop = {moment}});
    const absl::Status status = Send({.url = server.Url("smtp")});
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << moment;
    EXPECT_THAT(status.message(), HasSubstr("broke off")) << moment;
  }
}

TEST_F(SmtpTest, SaysThatUserOrPasswordIsWrong) {
  SmtpServerSettings settings = WithTls("smtps", ca_);
  settings.user = "alice";
  settings.password = "another";
  const SmtpServer server(settings);
  const absl::Status status = Send(ByPassword(server.Url("smtps")));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("--smtp-password-file"),
                                      HasSubstr("535"), Not(HasSubstr("sam"))));
  EXPECT_THAT(server.Commands(), Not(Contains("MAIL")));
}

TEST_F(SmtpTest, ALoginThatFailsForNowMayPass) {
  SmtpServerSettings settings = WithTls("smtps", ca_);
  settings.user = "alice";
  settings.password = "another";
  settings.answers = {{"AUTH", {"454 4.7.0 try later"}}};
  const SmtpServer server(settings);
  const absl::Status status = Send(ByPassword(server.Url("smtps")));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("454 4.7.0 try later"));
}

TEST_F(SmtpTest, TakesANewPasswordWithoutARestart) {
  SmtpServerSettings settings = WithTls("smtps", ca_);
  settings.user = "alice";
  settings.password = "new";
  const SmtpServer server(settings);
  const auto smtp = Smtp::Open(ByPassword(server.Url("smtps")));
  ASSERT_TRUE(smtp.ok()) << smtp.status();
  EXPECT_FALSE((*smtp)->Send(from_, to_, "Subject: a\r\n\r\n").ok());
  Write("password", "new\r\nanything else\n");
  const absl::Status status = (*smtp)->Send(from_, to_, "Subject: a\r\n\r\n");
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(SmtpTest, SaysWhereAPasswordIsWanted) {
  SmtpServerSettings settings = WithTls("smtps", ca_);
  settings.user = "alice";
  settings.password = "x";
  const SmtpServer server(settings);
  const absl::Status status = Send(ByCa(server.Url("smtps")));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("530 5.7.0 log in first"));
}

TEST_F(SmtpTest, OpenRefusesAPasswordThatOthersMayRead) {
  ASSERT_EQ(chmod(password_file_.c_str(), 0640), 0);
  const absl::Status status = Smtp::Open(ByPassword("smtps://a.b")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("password"), HasSubstr("chmod 600")));
}

TEST_F(SmtpTest, OpenRefusesAPasswordFileWithoutPassword) {
  for (const std::string contents : {"", "\n", "\nsecret\n"}) {
    Write("password", contents);
    const absl::Status status = Smtp::Open(ByPassword("smtps://a.b")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(), HasSubstr("first line"));
  }
}

TEST_F(SmtpTest, OpenRefusesUserOrPasswordAlone) {
  for (const SmtpOptions& options :
       {SmtpOptions{.url = "smtps://a.b", .user = "alice"},
        SmtpOptions{.url = "smtps://a.b", .password_file = password_file_}}) {
    const absl::Status status = Smtp::Open(options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("belong together"));
  }
}

TEST_F(SmtpTest, OpenRefusesFilesThatAreNotThere) {
  const absl::Status ca =
      Smtp::Open({.url = "smtps://a.b", .ca_file = temp_.path("x")}).status();
  EXPECT_EQ(ca.code(), absl::StatusCode::kNotFound);
  const absl::Status password = Smtp::Open({.url = "smtps://a.b",
                                            .user = "alice",
                                            .password_file = temp_.path("x")})
                                    .status();
  EXPECT_EQ(password.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(password.message(), HasSubstr("password"));
}

TEST_F(SmtpTest, OpenRefusesACaFileWithoutCertificate) {
  const absl::Status status =
      Smtp::Open({.url = "smtps://a.b", .ca_file = password_file_}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("no certificate"));
}

}  // namespace
}  // namespace sealbook::client

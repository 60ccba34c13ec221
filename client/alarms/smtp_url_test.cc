#include "client/alarms/smtp_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace sealbook::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(SmtpUrlTest, FillsInThePortOfSubmission) {
  EXPECT_EQ(SmtpUrl::Parse("smtp://mail.example.org")->text,
            "smtp://mail.example.org:587");
  EXPECT_EQ(SmtpUrl::Parse("SMTPS://mail.example.org/")->text,
            "smtps://mail.example.org:465");
  EXPECT_EQ(SmtpUrl::Parse("smtp://[::1]:25")->text, "smtp://[::1]:25");
  EXPECT_TRUE(SmtpUrl::Parse("smtps://a.b")->smtps);
  EXPECT_FALSE(SmtpUrl::Parse("smtp://a.b")->smtps);
}

TEST(SmtpUrlTest, KnowsLoopback) {
  for (const char* host : {"localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3",
                           "127.1", "[::1]", "[0:0:0:0:0:0:0:1]"}) {
    const auto url = SmtpUrl::Parse(absl::StrCat("smtp://", host));
    ASSERT_TRUE(url.ok()) << url.status();
    EXPECT_TRUE(url->loopback) << host;
  }
  for (const char* host :
       {"localhost.example.org", "127.0.0.1.example.org", "128.0.0.1",
        "0.0.0.0", "[::2]", "[::ffff:127.0.0.1]", "example.org"}) {
    const auto url = SmtpUrl::Parse(absl::StrCat("smtp://", host));
    ASSERT_TRUE(url.ok()) << url.status();
    EXPECT_FALSE(url->loopback) << host;
  }
}

TEST(SmtpUrlTest, RefusesWhatIsNoServerForMail) {
  for (const char* text :
       {"", "mail.example.org", "http://mail.example.org", "smtp://",
        "smtp://a.b/path", "smtp://a.b?x=1", "smtp://a.b#x", "smtp://a.b:x",
        "smtp://a.b:99999", "smtp://a b", "smtp://a.b\r\nMAIL",
        "file:///etc/passwd"}) {
    const auto url = SmtpUrl::Parse(text);
    EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(url.status().message(), HasSubstr("--smtp")) << text;
  }
}

TEST(SmtpUrlTest, DoesNotRepeatAPasswordThatStandsInIt) {
  for (const char* text : {"smtp://alice:secret@mail.example.org",
                           "smtps://:secret@a.b", "smtps://alice@a.b"}) {
    const auto url = SmtpUrl::Parse(text);
    EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(url.status().message(), AllOf(HasSubstr("--smtp-password-file"),
                                              Not(HasSubstr("secret"))));
  }
}

}  // namespace
}  // namespace sealbook::client

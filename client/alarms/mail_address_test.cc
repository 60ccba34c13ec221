#include "client/alarms/mail_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sealbook::client {
namespace {

using ::testing::HasSubstr;

TEST(MailAddressTest, KeepsTheCaseInFrontOfTheAtOnly) {
  const auto address = MailAddress::Parse(
      "Alice.B+x@B\xc3\xbc"
      "cher.Example");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->text(), "Alice.B+x@xn--bcher-kva.example");
  EXPECT_EQ(address->domain(), "xn--bcher-kva.example");
}

TEST(MailAddressTest, TakesUsersOfThisMachine) {
  const auto user = MailAddress::Parse("root");
  ASSERT_TRUE(user.ok()) << user.status();
  EXPECT_EQ(user->text(), "root");
  EXPECT_EQ(user->domain(), "");
}

TEST(MailAddressTest, RefusesWhatCouldBeAnotherHeaderAddressOrOption) {
  for (const char* text :
       {"", "-oQ/tmp", "-x@example.org", ".hidden", "alice@", "@example.org",
        "alice@example.org\r\nBcc: eve@example.org", "alice\nRCPT TO:<eve>",
        "alice@example.org,eve@example.org", "Alice <alice@example.org>",
        "<alice@example.org>", "\"a b\"@example.org", "\"a>b\"@example.org",
        "alice@[127.0.0.1]", "m\xc3\xbcller@example.org", "a b", "/dev/null",
        "|sh", "alice@example.org "}) {
    const auto address = MailAddress::Parse(text);
    EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument)
        << text;
    EXPECT_THAT(address.status().message(), HasSubstr("cannot be mailed"));
  }
}

TEST(MailAddressTest, RefusesAZeroByte) {
  EXPECT_FALSE(MailAddress::Parse(absl::string_view("a\0b", 3)).ok());
  EXPECT_FALSE(
      MailAddress::Parse(absl::string_view("a@example.org\0", 14)).ok());
}

}  // namespace
}  // namespace sealbook::client

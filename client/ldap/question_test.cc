#include "client/ldap/question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/ldap/testing/requests.h"

namespace sealbook::client::ldap {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::StatusOr<Question> Ask(const std::string& filter) {
  BerReader reader(filter);
  return QuestionOf(*ParseFilter(*reader.Read()));
}

std::vector<std::string> Labels(const std::string& filter) {
  std::vector<std::string> labels;
  const Question question = *Ask(filter);
  for (const smime::Address& address : question.addresses) {
    labels.push_back(address.label());
  }
  return labels;
}

const std::string kAlice = Equal("mail", "alice@example.org");
const std::string kBob = Equal("mail", "bob@example.org");

TEST(QuestionTest, AsksAboutOneAddress) {
  EXPECT_THAT(Labels(kAlice), ElementsAre("alice@example.org"));
  EXPECT_THAT(Labels(Equal("MAIL", "Alice@Example.ORG.")),
              ElementsAre("alice@example.org"));
  EXPECT_THAT(Labels(Equal("rfc822Mailbox",
                           "a@b\xc3\xbc"
                           "cher.example")),
              ElementsAre("a@xn--bcher-kva.example"));
}

TEST(QuestionTest, AsksAboutTheRecipientsOfAMessageOnceEach) {
  EXPECT_THAT(Labels(Or({kBob, kAlice, Equal("mail", "BOB@example.org")})),
              ElementsAre("bob@example.org", "alice@example.org"));
}

TEST(QuestionTest, SeesThroughWhatAllEntriesFulfil) {
  const std::vector<std::string> both = {"alice@example.org",
                                         "bob@example.org"};
  const std::string people = Or({kAlice, kBob});
  for (const std::string& always :
       {Present("userCertificate"), Present("userCertificate;binary"),
        Present("objectClass"), Equal("objectClass", "inetorgperson"),
        Or({Present("userSMIMECertificate"), Present("userCertificate")}),
        Not(Equal("objectClass", "group"))}) {
    EXPECT_EQ(Labels(And({always, people})), both);
    EXPECT_EQ(Labels(And({people, always})), both);
  }
  EXPECT_THAT(Labels(And({people, kBob})), ElementsAre("bob@example.org"));
  EXPECT_THAT(Labels(Or({Equal("cn", "Bob"), kBob})),
              ElementsAre("bob@example.org"));
}

TEST(QuestionTest, AsksAboutNobodyWhenNobodyOrEverybodyIsMeant) {
  for (const std::string& filter :
       {Present("objectClass"), Present("mail"), Present("userCertificate"),
        Or({Present("objectClass"), kAlice}), Not(kAlice),
        And({kAlice, Not(kBob)}), And({kAlice, kBob}),
        And({kAlice, Equal("cn", "Alice")}), And({kAlice, Present("telex")}),
        And({kAlice, Not(Equal("objectClass", "person"))}),
        And({kAlice, Equal("objectClass", "group")}), Or({}), And({}),
        Equal("cn", "alice@example.org"), Tlv(0xa8, "?"), Tlv(0xa5, "?")}) {
    const Question question = *Ask(filter);
    EXPECT_THAT(question.addresses, IsEmpty());
    EXPECT_THAT(question.not_addresses, IsEmpty());
  }
}

TEST(QuestionTest, KeepsKeystrokesHere) {
  for (const absl::string_view text : {"a", "alice@", "alice@example.org"}) {
    EXPECT_THAT(Labels(KeystrokeFilter(text)), IsEmpty()) << text;
    EXPECT_THAT(Labels(Or({Within("cn", text), Within("mail", text)})),
                IsEmpty());
    EXPECT_THAT(Labels(Within("mail", text)), IsEmpty());
    EXPECT_THAT(Labels(Or({kAlice, Within("mail", text)})), IsEmpty());
    EXPECT_THAT(Labels(And({kAlice, Within("cn", text)})), IsEmpty());
    EXPECT_THAT(Labels(And({kAlice, Not(Within("cn", text))})), IsEmpty());
  }
}

TEST(QuestionTest, KnowsTheOneShapeThatGpgsmHas) {
  const std::string address = "alice@example.org";
  EXPECT_THAT(Labels(GpgsmFilter(address)), ElementsAre(address));
  for (const std::string& filter : {
           GpgsmFilter("alice"),
           GpgsmFilter("alice@"),
           GpgsmFilter("Alice Example"),
           // The same, but a bit.
           Or({Within("sn", address),
               Or({Within("cn", address), Within("mail", "bob@example.org")})}),
           Or({Within("sn", address),
               Or({Within("mail", address), Within("cn", address)})}),
           Or({Or({Within("cn", address), Within("mail", address)}),
               Within("sn", address)}),
           Or({Within("sn", address), Within("cn", address),
               Within("mail", address)}),
           Or({Within("sn", address),
               And({Within("cn", address), Within("mail", address)})}),
           Or({Within("sn", address),
               Or({Within("cn", address), Within("mail", address),
                   Within("givenName", address)})}),
           Or({Within("givenName", address),
               Or({Within("cn", address), Within("mail", address)})}),
           Or({Within("sn", address),
               Or({Equal("cn", address), Equal("mail", address)})}),
           And({GpgsmFilter(address), Present("userCertificate")}),
           Not(GpgsmFilter(address)),
       }) {
    EXPECT_THAT(Labels(filter), IsEmpty());
  }
}

TEST(QuestionTest, SaysWhyAValueIsNoAddress) {
  for (const std::string& value :
       {std::string("alice@"), std::string("alice@example.org\0", 18),
        std::string("\0", 1), std::string("alice\r\n"), std::string("a@[::1]"),
        std::string("*@example.org,"), "a@" + std::string(300, 'x'),
        std::string("\xff@example.org")}) {
    const Question question = *Ask(Or({kBob, Equal("mail", value)}));
    ASSERT_EQ(question.not_addresses.size(), 1u) << value;
    EXPECT_THAT(question.not_addresses[0], HasSubstr("address-"));
    // The others are asked about all the same.
    EXPECT_EQ(question.addresses.size(), 1u);
  }
  // Somebody's name.
  EXPECT_THAT(Ask(Equal("mail", "alice"))->not_addresses, IsEmpty());
}

TEST(QuestionTest, RefusesTooManyAddresses) {
  const auto ask = [](size_t count) {
    std::vector<std::string> parts;
    for (size_t i = 0; i < count; ++i) {
      parts.push_back(Equal("mail", absl::StrCat("a", i, "@example.org")));
    }
    return Ask(Or(parts));
  };
  EXPECT_EQ(ask(kMaxAddresses)->addresses.size(), kMaxAddresses);
  EXPECT_EQ(ask(kMaxAddresses + 1).status().code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace sealbook::client::ldap

#include "client/ldap/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/ldap/entries.h"
#include "client/ldap/testing/fake_lookups.h"
#include "client/ldap/testing/requests.h"
#include "client/ldap/usable.h"
#include "keytrans/refusal.h"

namespace sealbook::client::ldap {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kAlice = Equal("mail", "alice@example.org");

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() { lookups_.Publish("alice@example.org"); }

  std::vector<Response> Ask(const std::string& bytes) {
    std::string sent;
    goes_on_ = session_.Answer(bytes, [&](absl::string_view message) {
      absl::StrAppend(&sent, message);
      return absl::OkStatus();
    });
    return ParseResponses(sent);
  }
  // The one response to a message.
  Response AskOne(const std::string& bytes) {
    const std::vector<Response> responses = Ask(bytes);
    EXPECT_THAT(responses, SizeIs(1));
    return responses.empty() ? Response() : responses[0];
  }

  FakeLookups lookups_;
  CertificateJudge judge_;
  Issuers issuers_;
  uint64_t now_ = FakeLookups::kNow;
  Session session_{lookups_, judge_, issuers_, [this] { return now_; }, {}};
  bool goes_on_ = false;
};

TEST_F(SessionTest, AnswersThunderbirdsLookUp) {
  EXPECT_EQ(AskOne(Bind(1, 3, "", "")).code, 0);
  const std::vector<Response> responses =
      Ask(Search(2, kAlice,
                 {.base = "o=sealbook",
                  .size_limit = 2,
                  .attributes = {"usercertificate;binary"}}));
  ASSERT_THAT(responses, SizeIs(2));
  EXPECT_EQ(responses[0].id, 2);
  EXPECT_EQ(responses[0].entry.dn, "mail=alice@example.org,o=sealbook");
  ASSERT_THAT(responses[0].entry.attributes, SizeIs(1));
  EXPECT_EQ(responses[0].entry.attributes[0].name, kCertificateAttribute);
  // The leaf, then the CA that issued it.
  EXPECT_THAT(responses[0].entry.attributes[0].values,
              ElementsAre(lookups_.leaf("alice@example.org"),
                          lookups_.issuing().der()));
  EXPECT_EQ(responses[1].tag, kSearchDoneTag);
  EXPECT_EQ(responses[1].code, 0);
  EXPECT_TRUE(goes_on_);
  EXPECT_THAT(Ask(Request(3, Tlv(0x42, ""))), IsEmpty());
  EXPECT_FALSE(goes_on_);
}

TEST_F(SessionTest, AnswersAProvenAbsenceWithSuccess) {
  const Response done = AskOne(Search(1, Equal("mail", "bob@example.org")));
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.text, HasSubstr("bob@example.org: proven"));
}

TEST_F(SessionTest, HasNoEntryWithoutAUsableCertificate) {
  lookups_.PublishExpired("old@example.org");
  const Response done = AskOne(Search(1, Equal("mail", "old@example.org")));
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.text, HasSubstr("may be used now"));
}

TEST_F(SessionTest, JudgesWhatIsRememberedByTheTimeOfTheQuestion) {
  const std::string ask = Search(1, kAlice);
  EXPECT_THAT(Ask(ask), SizeIs(2));
  // The default of test certificates: they end within a year.
  now_ += 366 * smime::testing::kDayMs;
  EXPECT_THAT(AskOne(ask).text, HasSubstr("may be used now"));
  now_ = FakeLookups::kNow;
  EXPECT_THAT(Ask(ask), SizeIs(2));
}

TEST_F(SessionTest, AnswersTwentyRecipientsInOneLookUp) {
  std::vector<std::string> recipients;
  for (int i = 0; i < 20; ++i) {
    const std::string address = absl::StrCat("a", i, "@example.org");
    lookups_.Publish(address);
    recipients.push_back(Equal("mail", address));
  }
  const std::vector<Response> responses =
      Ask(Search(1, Or(recipients), {.size_limit = 40}));
  ASSERT_THAT(responses, SizeIs(21));
  EXPECT_EQ(responses[19].entry.dn, "mail=a19@example.org");
  EXPECT_EQ(responses[20].code, 0);
  EXPECT_EQ(lookups_.calls, 1);
}

TEST_F(SessionTest, SendsNoEntryWhenOneAddressFails) {
  lookups_.failures["bob@example.org"] =
      keytrans::Refuse(keytrans::RefusalReason::kSignature, "the signature");
  const std::string both = Or({kAlice, Equal("mail", "bob@example.org")});
  Response done = AskOne(Search(1, both));
  EXPECT_EQ(done.code, 80);
  EXPECT_THAT(done.text, HasSubstr("bob@example.org: REFUSED (signature)"));
  lookups_.failures["bob@example.org"] = absl::UnavailableError("not running");
  done = AskOne(Search(1, both));
  EXPECT_EQ(done.code, 52);
  EXPECT_THAT(done.text, HasSubstr("not running"));
  lookups_.failures["bob@example.org"] = absl::ResourceExhaustedError("slow");
  EXPECT_EQ(AskOne(Search(1, both)).code, 51);
}

TEST_F(SessionTest, AsksNobodyAboutKeystrokes) {
  for (const std::string& filter :
       {KeystrokeFilter("alice@example.org"), Within("mail", "alice"),
        Present("objectClass"), Equal("mail", "alice"), Or({})}) {
    EXPECT_EQ(AskOne(Search(1, filter)).code, 0);
  }
  EXPECT_EQ(lookups_.calls, 0);
  EXPECT_THAT(Ask(Search(1, GpgsmFilter("alice@example.org"))), SizeIs(2));
  EXPECT_EQ(lookups_.calls, 1);
}

TEST_F(SessionTest, SaysWhatIsNotLookedUp) {
  const Response done = AskOne(Search(1, Equal("mail", "a@elsewhere.net")));
  EXPECT_EQ(done.code, 32);
  EXPECT_THAT(done.text, HasSubstr("NOT looked up"));
  const std::vector<Response> mixed =
      Ask(Search(1, Or({kAlice, Equal("mail", "a@elsewhere.net"),
                        Equal("mail", std::string("b\0@example.org", 14))})));
  ASSERT_THAT(mixed, SizeIs(2));
  EXPECT_EQ(mixed[1].code, 0);
  EXPECT_THAT(mixed[1].text, HasSubstr("a@elsewhere.net: NOT looked up"));
  EXPECT_THAT(mixed[1].text, HasSubstr("address-"));
}

TEST_F(SessionTest, AnswersWhatIsNoAddressWithAClearError) {
  const Response done =
      AskOne(Search(1, Equal("mail", std::string("a\0@example.org", 14))));
  EXPECT_EQ(done.code, 21);
  EXPECT_THAT(done.text, HasSubstr("address-"));
  EXPECT_THAT(done.text, ::testing::Not(HasSubstr(std::string("\0", 1))));
}

TEST_F(SessionTest, KeepsTheSizeLimit) {
  lookups_.Publish("alice@example.org");
  lookups_.Publish("bob@example.org");
  // Two entries of alice@, one of bob@: the first of each come first.
  const std::vector<Response> responses = Ask(Search(
      1, Or({kAlice, Equal("mail", "bob@example.org")}), {.size_limit = 2}));
  ASSERT_THAT(responses, SizeIs(3));
  EXPECT_EQ(responses[0].entry.dn, "mail=alice@example.org");
  EXPECT_EQ(responses[1].entry.dn, "mail=bob@example.org");
  EXPECT_EQ(responses[2].code, 4);
  EXPECT_THAT(Ask(Search(1, kAlice, {.size_limit = 2})), SizeIs(3));
}

TEST_F(SessionTest, SendsTypesOnlyAndSelectedAttributes) {
  const std::vector<Response> types =
      Ask(Search(1, kAlice, {.types_only = true, .attributes = {"mail"}}));
  ASSERT_THAT(types, SizeIs(2));
  ASSERT_THAT(types[0].entry.attributes, SizeIs(1));
  EXPECT_THAT(types[0].entry.attributes[0].values, IsEmpty());
  EXPECT_THAT(
      Ask(Search(1, kAlice, {.attributes = {"1.1"}}))[0].entry.attributes,
      IsEmpty());
}

TEST_F(SessionTest, TakesAnyBaseAndScope) {
  for (const int scope : {0, 1, 2}) {
    for (const char* base :
         {"", "dc=example,dc=org", "whatever", "o=\xc3\xa4"}) {
      EXPECT_THAT(Ask(Search(1, kAlice, {.base = base, .scope = scope})),
                  SizeIs(2))
          << base;
    }
  }
  EXPECT_EQ(AskOne(Search(1, kAlice, {.base = "o=a\nRESULT"})).code, 34);
}

TEST_F(SessionTest, ShowsItselfAndItsSchema) {
  std::vector<Response> root =
      Ask(Search(1, Present("objectClass"), {.scope = 0, .attributes = {"+"}}));
  ASSERT_THAT(root, SizeIs(2));
  EXPECT_EQ(root[0].entry.dn, "");
  EXPECT_EQ(root[0].entry.attributes[0].values[0], "o=sealbook");
  const std::vector<Response> schema = Ask(Search(
      1, Equal("objectClass", "subschema"),
      {.base = "CN=Subschema", .scope = 0, .attributes = {"objectClasses"}}));
  ASSERT_THAT(schema, SizeIs(2));
  EXPECT_THAT(schema[0].entry.attributes[0].values, SizeIs(4));
  EXPECT_EQ(lookups_.calls, 0);
}

TEST_F(SessionTest, GivesAnIssuerAgainByItsName) {
  const std::string by_name =
      Search(1, Present("objectClass"), {.base = "CN=Issuing", .scope = 0});
  EXPECT_THAT(Ask(by_name), SizeIs(1));
  EXPECT_THAT(Ask(Search(1, kAlice)), SizeIs(2));
  const std::vector<Response> responses = Ask(by_name);
  ASSERT_THAT(responses, SizeIs(2));
  EXPECT_EQ(responses[0].entry.dn, "CN=Issuing");
  EXPECT_EQ(responses[0].entry.attributes[1].name, "cACertificate;binary");
  EXPECT_THAT(responses[0].entry.attributes[1].values,
              ElementsAre(lookups_.issuing().der()));
  EXPECT_EQ(lookups_.calls, 1);
}

TEST_F(SessionTest, KnowsControlsThatMayBeIgnored) {
  const std::string paged = "1.2.840.113556.1.4.319";
  EXPECT_THAT(Ask(Search(1, kAlice, {.controls = ControlOf(paged, false)})),
              SizeIs(2));
  const Response done =
      AskOne(Search(1, kAlice, {.controls = ControlOf(paged, true)}));
  EXPECT_EQ(done.code, 12);
  EXPECT_THAT(done.text, HasSubstr(paged));
  EXPECT_EQ(AskOne(Request(1, Tlv(0x77, Tlv(0x80, kWhoAmIOid)),
                           ControlOf(paged, true)))
                .code,
            12);
}

TEST_F(SessionTest, BindsAnonymouslyOnly) {
  EXPECT_EQ(AskOne(Bind(1, 3, "", "")).code, 0);
  EXPECT_EQ(AskOne(Bind(1, 2, "", "")).code, 2);
  EXPECT_EQ(AskOne(Bind(1, 3, "cn=admin", "")).code, 53);
  EXPECT_EQ(AskOne(Bind(1, 3, "cn=admin", "secret")).code, 49);
  const Response sasl =
      AskOne(Request(1, Tlv(0x60, Tlv(0x02, "\x03") + Tlv(0x04, "") +
                                      Tlv(0xa3, Tlv(0x04, "EXTERNAL")))));
  EXPECT_EQ(sasl.tag, kBindResponseTag);
  EXPECT_EQ(sasl.code, 7);
  // None of which ends anything.
  EXPECT_THAT(Ask(Search(2, kAlice)), SizeIs(2));
}

TEST_F(SessionTest, AnswersExtendedOperations) {
  const Response nobody = AskOne(Request(1, Tlv(0x77, Tlv(0x80, kWhoAmIOid))));
  EXPECT_EQ(nobody.code, 0);
  EXPECT_EQ(nobody.extra, ";");
  const Response start_tls =
      AskOne(Request(1, Tlv(0x77, Tlv(0x80, "1.3.6.1.4.1.1466.20037"))));
  EXPECT_EQ(start_tls.code, 2);
  EXPECT_TRUE(goes_on_);
}

TEST_F(SessionTest, ChangesNothing) {
  const Response response = AskOne(Request(1, Tlv(0x4a, "cn=x")));
  EXPECT_EQ(response.tag, 0x6bu);
  EXPECT_EQ(response.code, 53);
  EXPECT_THAT(Ask(Request(1, Tlv(0x50, "\x01"))), IsEmpty());
  EXPECT_TRUE(goes_on_);
}

TEST_F(SessionTest, EndsWithANoticeWhenItUnderstandsNothing) {
  const Response notice = AskOne("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(notice.id, 0);
  EXPECT_EQ(notice.code, 2);
  EXPECT_EQ(notice.extra, "1.3.6.1.4.1.1466.20036;");
  EXPECT_FALSE(goes_on_);
}

TEST_F(SessionTest, EndsWhenNothingCanBeSent) {
  EXPECT_FALSE(session_.Answer(Search(1, kAlice), [](absl::string_view) {
    return absl::UnavailableError("closed");
  }));
}

TEST_F(SessionTest, HandsItsTimeLimitOn) {
  (void)Ask(Search(1, kAlice, {.time_limit_s = 2}));
  EXPECT_LE(lookups_.last_patience.load(), std::chrono::seconds(2));
  (void)Ask(Search(1, kAlice));
  EXPECT_GT(lookups_.last_patience.load(), std::chrono::seconds(10));
  EXPECT_LE(lookups_.last_patience.load(), std::chrono::seconds(15));
}

}  // namespace
}  // namespace sealbook::client::ldap

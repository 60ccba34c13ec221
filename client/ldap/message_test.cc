#include "client/ldap/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <variant>

#include "client/ldap/testing/requests.h"

namespace sealbook::client::ldap {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kFilter = Equal("mail", "alice@example.org");

RefusedRequest Refused(const std::string& bytes) {
  return std::get<RefusedRequest>(ParseMessage(bytes)->operation);
}

TEST(MessageTest, ReadsASearch) {
  const Message message = *ParseMessage(Search(
      7, kFilter,
      {.base = "o=x",
       .scope = 1,
       .size_limit = 2,
       .time_limit_s = 3,
       .types_only = true,
       .attributes = {"usercertificate;binary"},
       .controls = ControlOf("1.2.3", true) + ControlOf("1.2.4", false)}));
  EXPECT_EQ(message.id, 7);
  const auto& search = std::get<SearchRequest>(message.operation);
  EXPECT_EQ(search.base, "o=x");
  EXPECT_EQ(search.scope, Scope::kOneLevel);
  EXPECT_EQ(search.size_limit, 2u);
  EXPECT_EQ(search.time_limit_s, 3u);
  EXPECT_TRUE(search.types_only);
  EXPECT_EQ(search.filter.value, "alice@example.org");
  EXPECT_THAT(search.attributes, ElementsAre("usercertificate;binary"));
  ASSERT_EQ(message.controls.size(), 2u);
  EXPECT_EQ(message.controls[0].oid, "1.2.3");
  EXPECT_TRUE(message.controls[0].critical);
  EXPECT_FALSE(message.controls[1].critical);
}

TEST(MessageTest, ReadsABind) {
  const auto bind = std::get<BindRequest>(
      ParseMessage(Bind(1, 3, "cn=x", "secret"))->operation);
  EXPECT_EQ(bind.version, 3);
  EXPECT_EQ(bind.name, "cn=x");
  EXPECT_TRUE(bind.simple);
  EXPECT_TRUE(bind.has_password);
  const std::string sasl =
      Request(1, Tlv(0x60, Tlv(0x02, "\x03") + Tlv(0x04, "") +
                               Tlv(0xa3, Tlv(0x04, "PLAIN"))));
  EXPECT_FALSE(std::get<BindRequest>(ParseMessage(sasl)->operation).simple);
}

TEST(MessageTest, ReadsTheOthers) {
  EXPECT_TRUE(std::holds_alternative<UnbindRequest>(
      ParseMessage(Request(1, Tlv(0x42, "")))->operation));
  EXPECT_TRUE(std::holds_alternative<AbandonRequest>(
      ParseMessage(Request(1, Tlv(0x50, "\x01")))->operation));
  EXPECT_EQ(
      std::get<ExtendedRequest>(
          ParseMessage(Request(1, Tlv(0x77, Tlv(0x80, "1.2"))))->operation)
          .oid,
      "1.2");
  for (const auto& [request, response] : {std::pair{0x66, 0x67},
                                          {0x68, 0x69},
                                          {0x4a, 0x6b},
                                          {0x6c, 0x6d},
                                          {0x6e, 0x6f}}) {
    const RefusedRequest refused =
        Refused(Request(1, Tlv(static_cast<uint8_t>(request), "")));
    EXPECT_EQ(refused.response_tag, static_cast<BerTag>(response));
    EXPECT_EQ(refused.result.code, ResultCode::kUnwillingToPerform);
  }
}

TEST(MessageTest, RefusesASearchThatIsMalformedInside) {
  for (const std::string& bytes :
       {Search(1, "\xa3\x01x"), Search(1, ""), Search(1, kFilter, {.scope = 3}),
        Search(1, kFilter, {.size_limit = -1}),
        Search(1, kFilter, {.controls = "\x30\x01\x01"}),
        Request(1, Tlv(0x63, ""))}) {
    const RefusedRequest refused = Refused(bytes);
    EXPECT_EQ(refused.response_tag, kSearchDoneTag);
    EXPECT_EQ(refused.result.code, ResultCode::kProtocolError);
    EXPECT_NE(refused.result.text, "");
  }
}

TEST(MessageTest, RefusesASearchBeyondTheLimits) {
  std::string deep = kFilter;
  for (int i = 0; i < 10000; ++i) deep = Not(deep);
  for (const std::string& bytes :
       {Search(1, deep), Search(1, kFilter, {.base = std::string(9000, 'x')}),
        Search(1, kFilter, {.attributes = std::vector<std::string>(201, "cn")}),
        Search(1, kFilter, {.controls = [] {
                 std::string all;
                 for (int i = 0; i < 201; ++i) all += ControlOf("1.2", false);
                 return all;
               }()})}) {
    EXPECT_EQ(Refused(bytes).result.code, ResultCode::kAdminLimitExceeded);
  }
}

TEST(MessageTest, CannotAnswerWhatHasNoIdOrNoKnownOperation) {
  const std::string unbind = Tlv(0x42, "");
  for (const std::string& bytes :
       {Tlv(0x30, ""), Tlv(0x30, "\x02\x01\x01"), Request(0, unbind),
        Request(-1, unbind), Tlv(0x30, Tlv(0x02, "12345") + unbind),
        Request(1, Tlv(0x7f, "\x01x")), Request(1, Tlv(0x65, "")),
        Tlv(0x31, ""), std::string("x")}) {
    EXPECT_EQ(ParseMessage(bytes).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(MessageTest, AnswersALargeRequestByItsStart) {
  const std::string filter = Equal("mail", std::string(1 << 20, 'x'));
  for (const int32_t id : {1, 127, 128, 70000, 2147483647}) {
    const Message message =
        *RefuseByStart(absl::string_view(Search(id, filter)).substr(0, 32),
                       {ResultCode::kAdminLimitExceeded, "large"});
    EXPECT_EQ(message.id, id);
    const auto& refused = std::get<RefusedRequest>(message.operation);
    EXPECT_EQ(refused.response_tag, kSearchDoneTag);
    EXPECT_EQ(refused.result.text, "large");
  }
  for (const std::string& start :
       {std::string(), std::string("\x30"), std::string("\x30\x84\x01"),
        std::string("\x30\x02\x02\x7f"), std::string("\x30\x05\x02\x01\x01"),
        std::string("\x30\x05\x02\x01\x01\x50\x00", 7),
        std::string("\x30\x05\x04\x01\x01\x63", 6)}) {
    EXPECT_FALSE(RefuseByStart(start, {}).ok());
  }
}

TEST(MessageTest, WritesWhatClientsRead) {
  const Entry entry{.dn = "mail=a@x",
                    .attributes = {{"mail", {"a@x"}},
                                   {"userCertificate;binary",
                                    {std::string("\0\xff", 2), "two"}}}};
  const std::string bytes =
      *EncodeEntry(5, entry, false) + *EncodeEntry(6, entry, true) +
      *EncodeResult(7, kSearchDoneTag, {ResultCode::kUnavailable, "down"}) +
      *EncodeExtendedValue(8, "") +
      *EncodeDisconnection({ResultCode::kProtocolError, "what"});
  const std::vector<Response> responses = ParseResponses(bytes);
  ASSERT_EQ(responses.size(), 5u);
  EXPECT_EQ(responses[0].id, 5);
  EXPECT_EQ(responses[0].entry, entry);
  EXPECT_EQ(responses[1].entry.attributes[1].name, "userCertificate;binary");
  EXPECT_TRUE(responses[1].entry.attributes[1].values.empty());
  EXPECT_EQ(responses[2].tag, kSearchDoneTag);
  EXPECT_EQ(responses[2].code, 52);
  EXPECT_EQ(responses[2].text, "down");
  EXPECT_EQ(responses[3].extra, ";");
  EXPECT_EQ(responses[4].id, 0);
  EXPECT_EQ(responses[4].extra, "1.3.6.1.4.1.1466.20036;");
}

TEST(MessageTest, ReadsAnyBytesWithoutHarm) {
  std::mt19937 random(1);
  const std::string whole =
      Search(3, And({kFilter, Or({Within("cn", "x"), Not(Present("sn"))})}),
             {.attributes = {"cn"}, .controls = ControlOf("1.2", true)});
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = whole;
    for (int edits = 1 + i % 3; edits > 0; --edits) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(bytes.size() - random() % 3);
    const absl::StatusOr<Message> message = ParseMessage(bytes);
    if (message.ok()) {
      EXPECT_GE(message->id, 1) << i;
    }
  }
}

}  // namespace
}  // namespace sealbook::client::ldap

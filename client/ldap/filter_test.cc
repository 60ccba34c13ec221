#include "client/ldap/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/ldap/testing/requests.h"

namespace sealbook::client::ldap {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Filter> Parse(const std::string& bytes) {
  BerReader reader(bytes);
  return ParseFilter(*reader.Read());
}

TEST(FilterTest, ReadsEveryKind) {
  const Filter filter = *Parse(
      And({Or({Equal("mail", "a@x"), Present("cn")}), Not(Within("sn", "b")),
           Tlv(0xa5, "?"), Tlv(0xa6, "?"), Tlv(0xa8, "?"), Tlv(0xa9, "?")}));
  ASSERT_EQ(filter.kind, Filter::Kind::kAnd);
  ASSERT_EQ(filter.parts.size(), 6u);
  EXPECT_EQ(filter.parts[0].kind, Filter::Kind::kOr);
  EXPECT_EQ(filter.parts[0].parts[0].attribute, "mail");
  EXPECT_EQ(filter.parts[0].parts[0].value, "a@x");
  EXPECT_EQ(filter.parts[0].parts[1].kind, Filter::Kind::kPresent);
  EXPECT_EQ(filter.parts[1].kind, Filter::Kind::kNot);
  EXPECT_TRUE(filter.parts[1].parts[0].within);
  EXPECT_EQ(filter.parts[1].parts[0].value, "b");
  EXPECT_EQ(filter.parts[5].kind, Filter::Kind::kOther);
}

TEST(FilterTest, TellsSubstringsApart) {
  const auto substrings = [](const std::string& pieces) {
    return Parse(Tlv(0xa4, Tlv(0x04, "mail") + Tlv(0x30, pieces)));
  };
  EXPECT_TRUE(substrings(Tlv(0x81, "a"))->within);
  EXPECT_FALSE(substrings(Tlv(0x80, "a"))->within);
  EXPECT_FALSE(substrings(Tlv(0x82, "a"))->within);
  EXPECT_FALSE(substrings(Tlv(0x81, "a") + Tlv(0x81, "b"))->within);
  EXPECT_FALSE(substrings("").ok());
}

TEST(FilterTest, KeepsEveryByteOfAValue) {
  const std::string value("a\0*)(\\\xff", 7);
  EXPECT_EQ(Parse(Equal("mail", value))->value, value);
}

TEST(FilterTest, RefusesWhatIsNoFilter) {
  for (const std::string& bytes :
       {Tlv(0xa3, ""), Tlv(0xa3, Tlv(0x04, "mail")), Tlv(0xa4, Tlv(0x04, "m")),
        Not(""), Not(Present("a") + Present("b")), Or({"\x04"}), Tlv(0xaf, "x"),
        Tlv(0x30, "x")}) {
    EXPECT_EQ(Parse(bytes).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(Parse(Tlv(0xaf, "")).status().message(), HasSubstr("0xaf"));
}

TEST(FilterTest, StopsAtItsDepth) {
  const auto nested = [](int depth) {
    std::string filter = Present("cn");
    for (int i = 1; i < depth; ++i) filter = Not(filter);
    return Parse(filter);
  };
  EXPECT_TRUE(nested(kMaxFilterDepth).ok());
  for (const int depth : {kMaxFilterDepth + 1, 10000}) {
    const absl::Status status = nested(depth).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << depth;
    EXPECT_THAT(status.message(), HasSubstr("16 deep"));
  }
}

TEST(FilterTest, StopsAtItsNumberOfParts) {
  const auto wide = [](size_t parts) {
    return Parse(Or(std::vector<std::string>(parts, Present("cn"))));
  };
  EXPECT_TRUE(wide(kMaxFilterParts - 1).ok());
  EXPECT_EQ(wide(kMaxFilterParts).status().code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace sealbook::client::ldap

#include "client/ldap/ber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/ldap/testing/requests.h"

namespace sealbook::client::ldap {
namespace {

using ::testing::HasSubstr;

std::string Bytes(absl::string_view bytes) { return std::string(bytes); }

TEST(BerTest, ReadsWhatItWrites) {
  BerWriter writer;
  writer.Begin().AddInt(-129).AddString("text").End().AddString("", 0x80);
  const std::string bytes = *writer.Finish();
  BerReader reader(bytes);
  BerReader inner(*reader.Read(kBerSequence));
  EXPECT_EQ(*inner.ReadInt(), -129);
  EXPECT_FALSE(inner.AtEnd());
  EXPECT_EQ(*inner.Read(kBerString), "text");
  EXPECT_TRUE(inner.AtEnd());
  EXPECT_EQ(*reader.Read(0x80), "");
  EXPECT_TRUE(reader.AtEnd());
}

TEST(BerTest, WritesShortestLengths) {
  for (const size_t size : {0, 127, 128, 255, 256, 70000}) {
    BerWriter writer;
    writer.Begin().AddString(std::string(size, 'x')).End();
    const std::string bytes = *writer.Finish();
    const size_t header = size < 128     ? 2
                          : size < 256   ? 3
                          : size < 65536 ? 4
                                         : 5;
    const size_t inner = header + size;
    const size_t outer = inner < 128     ? 2
                         : inner < 256   ? 3
                         : inner < 65536 ? 4
                                         : 5;
    EXPECT_EQ(bytes.size(), outer + inner) << size;
  }
}

TEST(BerTest, RefusesWhatIsNotWhole) {
  for (const std::string& bytes :
       {Bytes(""), Bytes("\x04"), Bytes("\x04\x02x"), Bytes("\x04\x82\x01"),
        Bytes("\x1f\x81"), std::string("\x30\x80\x00\x00", 4),
        Bytes("\x04\x89\x01\x01\x01\x01\x01\x01\x01\x01\x01"),
        Bytes("\x04\xff\xff")}) {
    BerReader reader(bytes);
    EXPECT_EQ(reader.Read().status().code(), absl::StatusCode::kInvalidArgument)
        << bytes.size();
  }
}

TEST(BerTest, KeepsAnElementWithinItsSequence) {
  // The string says that it has five bytes; the sequence has one of them.
  const std::string bytes = Bytes("\x30\x03\x04\x05x") + "yyyy";
  BerReader reader(bytes);
  BerReader inner(*reader.Read(kBerSequence));
  EXPECT_FALSE(inner.Read().ok());
}

TEST(BerTest, RefusesAnotherTagAndOtherSizes) {
  const std::string tlv = Tlv(0x04, "x");
  EXPECT_THAT(BerReader(tlv).ReadInt().status().message(),
              HasSubstr("0x04, expected 0x02"));
  EXPECT_FALSE(DecodeBerInt("").ok());
  EXPECT_FALSE(DecodeBerInt("12345").ok());
  EXPECT_EQ(*DecodeBerInt(absl::string_view("\x7f\xff\xff\xff", 4)),
            2147483647);
  const std::string wide = Tlv(0x01, "xx");
  EXPECT_FALSE(BerReader(wide).ReadBool().ok());
}

TEST(BerTest, KnowsAMessagesSizeFromItsStart) {
  EXPECT_EQ(*BerMessageSize(""), 0u);
  EXPECT_EQ(*BerMessageSize("\x30"), 0u);
  EXPECT_EQ(*BerMessageSize("\x30\x05"), 7u);
  EXPECT_EQ(*BerMessageSize("\x30\x82\x01"), 0u);
  EXPECT_EQ(*BerMessageSize(absl::string_view("\x30\x82\x01\x00", 4)), 260u);
  EXPECT_EQ(*BerMessageSize("\x30\x84\xff\xff\xff\xff"), 4294967301u);
  for (const absl::string_view start :
       {absl::string_view("GET / HTTP/1.1"), absl::string_view("\x16\x03\x01"),
        absl::string_view("\x30\x80"), absl::string_view("\x30\x85\x01"),
        absl::string_view("\x00", 1)}) {
    EXPECT_EQ(BerMessageSize(start).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace sealbook::client::ldap

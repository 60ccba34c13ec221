#include "keytrans/tls_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

TEST(TlsReaderTest, ReadsWhatTlsWriterWrites) {
  TlsWriter writer;
  writer.U8(1);
  writer.U16(0x0203);
  writer.U32(0x04050607);
  writer.U64(0x08090a0b0c0d0e0f);
  writer.Opaque("ab", 1);
  writer.Opaque("cde", 2);
  writer.Opaque("", 4);
  std::string bytes = writer.Take();
  EXPECT_EQ(bytes,
            std::string("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
                        "\x0e\x0f\x02"
                        "ab\x00\x03"
                        "cde\x00\x00\x00\x00",
                        27));
  TlsReader reader(bytes);
  EXPECT_EQ(reader.U8(), 1);
  EXPECT_EQ(reader.U16(), 0x0203);
  EXPECT_EQ(reader.U32(), 0x04050607u);
  EXPECT_EQ(reader.U64(), 0x08090a0b0c0d0e0fu);
  EXPECT_EQ(reader.Opaque(1), "ab");
  EXPECT_EQ(reader.Opaque(2), "cde");
  EXPECT_EQ(reader.Opaque(4), "");
  EXPECT_EQ(reader.Finish("Thing"), absl::OkStatus());
}

TEST(TlsWriterTest, KeepsItsFirstFailure) {
  TlsWriter writer;
  writer.Opaque(std::string(255, 'a'), 1, "short");
  writer.Opaque(std::string(256, 'a'), 1, "first");
  writer.Opaque(std::string(65536, 'a'), 2, "second");
  absl::Status status = writer.Finish("Thing").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(),
              HasSubstr("Thing: first has 256 elements, the draft allows 255"));
}

TEST(TlsWriterDeathTest, GivesNoBytesAfterAFailure) {
  TlsWriter writer;
  writer.Opaque(std::string(256, 'a'), 1);
  EXPECT_DEATH(writer.Take(), "longer than its ceiling");
}

TEST(TlsReaderTest, RefusesTruncatedInput) {
  TlsReader reader(absl::string_view("\x00\x01", 2));
  reader.U32();
  absl::Status status = reader.Finish("Thing");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("Thing is malformed at byte 0"));
  EXPECT_THAT(status.message(), HasSubstr("needs 4 bytes, 2 are left"));
}

TEST(TlsReaderTest, RefusesTrailingBytes) {
  TlsReader reader("ab");
  reader.U8();
  EXPECT_THAT(reader.Finish("Thing").message(), HasSubstr("1 trailing bytes"));
}

TEST(TlsReaderTest, RefusesPresenceOctetsOtherThanZeroAndOne) {
  for (int octet = 0; octet < 256; ++octet) {
    std::string bytes(1, static_cast<char>(octet));
    TlsReader reader(bytes);
    EXPECT_EQ(reader.Present(), octet == 1);
    EXPECT_EQ(reader.Finish("Thing").ok(), octet <= 1) << octet;
  }
}

TEST(TlsReaderTest, RefusesCountsThatTheInputCannotHold) {
  TlsReader reader(absl::string_view("\xff\xff\xff\xff....", 8));
  EXPECT_EQ(reader.Count(4, 32), 0u);
  EXPECT_THAT(reader.Finish("Thing").message(),
              HasSubstr("says 4294967295 elements"));
}

TEST(TlsReaderTest, KeepsItsFirstFailure) {
  TlsReader reader("");
  reader.Fail("first");
  reader.Fail("second");
  EXPECT_EQ(reader.U64(), 0u);
  EXPECT_THAT(reader.Finish("Thing").message(), HasSubstr("first"));
}

}  // namespace
}  // namespace sealbook::keytrans

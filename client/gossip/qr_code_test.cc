#include "client/gossip/qr_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace sealbook::client {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A finder pattern is at three corners (ISO/IEC 18004, 6.3.3).
bool IsFinder(const QrCode& code, size_t top, size_t left) {
  for (size_t row = 0; row < 7; ++row) {
    for (size_t column = 0; column < 7; ++column) {
      const bool ring = row == 0 || row == 6 || column == 0 || column == 6;
      const bool heart = row >= 2 && row <= 4 && column >= 2 && column <= 4;
      if (code.dark(top + row, left + column) != (ring || heart)) return false;
    }
  }
  return true;
}

TEST(QrCodeTest, MakesTheSmallestCode) {
  // Version 1-L holds 25 such characters, or 17 others.
  auto code = QrCode::Make("SEALBOOK-HEADS-1/ABCDEFGH");
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(code->width(), 21u);
  EXPECT_TRUE(IsFinder(*code, 0, 0));
  EXPECT_TRUE(IsFinder(*code, 0, 14));
  EXPECT_TRUE(IsFinder(*code, 14, 0));
  EXPECT_FALSE(IsFinder(*code, 14, 14));
  EXPECT_EQ(QrCode::Make("sealbook-heads-1/abcdefgh")->width(), 25u);
  EXPECT_EQ(QrCode::Make(std::string(4296, 'A'))->width(), 177u);
}

TEST(QrCodeTest, RefusesWhatNoCodeHolds) {
  EXPECT_EQ(QrCode::Make(std::string(4297, 'A')).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(QrCode::Make("").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(QrCodeTest, IsDarkOnLightInATerminal) {
  const std::string lines = QrCode::Make("A")->ForTerminal();
  EXPECT_THAT(lines,
              StartsWith("\x1b[30;107m" + std::string(29, ' ') + "\x1b[0m\n"));
  EXPECT_THAT(lines, HasSubstr("\x1b[30;107m    █▀▀▀▀▀█"));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 15);
}

TEST(QrCodeTest, MakesPictures) {
  const QrCode code = *QrCode::Make("A");
  const std::string svg = code.ToSvg();
  EXPECT_THAT(svg, HasSubstr("viewBox=\"0 0 29 29\""));
  EXPECT_THAT(svg, HasSubstr("M4 4h7v1H4z"));
  EXPECT_THAT(svg, EndsWith("</svg>\n"));
  const std::string png = code.ToPng();
  // 232 pixels a side, one bit each.
  EXPECT_THAT(png, StartsWith(std::string(
                       "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\xe8\0\0\0\xe8"
                       "\x01\0\0\0\0",
                       29)));
  EXPECT_THAT(png, EndsWith(std::string("\0\0\0\0IEND\xae\x42\x60\x82", 12)));
}

}  // namespace
}  // namespace sealbook::client

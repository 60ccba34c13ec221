#include "client/gossip/heads_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "client/gossip/qr_code.h"
#include "crypto/hash.h"

namespace sealbook::client {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

HeadsText Example(size_t count = 3) {
  HeadsText text{.log = crypto::Sha256("log"), .heads = {}};
  for (size_t i = 0; i < count; ++i) {
    text.heads.push_back({.position = (uint64_t{1} << (i % 40)) + i,
                          .timestamp = 1'767'225'600'000 + 86'400'000 * i,
                          .root = crypto::Sha256(std::to_string(i))});
  }
  std::sort(text.heads.begin(), text.heads.end(),
            [](const LogHead& a, const LogHead& b) {
              return a.position < b.position;
            });
  for (size_t i = 0; i < count; ++i) text.heads[i].timestamp = 1000 + i;
  return text;
}

void ExpectRefused(const std::string& text, const std::string& word,
                   absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
  const auto parsed = ParseHeadsText(text);
  EXPECT_EQ(parsed.status().code(), code) << text;
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(word));
}

// The text of bytes whose checksum fits.
std::string TextOfBytes(const std::string& bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const std::string all = bytes + crypto::Sha256(bytes).ToString().substr(0, 4);
  std::string bits;
  for (const unsigned char byte : all) {
    for (int i = 7; i >= 0; --i) bits += (byte >> i & 1) != 0 ? '1' : '0';
  }
  while (bits.size() % 5 != 0) bits += '0';
  std::string text = "SEALBOOK-HEADS-1/";
  for (size_t i = 0; i < bits.size(); i += 5) {
    text += kDigits[std::stoi(bits.substr(i, 5), nullptr, 2)];
  }
  return text + "/END";
}

TEST(HeadsTextTest, ReadsWhatItWrote) {
  for (size_t count : {1, 2, 3, 4, 5, 10, 255}) {
    const std::string text = EncodeHeadsText(Example(count));
    EXPECT_THAT(text, MatchesRegex("SEALBOOK-HEADS-1/[A-Z2-7]+/END"));
    auto parsed = ParseHeadsText(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, Example(count));
    parsed = ParseHeadsText(WrapHeadsText(text));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, Example(count));
  }
}

TEST(HeadsTextTest, IsTheDocumentedText) {
  const HeadsText text{.log = crypto::Sha256("log"),
                       .heads = {{.position = 7,
                                  .timestamp = 1'767'225'600'000,
                                  .root = crypto::Sha256("root")}}};
  std::string bytes = crypto::Sha256("log").ToString();
  bytes.append("\x01\0\0\0\0\0\0\0\x07", 9);
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(uint64_t{1'767'225'600'000} >> shift);
  }
  bytes += crypto::Sha256("root").ToString();
  EXPECT_EQ(EncodeHeadsText(text), TextOfBytes(bytes));
}

TEST(HeadsTextTest, SurvivesMailAndChat) {
  const std::string lines = WrapHeadsText(EncodeHeadsText(Example()));
  for (const std::string& text :
       {absl::StrReplaceAll(lines, {{"\n", "\r\n> > "}}),
        absl::StrReplaceAll(lines, {{"\n", " "}}),
        absl::StrReplaceAll(lines, {{"\n", "\xe2\x80\x8b\n\xc2\xa0"}}),
        absl::AsciiStrToLower(lines), "Hello Bob,\n\n" + lines + "\nAlice",
        "\xef\xbb\xbf" + lines, lines + "> " + lines}) {
    const auto parsed = ParseHeadsText(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status() << "\n" << text;
    EXPECT_EQ(*parsed, Example());
  }
}

TEST(HeadsTextTest, NoticesEveryChangedCharacter) {
  const std::string text = EncodeHeadsText(Example());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'Q' ? 'R' : 'Q';
    EXPECT_FALSE(ParseHeadsText(changed).ok()) << i;
    changed = text;
    changed.erase(i, 1);
    EXPECT_FALSE(ParseHeadsText(changed).ok()) << i;
    changed = text;
    changed.insert(i, "Q");
    // Before its beginning it is not part of it.
    EXPECT_EQ(ParseHeadsText(changed).ok(), i == 0) << i;
    if (i + 1 < text.size() && text[i] != text[i + 1]) {
      changed = text;
      std::swap(changed[i], changed[i + 1]);
      EXPECT_FALSE(ParseHeadsText(changed).ok()) << i;
    }
  }
}

TEST(HeadsTextTest, SaysWhatIsWrong) {
  const std::string text = EncodeHeadsText(Example());
  ExpectRefused("", "there are no heads in it");
  ExpectRefused("Hello", "there are no heads in it");
  for (size_t size = 15; size < text.size(); ++size) {
    ExpectRefused(text.substr(0, size), "is cut off");
  }
  ExpectRefused(text.substr(0, 30) + "!" + text.substr(30), "contains \"!\"");
  ExpectRefused(text.substr(0, 30) + "0" + text.substr(30), "contains \"0\"");
  ExpectRefused(text.substr(0, 30) + "\xc3\xa9" + text.substr(30),
                "contains \"");
  std::string changed = text;
  changed[100] = changed[100] == 'A' ? 'B' : 'A';
  ExpectRefused(changed, "does not fit its checksum");
  ExpectRefused("SEALBOOK-HEADS-/END", "has no version");
  ExpectRefused("SEALBOOK-HEADS-1//END", "does not fit its checksum");
  ExpectRefused("SEALBOOK-HEADS-1/A/END", "lost characters");
  ExpectRefused(
      text + text.substr(0, 17) + EncodeHeadsText(Example(1)).substr(17),
      "several texts");
  ExpectRefused(absl::StrReplaceAll(text, {{"HEADS-1", "HEADS-2"}}),
                "version 2", absl::StatusCode::kUnimplemented);
  ExpectRefused(std::string(10'000'000, 'A'), "is it the right file");
  // Not quadratic in the number of beginnings.
  std::string many;
  while (many.size() < kMaxHeadsTextBytes - 20) many += "SEALBOOK-HEADS-/END";
  ExpectRefused(many, "has no version");
}

TEST(HeadsTextTest, RefusesHeadsThatNoLogHas) {
  const std::string log = crypto::Sha256("log").ToString();
  const auto head = [](char position, char time) {
    return std::string(7, '\0') + position + std::string(7, '\0') + time +
           crypto::Sha256("root").ToString();
  };
  EXPECT_TRUE(
      ParseHeadsText(TextOfBytes(log + '\x02' + head(1, 5) + head(3, 5))).ok());
  ExpectRefused(TextOfBytes(log + std::string(1, '\0')), "there is no head");
  ExpectRefused(TextOfBytes(log), "HeadsText is malformed");
  ExpectRefused(TextOfBytes(log + '\x02' + head(1, 5)),
                "HeadsText is malformed");
  ExpectRefused(TextOfBytes(log + '\x01' + head(1, 5) + "x"),
                "HeadsText is malformed");
  ExpectRefused(TextOfBytes(log + '\x02' + head(3, 5) + head(3, 6)),
                "not from left to right");
  ExpectRefused(TextOfBytes(log + '\x02' + head(3, 5) + head(4, 4)),
                "not from left to right");
}

// Four heads in a terminal of 80 columns, all ten in any that is a little
// wider.
TEST(HeadsTextTest, FitsAQrCode) {
  EXPECT_EQ(QrCode::Make(EncodeHeadsText(Example(4)))->terminal_width(), 65u);
  EXPECT_EQ(QrCode::Make(EncodeHeadsText(Example(10)))->terminal_width(), 89u);
  EXPECT_TRUE(QrCode::Make(EncodeHeadsText(Example(50))).ok());
  const auto none = QrCode::Make(EncodeHeadsText(Example(255)));
  EXPECT_EQ(none.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(none.status().message()),
              StartsWith("no QR code holds "));
}

}  // namespace
}  // namespace sealbook::client

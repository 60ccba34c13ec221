#include "client/alarms/mime.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/words.h"

namespace sealbook::client {
namespace {

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, "\r\n");
}

// Slow and simple readers of what is encoded.
std::string DecodeSubject(const std::string& encoded) {
  if (!absl::StrContains(encoded, "=?")) return encoded;
  std::string result;
  for (absl::string_view word : absl::StrSplit(encoded, "\r\n ")) {
    EXPECT_TRUE(absl::ConsumePrefix(&word, "=?UTF-8?B?")) << encoded;
    EXPECT_TRUE(absl::ConsumeSuffix(&word, "?=")) << encoded;
    std::string bytes;
    EXPECT_TRUE(absl::Base64Unescape(word, &bytes)) << encoded;
    // No word may cut a character.
    EXPECT_EQ(Printable(bytes), bytes) << encoded;
    result += bytes;
  }
  return result;
}

std::string DecodeQuotedPrintable(const std::string& encoded) {
  const std::string joined =
      absl::StrReplaceAll(encoded, {{"=\r\n", ""}, {"\r\n", "\n"}});
  std::string result;
  for (size_t i = 0; i < joined.size(); ++i) {
    if (joined[i] == '=') {
      result += absl::HexStringToBytes(joined.substr(i + 1, 2));
      i += 2;
    } else {
      result += joined[i];
    }
  }
  return result;
}

// Printable UTF-8 with characters of all sizes.
std::string RandomText(std::mt19937_64& random, size_t characters) {
  const std::vector<std::string> alphabet = {"a",
                                             "Z",
                                             " ",
                                             "=",
                                             "?",
                                             ".",
                                             "From ",
                                             "_",
                                             "\xc3\xa4",
                                             "\xe2\x82\xac",
                                             "\xf0\x9f\x94\x92"};
  std::string text;
  for (size_t i = 0; i < characters; ++i) {
    text += alphabet[random() % alphabet.size()];
  }
  return text;
}

TEST(EncodeSubjectTest, LeavesShortAsciiAsItIs) {
  EXPECT_EQ(EncodeSubject("[sealbook] fork: two trees"),
            "[sealbook] fork: two trees");
}

TEST(EncodeSubjectTest, EncodesWhatIsNotAscii) {
  EXPECT_EQ(EncodeSubject("f\xc3\xbcr dich"), "=?UTF-8?B?ZsO8ciBkaWNo?=");
}

TEST(EncodeSubjectTest, EncodesWhatWouldBeReadAsEncoded) {
  EXPECT_EQ(DecodeSubject(EncodeSubject("=?utf-8?q?x?=")), "=?utf-8?q?x?=");
  EXPECT_NE(EncodeSubject("=?utf-8?q?x?="), "=?utf-8?q?x?=");
}

TEST(EncodeSubjectTest, NeverLetsALineEndThrough) {
  EXPECT_EQ(EncodeSubject("a\r\nBcc: eve"), "=?UTF-8?B?YQ0KQmNjOiBldmU=?=");
}

TEST(EncodeSubjectTest, CutsBytesThatAreNoUtf8Anywhere) {
  const std::string encoded = EncodeSubject(std::string(200, '\x80'));
  for (const std::string& line : Lines(encoded)) EXPECT_LE(line.size(), 67u);
}

TEST(EncodeSubjectTest, RandomTextsReadAsTheyWere) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = RandomText(random, random() % 120);
    const std::string encoded = EncodeSubject(text);
    EXPECT_EQ(DecodeSubject(encoded), text);
    for (const std::string& line : Lines("Subject: " + encoded)) {
      EXPECT_LE(line.size(), 76u) << line;
    }
  }
}

TEST(EncodeQuotedPrintableTest, EscapesWhatMailSystemsChange) {
  EXPECT_EQ(EncodeQuotedPrintable("a=b\n.\n..\nFrom me\nend \n\ttab\n\xc3\xa4"),
            "a=3Db\r\n=2E\r\n=2E.\r\n=46rom me\r\nend=20\r\n=09tab\r\n=C3=A4"
            "\r\n");
}

TEST(EncodeQuotedPrintableTest, EndsWithALineEnd) {
  EXPECT_EQ(EncodeQuotedPrintable(""), "\r\n");
  EXPECT_EQ(EncodeQuotedPrintable("a"), "a\r\n");
  EXPECT_EQ(EncodeQuotedPrintable("a\n"), "a\r\n");
  EXPECT_EQ(EncodeQuotedPrintable("a\n\n"), "a\r\n\r\n");
}

TEST(EncodeQuotedPrintableTest, RandomTextsReadAsTheyWere) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::string> lines;
    for (size_t n = random() % 5; n > 0; --n) {
      lines.push_back(RandomText(random, random() % 200));
    }
    const std::string text = absl::StrJoin(lines, "\n") + "\n";
    const std::string encoded = EncodeQuotedPrintable(text);
    EXPECT_EQ(DecodeQuotedPrintable(encoded), text);
    for (const std::string& line : Lines(encoded)) {
      EXPECT_LE(line.size(), 76u) << line;
      EXPECT_FALSE(absl::StartsWith(line, ".")) << line;
      EXPECT_FALSE(absl::StartsWith(line, "From ")) << line;
      EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
    }
  }
}

}  // namespace
}  // namespace sealbook::client

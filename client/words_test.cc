#include "client/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace sealbook::client {
namespace {

using keytrans::RefusalReason;

TEST(WordsTest, EveryRefusalHasWordsOfItsOwn) {
  std::set<std::string> seen;
  for (int i = 0; i <= static_cast<int>(RefusalReason::kFork); ++i) {
    std::string words(RefusalInWords(static_cast<RefusalReason>(i)));
    EXPECT_THAT(words, ::testing::EndsWith(".")) << i;
    EXPECT_TRUE(seen.insert(words).second) << words;
  }
}

TEST(WordsTest, TellsToCheckTheClockWhenTimesDisagree) {
  for (RefusalReason reason :
       {RefusalReason::kStaleHead, RefusalReason::kFutureHead}) {
    EXPECT_THAT(std::string(RefusalInWords(reason)),
                ::testing::HasSubstr("Check the clock"));
  }
}

TEST(WordsTest, WritesTimesInUtc) {
  EXPECT_EQ(TimeInWords(0), "1970-01-01 00:00:00 UTC");
  EXPECT_EQ(TimeInWords(1767225600999), "2026-01-01 00:00:00 UTC");
}

TEST(WordsTest, RoundsDurationsDown) {
  EXPECT_EQ(DurationInWords(999), "0 s");
  EXPECT_EQ(DurationInWords(119'999), "119 s");
  EXPECT_EQ(DurationInWords(120'000), "2 min");
  EXPECT_EQ(DurationInWords(7'199'000), "119 min");
  EXPECT_EQ(DurationInWords(7'200'000), "2 h");
  EXPECT_EQ(DurationInWords(172'800'000), "2 days");
}

TEST(WordsTest, LetsTextInAnyScriptThrough) {
  std::string text = "Gr\u00fc\u00dfe \u4f60\u597d \U0001f600 a\\b \"c\"";
  EXPECT_EQ(Printable(text), text);
}

TEST(WordsTest, EscapesWhatSteersATerminal) {
  EXPECT_EQ(Printable("a\x1b[2Jb\r\n"), "a\\u001b[2Jb\\u000d\\u000a");
  EXPECT_EQ(Printable("\u0085\u009b"), "\\u0085\\u009b");
  EXPECT_EQ(Printable("\u202egpj.exe"), "\\u202egpj.exe");
  EXPECT_EQ(Printable(absl::string_view("\0", 1)), "\\u0000");
}

TEST(WordsTest, EscapesBytesThatAreNoUtf8) {
  EXPECT_EQ(Printable("\xff"), "\\xff");
  // Overlong, surrogate, beyond Unicode, cut off.
  EXPECT_EQ(Printable("\xc0\x80"), "\\xc0\\x80");
  EXPECT_EQ(Printable("\xe0\x80\x80"), "\\xe0\\x80\\x80");
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(Printable("a\xc3"), "a\\xc3");
  EXPECT_EQ(Printable("\xc3g"), "\\xc3g");
}

}  // namespace
}  // namespace sealbook::client

#include "crypto/secret_text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace sealbook::crypto {
namespace {

// One that std::string keeps inside the object, one that it allocates.
const char* const kTexts[] = {"short", "a text that is longer than any buffer"};

TEST(SecretTextTest, WipeZeroesTheUsedAndTheUnusedBytes) {
  for (const char* original : kTexts) {
    std::string text = original;
    size_t capacity = text.capacity();
    text.resize(2);
    Wipe(text);
    EXPECT_TRUE(text.empty());
    ASSERT_EQ(text.capacity(), capacity);
    EXPECT_EQ(std::string(text.data(), capacity), std::string(capacity, '\0'));
  }
}

TEST(SecretTextTest, TakesAStringAndLeavesNothingBehind) {
  for (const char* original : kTexts) {
    std::string text = original;
    SecretText secret(std::move(text));
    EXPECT_EQ(secret.view(), original);
    EXPECT_TRUE(text.empty());  // NOLINT(bugprone-use-after-move)
  }
}

TEST(SecretTextTest, MovingEmptiesTheSource) {
  for (const char* original : kTexts) {
    SecretText first{std::string(original)};
    SecretText second(std::move(first));
    EXPECT_EQ(second.view(), original);
    EXPECT_EQ(first.view(), "");  // NOLINT(bugprone-use-after-move)
    SecretText third("overwritten");
    third = std::move(second);
    EXPECT_EQ(third.view(), original);
    EXPECT_EQ(second.view(), "");  // NOLINT(bugprone-use-after-move)
  }
}

TEST(SecretTextTest, MovingIntoItselfKeepsTheText) {
  SecretText secret("kept");
  SecretText& same = secret;
  secret = std::move(same);
  EXPECT_EQ(secret.view(), "kept");
}

}  // namespace
}  // namespace sealbook::crypto

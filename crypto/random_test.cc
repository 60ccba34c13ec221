#include "crypto/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace sealbook::crypto {
namespace {

class CountingRandom : public RandomSource {
 public:
  absl::Status Fill(uint8_t* data, size_t size) override {
    std::generate_n(data, size, [this] { return next_++; });
    return absl::OkStatus();
  }

 private:
  uint8_t next_ = 0;
};

class BrokenRandom : public RandomSource {
 public:
  absl::Status Fill(uint8_t*, size_t) override {
    return absl::InternalError("no entropy");
  }
};

TEST(RandomTest, OpeningIsWhatTheSourceGives) {
  CountingRandom random;
  EXPECT_EQ(NewOpening(random)->ToHex(), "000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(NewOpening(random)->ToHex(), "101112131415161718191a1b1c1d1e1f");
}

TEST(RandomTest, NoOpeningFromABrokenSource) {
  BrokenRandom random;
  absl::StatusOr<Opening> opening = NewOpening(random);
  EXPECT_EQ(opening.status(), absl::InternalError("no entropy"));
}

TEST(RandomTest, SystemOpeningsDoNotRepeat) {
  std::set<Opening> openings;
  for (int i = 0; i < 1000; ++i) {
    absl::StatusOr<Opening> opening = NewOpening(SystemRandom());
    ASSERT_TRUE(opening.ok()) << opening.status();
    openings.insert(*opening);
  }
  EXPECT_EQ(openings.size(), 1000u);
}

TEST(RandomTest, SystemFillsExactlyTheBytesAskedFor) {
  std::array<uint8_t, 34> bytes;
  std::array<bool, 34> changed{};
  for (int round = 0; round < 20; ++round) {
    bytes.fill(0xa5);
    ASSERT_TRUE(SystemRandom().Fill(bytes.data() + 1, 32).ok());
    for (size_t i = 0; i < bytes.size(); ++i) changed[i] |= bytes[i] != 0xa5;
  }
  EXPECT_FALSE(changed.front());
  EXPECT_FALSE(changed.back());
  EXPECT_EQ(std::count(changed.begin(), changed.end(), true), 32);
  EXPECT_TRUE(SystemRandom().Fill(nullptr, 0).ok());
}

}  // namespace
}  // namespace sealbook::crypto

#include "keytrans/owner_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keytrans/binary_ladder.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

merkle::PrefixQuery Key(uint32_t version, bool exists) {
  merkle::PrefixQuery key;
  key.key = *crypto::VrfOutput::FromBytes(std::string(32, char('a' + version)));
  if (exists) {
    key.commitment =
        *crypto::Commitment::FromBytes(std::string(32, char('A' + version)));
  }
  return key;
}

// Version 2 at entry 7; 3 came in entry 9, 5 in entry 12.
OwnerState Sample() {
  OwnerState owner;
  owner.label = "a@example.org";
  owner.start = 7;
  owner.at_start = 2;
  owner.changes = {{9, 3}, {12, 5}};
  owner.entries = {{9, 3}, {12, 5}};
  for (uint32_t target : {2, 3, 5}) {
    for (uint32_t version : BaseBinaryLadder(target)) {
      owner.keys.emplace(version, Key(version, version <= 5));
    }
  }
  return owner;
}

TEST(OwnerStateTest, KnowsTheGreatestVersionAtEachEntry) {
  const OwnerState owner = Sample();
  EXPECT_EQ(owner.At(7), 2u);
  EXPECT_EQ(owner.At(8), 2u);
  EXPECT_EQ(owner.At(9), 3u);
  EXPECT_EQ(owner.At(11), 3u);
  EXPECT_EQ(owner.At(100), 5u);
  EXPECT_EQ(owner.Greatest(), 5u);
  EXPECT_EQ(owner.GreatestPosition(), 12u);
}

TEST(OwnerStateTest, ForgetsWhatIsLeftOfItsStart) {
  OwnerState owner = Sample();
  owner.entries.clear();
  owner.MoveStart(12);
  EXPECT_EQ(owner.start, 12u);
  EXPECT_EQ(owner.at_start, 5u);
  EXPECT_TRUE(owner.changes.empty());
  EXPECT_EQ(owner.GreatestPosition(), std::nullopt);
  EXPECT_FALSE(owner.keys.contains(2));  // Not in the ladder of 5.
  for (uint32_t version : BaseBinaryLadder(5)) {
    EXPECT_TRUE(owner.keys.contains(version)) << version;
  }
}

TEST(OwnerStateTest, ReadsWhatItWrites) {
  OwnerState none;
  none.label = "b@example.org";
  none.keys.emplace(0, Key(0, false));
  for (const OwnerState& owner : {Sample(), none}) {
    auto bytes = owner.Encode();
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    auto read = OwnerState::Parse(*bytes);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, owner);
    for (size_t size = 0; size < bytes->size(); ++size) {
      EXPECT_FALSE(OwnerState::Parse(bytes->substr(0, size)).ok()) << size;
    }
  }
}

TEST(OwnerStateTest, RefusesWhatNoOwnerHas) {
  auto refusal = [](const OwnerState& owner) {
    return std::string(OwnerState::Parse(*owner.Encode()).status().message());
  };
  OwnerState owner = Sample();
  owner.keys.erase(4);
  EXPECT_THAT(refusal(owner), HasSubstr("lacks the key of version 4"));
  owner = Sample();
  owner.keys.erase(7);  // In the ladder of 5, but does not exist.
  EXPECT_THAT(refusal(owner), HasSubstr("lacks the key of version 7"));
  owner = Sample();
  owner.keys.at(3).commitment.reset();
  EXPECT_THAT(refusal(owner), HasSubstr("lacks the key of version 3"));
  owner = Sample();
  owner.changes = {{12, 5}, {9, 3}};
  EXPECT_THAT(refusal(owner), HasSubstr("do not ascend"));
  owner = Sample();
  owner.start = 9;
  EXPECT_THAT(refusal(owner), HasSubstr("a change before start"));
  owner = Sample();
  owner.at_start = 3;
  EXPECT_THAT(refusal(owner), HasSubstr("versions that fall"));
}

TEST(OwnerStateTest, RefusesOtherFormats) {
  std::string bytes = *Sample().Encode();
  bytes[0] = 2;
  EXPECT_THAT(std::string(OwnerState::Parse(bytes).status().message()),
              HasSubstr("OwnerState has format 2, this version reads 1"));
}

TEST(OwnerStateTest, ReadsTheKeysThatItWrites) {
  const LadderKeys keys = Sample().keys;
  const std::string bytes = *EncodeLadderKeys(keys);
  EXPECT_EQ(*ParseLadderKeys(bytes), keys);
  EXPECT_THAT(std::string(ParseLadderKeys(bytes + '\0').status().message()),
              HasSubstr("LadderKeys is malformed: 1 trailing bytes"));
}

TEST(OwnerStateTest, RefusesKeysThatDoNotAscend) {
  const std::string one = EncodeLadderKeys({{1, Key(1, false)}})->substr(2);
  const std::string two = EncodeLadderKeys({{2, Key(2, false)}})->substr(2);
  const std::string count("\0\x02", 2);
  EXPECT_TRUE(ParseLadderKeys(count + one + two).ok());
  for (const std::string& bytes : {count + two + one, count + one + one}) {
    EXPECT_THAT(std::string(ParseLadderKeys(bytes).status().message()),
                HasSubstr("keys do not ascend"));
  }
}

}  // namespace
}  // namespace sealbook::keytrans

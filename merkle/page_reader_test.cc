#include "merkle/page_reader.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::merkle {
namespace {

using crypto::VrfOutput;
using ::testing::HasSubstr;

PrefixLeaf LeafOf(uint8_t first_byte, uint8_t second_byte) {
  PrefixLeaf leaf;
  leaf.vrf_output.data()[0] = first_byte;
  leaf.vrf_output.data()[1] = second_byte;
  return leaf;
}

std::shared_ptr<const Page> OneLeafPage(const PrefixLeaf& leaf) {
  PageWriter writer;
  writer.AddLeaf(leaf);
  return *Page::Decode(writer.Finish());
}

std::shared_ptr<const Page> TwoLeafPage(const PrefixLeaf& left,
                                        const PrefixLeaf& right) {
  PageWriter writer;
  writer.AddParent();
  writer.AddLeaf(left);
  writer.AddLeaf(right);
  return *Page::Decode(writer.Finish());
}

// A link that leads to `page` at `depth` on the path of key ab cd 00 ...
PageLink LinkTo(const Page& page, size_t depth) {
  return {.id = {7, 33},
          .hash = page.hash(),
          .depth = depth,
          .path = LeafOf(0xab, 0xcd).vrf_output};
}

void ExpectDataLoss(const absl::Status& status, const std::string& word) {
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("prefix page 7/33"));
  EXPECT_THAT(std::string(status.message()), HasSubstr(word));
}

TEST(CheckPageTest, AcceptsLeavesOnTheirPaths) {
  const auto page = TwoLeafPage(LeafOf(0xab, 0x70), LeafOf(0xab, 0x80));
  EXPECT_TRUE(CheckPage(*page, LinkTo(*page, 8)).ok());
}

TEST(CheckPageTest, AcceptsASingleLeafAsTheWholeTree) {
  const auto page = OneLeafPage(LeafOf(0x12, 0x34));
  EXPECT_TRUE(CheckPage(*page, LinkTo(*page, 0)).ok());
}

TEST(CheckPageTest, RefusesAnotherHash) {
  const auto page = TwoLeafPage(LeafOf(0xab, 0x70), LeafOf(0xab, 0x80));
  PageLink link = LinkTo(*page, 8);
  link.hash.data()[0] ^= 1;
  ExpectDataLoss(CheckPage(*page, link), link.hash.ToHex());
}

TEST(CheckPageTest, RefusesALeafOnAnotherPathThanThePage) {
  const auto page = TwoLeafPage(LeafOf(0xaa, 0x70), LeafOf(0xab, 0x80));
  ExpectDataLoss(CheckPage(*page, LinkTo(*page, 8)), "off its search key");
}

TEST(CheckPageTest, RefusesALeafAtAnotherPlaceThanItsKeySays) {
  const auto page = TwoLeafPage(LeafOf(0xab, 0x80), LeafOf(0xab, 0x90));
  ExpectDataLoss(CheckPage(*page, LinkTo(*page, 8)), "off its search key");
}

TEST(CheckPageTest, RefusesASingleLeafBelowTheTreesRoot) {
  const auto page = OneLeafPage(LeafOf(0xab, 0xcd));
  ExpectDataLoss(CheckPage(*page, LinkTo(*page, 8)), "single leaf");
}

TEST(CheckPageTest, RefusesAPageDeeperThanASearchKey) {
  const auto page = TwoLeafPage(LeafOf(0xab, 0x70), LeafOf(0xab, 0x80));
  ExpectDataLoss(CheckPage(*page, LinkTo(*page, 256)), "deeper");
}

TEST(CheckPageTest, RefusesALeafDeeperThanADepthOctetGoes) {
  // Both leaves at level 4 of a page at depth 252: depth 256.
  PageWriter writer;
  for (int i = 0; i < 4; ++i) writer.AddParent();
  PrefixLeaf left = LeafOf(0xab, 0xcd);
  PrefixLeaf right = left;
  right.vrf_output.data()[31] = 1;
  writer.AddLeaf(left);
  writer.AddLeaf(right);
  for (int i = 0; i < 3; ++i) writer.AddEmpty();
  const auto page = *Page::Decode(writer.Finish());
  ExpectDataLoss(CheckPage(*page, LinkTo(*page, 252)), "too deep");
}

}  // namespace
}  // namespace sealbook::merkle

#include "merkle/page.h"

#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "crypto/hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::merkle {
namespace {

using crypto::Hash;
using ::testing::HasSubstr;

PrefixLeaf LeafOf(uint8_t first_byte) {
  PrefixLeaf leaf;
  leaf.vrf_output.data()[0] = first_byte;
  leaf.commitment.data()[31] = first_byte;
  return leaf;
}

Hash HashOf(absl::string_view text) { return crypto::Sha256(text); }

// A page with these nodes, and the check of these ids.
std::string Frame(const std::string& nodes, const std::string& ids = "") {
  std::string page = "\x01" + nodes;
  if (!ids.empty()) page += crypto::Sha256(ids).ToString().substr(0, 4);
  return page;
}

const std::string& EmptyNode() {
  static const std::string node(1, '\0');
  return node;
}

std::string LeafNode(uint8_t first_byte) {
  const PrefixLeaf leaf = LeafOf(first_byte);
  return "\x01" + leaf.vrf_output.ToString() + leaf.commitment.ToString();
}

std::string ParentNode(const std::string& left, const std::string& right) {
  return "\x02" + left + right;
}

std::string ReferenceNode(const std::string& id) {
  return "\x03" + id + HashOf("page").ToString();
}

// Three single-child parents above two nodes at level 4.
std::string AtLevelFour(const std::string& left, const std::string& right) {
  std::string node = ParentNode(left, right);
  for (int i = 0; i < 3; ++i) node = ParentNode(node, EmptyNode());
  return node;
}

// Page 5/0x21 beside a leaf, both at level 4.
std::string GoodPage() {
  return Frame(AtLevelFour(ReferenceNode("\x05\x21"), LeafNode(0x10)),
               "\x05\x21");
}

// The same with another id.
std::string PageWithId(const std::string& id) {
  return Frame(AtLevelFour(ReferenceNode(id), LeafNode(0x10)), id);
}

void ExpectDataLoss(const std::string& bytes, const std::string& word) {
  const absl::Status status = Page::Decode(bytes).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(word));
}

TEST(PageTest, WritesTheDocumentedFormat) {
  PageWriter writer;
  writer.AddParent();
  writer.AddLeaf(LeafOf(0x40));
  writer.AddLeaf(LeafOf(0x80));
  EXPECT_EQ(writer.Finish(), Frame(ParentNode(LeafNode(0x40), LeafNode(0x80))));
  // The writer starts afresh; 300 takes two bytes.
  for (int i = 0; i < 4; ++i) writer.AddParent();
  writer.AddReference({300, 17}, HashOf("page"));
  writer.AddReference({5, 33}, HashOf("page"));
  for (int i = 0; i < 3; ++i) writer.AddEmpty();
  EXPECT_EQ(writer.Finish(), Frame(AtLevelFour(ReferenceNode("\xac\x02\x11"),
                                               ReferenceNode("\x05\x21")),
                                   "\xac\x02\x11\x05\x21"));
}

// A leaf on the left; on the right a leaf, a reference, and a leaf at level 4.
std::string MixedPage() {
  return Frame(
      ParentNode(LeafNode(0x11),
                 ParentNode(LeafNode(0x88),
                            ParentNode(ParentNode(ReferenceNode("\x05\x21"),
                                                  LeafNode(0xd0)),
                                       EmptyNode()))),
      "\x05\x21");
}

TEST(PageTest, DecodesWhatWasWritten) {
  absl::StatusOr<std::shared_ptr<const Page>> page = Page::Decode(MixedPage());
  ASSERT_TRUE(page.ok()) << page.status();
  const Page& p = **page;
  EXPECT_EQ(p.kind(1), Page::Kind::kParent);
  EXPECT_EQ(p.kind(2), Page::Kind::kLeaf);
  EXPECT_EQ(p.leaf(2), LeafOf(0x11));
  EXPECT_EQ(p.kind(3), Page::Kind::kParent);
  EXPECT_EQ(p.leaf(6), LeafOf(0x88));
  EXPECT_EQ(p.kind(15), Page::Kind::kEmpty);
  EXPECT_EQ(p.kind(28), Page::Kind::kReference);
  EXPECT_EQ(p.reference(28), (PageId{5, 0x21}));
  EXPECT_EQ(p.leaf(29), LeafOf(0xd0));
  // Below a leaf there is nothing.
  EXPECT_EQ(p.kind(4), Page::Kind::kEmpty);
  EXPECT_EQ(p.hash(4), Hash());
}

TEST(PageTest, HoldsTheValueOfEveryNode) {
  absl::StatusOr<std::shared_ptr<const Page>> page = Page::Decode(MixedPage());
  ASSERT_TRUE(page.ok()) << page.status();
  const Page& p = **page;
  EXPECT_EQ(p.hash(28), HashOf("page"));
  EXPECT_EQ(p.hash(29), HashPrefixLeaf(LeafOf(0xd0)));
  EXPECT_EQ(p.hash(14), HashPrefixParent(p.hash(28), p.hash(29)));
  EXPECT_EQ(p.hash(15), Hash());
  EXPECT_EQ(p.hash(7), HashPrefixParent(p.hash(14), Hash()));
  EXPECT_EQ(p.hash(3),
            HashPrefixParent(HashPrefixLeaf(LeafOf(0x88)), p.hash(7)));
  EXPECT_EQ(p.hash(),
            HashPrefixParent(HashPrefixLeaf(LeafOf(0x11)), p.hash(3)));
}

TEST(PageTest, HoldsSixteenReferencesWithTheLargestIds) {
  const PageId id{std::numeric_limits<uint64_t>::max(),
                  std::numeric_limits<uint32_t>::max()};
  PageWriter writer;
  std::function<void(size_t)> add = [&](size_t level) {
    if (level == Page::kLevels) {
      writer.AddReference(id, HashOf("page"));
      return;
    }
    writer.AddParent();
    add(level + 1);
    add(level + 1);
  };
  add(0);
  absl::StatusOr<std::shared_ptr<const Page>> page =
      Page::Decode(writer.Finish());
  ASSERT_TRUE(page.ok()) << page.status();
  for (Page::Place place = 16; place < 32; ++place) {
    EXPECT_EQ((*page)->reference(place), id);
    EXPECT_EQ((*page)->hash(place), HashOf("page"));
  }
  // 31 values, 16 ids, and little else.
  EXPECT_GE((*page)->MemoryBytes(), 31u * 32 + 16u * 16);
  EXPECT_LE((*page)->MemoryBytes(), 31u * 32 + 16u * 16 + 256);
}

TEST(PageTest, AnyFlippedBitIsDataLossOrGivesAnotherHash) {
  for (const std::string& good : {GoodPage(), MixedPage()}) {
    absl::StatusOr<std::shared_ptr<const Page>> page = Page::Decode(good);
    ASSERT_TRUE(page.ok()) << page.status();
    size_t refused = 0;
    for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
      std::string flipped = good;
      flipped[bit / 8] ^= 1 << (bit % 8);
      absl::StatusOr<std::shared_ptr<const Page>> other = Page::Decode(flipped);
      if (other.ok()) {
        EXPECT_NE((*other)->hash(), (*page)->hash()) << "bit " << bit;
      } else {
        ExpectDataLoss(flipped, "prefix page");
        ++refused;
      }
    }
    EXPECT_GT(refused, 8u * 6);
  }
}

TEST(PageTest, RefusesAFlippedBitInAnId) {
  std::string page = GoodPage();
  // Format, four parents, the reference's tag.
  ASSERT_EQ(page.substr(6, 2), "\x05\x21");
  page[6] ^= 1;
  ExpectDataLoss(page, "do not pass their check");
}

TEST(PageTest, AnyTruncationIsDataLoss) {
  const std::string good = GoodPage();
  for (size_t size = 0; size < good.size(); ++size) {
    ExpectDataLoss(good.substr(0, size), "truncated");
  }
}

TEST(PageTest, RefusesTrailingBytes) {
  ExpectDataLoss(Frame(LeafNode(1)) + "x", "1 trailing bytes");
  ExpectDataLoss(GoodPage() + "xy", "2 trailing bytes");
}

TEST(PageTest, RefusesAnotherFormat) {
  std::string page = GoodPage();
  page[0] = 2;
  ExpectDataLoss(page, "unknown format 2");
}

TEST(PageTest, RefusesAnUnknownTag) {
  ExpectDataLoss(Frame("\x04"), "unknown tag 4");
}

TEST(PageTest, RefusesAnEmptyRoot) {
  ExpectDataLoss(Frame(EmptyNode()), "root is empty");
}

TEST(PageTest, RefusesAParentWithTwoEmptyChildren) {
  ExpectDataLoss(Frame(ParentNode(EmptyNode(), EmptyNode())),
                 "two empty children");
}

TEST(PageTest, RefusesAParentWhoseOnlyChildIsALeaf) {
  ExpectDataLoss(Frame(ParentNode(EmptyNode(), LeafNode(0x80))),
                 "only child is a leaf");
  ExpectDataLoss(Frame(ParentNode(LeafNode(0x10), EmptyNode())),
                 "only child is a leaf");
}

TEST(PageTest, RefusesAReferenceAboveLevelFour) {
  ExpectDataLoss(
      Frame(ParentNode(ReferenceNode("\x05\x21"), LeafNode(0x80)), "\x05\x21"),
      "reference above level 4");
}

TEST(PageTest, RefusesAParentAtLevelFour) {
  ExpectDataLoss(Frame(AtLevelFour(ParentNode(LeafNode(0x00), LeafNode(0x08)),
                                   LeafNode(0x10))),
                 "parent at level 4");
}

TEST(PageTest, RefusesAnIntegerNotInItsShortestForm) {
  ExpectDataLoss(PageWithId(std::string("\x85\x00\x21", 3)), "shortest form");
}

TEST(PageTest, RefusesAnIntegerOfMoreThan64Bits) {
  const std::string nine(9, '\xff');
  EXPECT_TRUE(Page::Decode(PageWithId(nine + "\x01\x21")).ok());
  ExpectDataLoss(PageWithId(nine + "\x02\x21"), "more than 64 bits");
  ExpectDataLoss(PageWithId(nine + "\x81\x01\x21"), "more than 64 bits");
}

TEST(PageTest, RefusesAnOrdinalOfMoreThan32Bits) {
  ExpectDataLoss(PageWithId("\x05\x80\x80\x80\x80\x10"),
                 "page ordinal 4294967296");
}

}  // namespace
}  // namespace sealbook::merkle

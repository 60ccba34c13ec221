// What a log refuses to answer.
#include "tests/reference/request_checks.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/testing.h"

namespace sealbook::reference {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

// AliceWorld: versions 0 at 2, 1 and 2 at 5, 3 at 9, 4 at 12. The path from 5
// to the right is 7; from 9 it is 11; from 2 it is 3 and 7.
std::optional<std::string> ContactRefusal(
    const std::vector<MonitorMapEntry>& entries, uint64_t n = 14) {
  return RefuseContactMonitor(AliceWorld(std::nullopt), n,
                              {std::nullopt, "alice", entries});
}

TEST(RequestChecksTest, AMap) {
  const auto accepted = Eq(std::nullopt);
  EXPECT_THAT(ContactRefusal({}), accepted);
  EXPECT_THAT(ContactRefusal({{2, 0}, {5, 2}, {9, 3}, {12, 4}}), accepted);
  EXPECT_THAT(ContactRefusal({{3, 0}, {7, 2}, {11, 3}, {13, 4}}), accepted);
  EXPECT_THAT(ContactRefusal({{7, 0}}), accepted);
  EXPECT_THAT(ContactRefusal({{5, 1}, {7, 2}}), accepted);
  EXPECT_THAT(ContactRefusal({{7, 2}, {5, 1}}),
              Optional(HasSubstr("ascending")));
  EXPECT_THAT(ContactRefusal({{5, 1}, {5, 2}}),
              Optional(HasSubstr("position twice")));
  EXPECT_THAT(ContactRefusal({{2, 0}, {3, 0}}),
              Optional(HasSubstr("version twice")));
  EXPECT_THAT(ContactRefusal({{13, 5}}), Optional(HasSubstr("not exist")));
  // Not before it came in, nor beside the path, nor to its left.
  EXPECT_THAT(ContactRefusal({{4, 2}}), Optional(HasSubstr("path")));
  EXPECT_THAT(ContactRefusal({{3, 2}}), Optional(HasSubstr("path")));
  EXPECT_THAT(ContactRefusal({{6, 2}}), Optional(HasSubstr("path")));
  EXPECT_THAT(ContactRefusal({{11, 2}}), Optional(HasSubstr("path")));
  EXPECT_THAT(ContactRefusal({{1, 0}}), Optional(HasSubstr("path")));
  // In a tree of 7 entries there is no 7, in one of 9 no version 3.
  EXPECT_THAT(ContactRefusal({{7, 2}}, 7), Optional(HasSubstr("path")));
  EXPECT_THAT(ContactRefusal({{9, 3}}, 9), Optional(HasSubstr("not exist")));
}

std::optional<std::string> OwnerRefusal(
    uint64_t start, std::optional<uint32_t> greatest,
    const std::vector<MonitorMapEntry>& entries = {}, uint64_t n = 14) {
  return RefuseOwnerMonitor(AliceWorld(std::nullopt), n,
                            {std::nullopt, "alice", entries, start, greatest});
}

TEST(RequestChecksTest, AnOwner) {
  const auto accepted = Eq(std::nullopt);
  EXPECT_THAT(OwnerRefusal(7, 4), accepted);
  EXPECT_THAT(OwnerRefusal(7, 2), accepted);
  EXPECT_THAT(OwnerRefusal(1, std::nullopt), accepted);
  EXPECT_THAT(OwnerRefusal(1, 4, {{9, 3}}), accepted);
  EXPECT_THAT(OwnerRefusal(7, 5), Optional(HasSubstr("does not exist")));
  EXPECT_THAT(OwnerRefusal(7, 4, {}, 12),
              Optional(HasSubstr("does not exist")));
  EXPECT_THAT(OwnerRefusal(7, 1), Optional(HasSubstr("less than the one")));
  EXPECT_THAT(OwnerRefusal(2, std::nullopt),
              Optional(HasSubstr("less than the one")));
  EXPECT_THAT(OwnerRefusal(14, 4), Optional(HasSubstr("outside")));
  EXPECT_THAT(OwnerRefusal(7, 4, {{10, 2}}), Optional(HasSubstr("path")));
}

std::optional<std::string> UpdateRefusal(std::optional<uint32_t> greatest,
                                         size_t values,
                                         const std::string& label = "alice") {
  return RefuseUpdate(
      AliceWorld(std::nullopt), 14,
      {std::nullopt, label, greatest, std::vector<LabelValue>(values)});
}

TEST(RequestChecksTest, AnUpdate) {
  const auto accepted = Eq(std::nullopt);
  // To report something.
  EXPECT_THAT(UpdateRefusal(3, 0), accepted);
  EXPECT_THAT(UpdateRefusal(3, 255), accepted);
  EXPECT_THAT(UpdateRefusal(std::nullopt, 0), accepted);
  // To add something.
  EXPECT_THAT(UpdateRefusal(4, 1), accepted);
  EXPECT_THAT(UpdateRefusal(4, 128), accepted);
  EXPECT_THAT(UpdateRefusal(std::nullopt, 1, "nobody"), accepted);
  EXPECT_THAT(UpdateRefusal(4, 0), Optional(HasSubstr("nothing to report")));
  EXPECT_THAT(UpdateRefusal(std::nullopt, 0, "nobody"),
              Optional(HasSubstr("nothing to report")));
  EXPECT_THAT(UpdateRefusal(4, 129), Optional(HasSubstr("too many")));
  EXPECT_THAT(UpdateRefusal(5, 1), Optional(HasSubstr("does not exist")));
  EXPECT_THAT(UpdateRefusal(0, 1, "nobody"),
              Optional(HasSubstr("does not exist")));
}

TEST(RequestChecksTest, AnUpdateAtTheLastVersion) {
  World world = FakeWorld(FakeConfiguration());
  AddEntry(&world, 10000, {{"alice", ~uint32_t{1}}});
  const auto refusal = [&](size_t values) {
    return RefuseUpdate(
        world, 1,
        {std::nullopt, "alice", ~uint32_t{1}, std::vector<LabelValue>(values)});
  };
  EXPECT_THAT(refusal(1), Eq(std::nullopt));
  EXPECT_THAT(refusal(2), Optional(HasSubstr("above 2^32 - 1")));
}

}  // namespace
}  // namespace sealbook::reference

#include "keytrans/tree_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "keytrans/testing/test_log.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

class TreeViewTest : public ::testing::Test {
 protected:
  TreeViewTest() : log_(/*window=*/1000) {
    for (uint64_t i = 0; i < 7; ++i) log_.Append(1000 + i, {});
  }

  void ExpectRefused(const std::string& bytes, const std::string& words) {
    const absl::Status status = TreeView::Parse(bytes).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  void ExpectChangeRefused(const std::string& words,
                           const std::function<void(TreeView&)>& change) {
    TreeView view = log_.View(7);
    change(view);
    ExpectRefused(view.Encode(), words);
  }

  TestLog log_;
};

TEST_F(TreeViewTest, IsReadAsItWasWritten) {
  for (uint64_t size = 1; size <= 7; ++size) {
    auto view = TreeView::Parse(log_.View(size).Encode());
    ASSERT_TRUE(view.ok()) << view.status();
    EXPECT_EQ(*view, log_.View(size));
  }
}

TEST_F(TreeViewTest, RefusesOtherFormatsAndLengths) {
  const std::string bytes = log_.View(7).Encode();
  ExpectRefused('\x03' + bytes.substr(1),
                "format 3, this version reads 1 and 2");
  ExpectRefused(bytes + '\0', "1 trailing bytes");
  for (size_t length = 0; length < bytes.size(); ++length) {
    ExpectRefused(bytes.substr(0, length), "TreeView is malformed");
  }
}

TEST_F(TreeViewTest, KeepsAnAuditorsHead) {
  TreeView view = log_.View(7);
  view.auditor = AuditorTreeHead{view.Timestamp(), 5, "signature"};
  const std::string bytes = view.Encode();
  EXPECT_EQ(bytes[0], '\x02');
  EXPECT_EQ(*TreeView::Parse(bytes), view);
  ExpectRefused(bytes + '\0', "1 trailing bytes");
  for (uint64_t size : {0, 8}) {
    view.auditor->tree_size = size;
    ExpectRefused(view.Encode(), "an auditor's head of size");
  }
}

TEST_F(TreeViewTest, RefusesWhatNoTreeHas) {
  ExpectChangeRefused("TreeView has tree size 0",
                      [](TreeView& v) { v.tree_head.tree_size = 0; });
  // 7 has three full subtrees, and 3, 5 and 6 as its frontier.
  ExpectChangeRefused("2 full subtrees and 3 frontier entries; expected 3 and",
                      [](TreeView& v) { v.full_subtrees.pop_back(); });
  ExpectChangeRefused("3 full subtrees and 2 frontier entries; expected 3 and",
                      [](TreeView& v) { v.frontier.pop_back(); });
}

TEST_F(TreeViewTest, RefusesTimestampsThatRunBackwards) {
  for (size_t i = 0; i < 2; ++i) {
    ExpectChangeRefused("timestamps that run backwards", [i](TreeView& v) {
      v.frontier[i + 1].timestamp = v.frontier[i].timestamp - 1;
    });
  }
  // Equal ones are in order.
  TreeView view = log_.View(7);
  view.frontier[1].timestamp = view.frontier[0].timestamp;
  EXPECT_TRUE(TreeView::Parse(view.Encode()).ok());
}

}  // namespace
}  // namespace sealbook::keytrans

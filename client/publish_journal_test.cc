#include "client/publish_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/files.h"
#include "client/testing/temp_folder.h"

namespace sealbook::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kServer[] = "directory.example.org:8444";

JournalKey KeyOf(uint8_t value, const std::set<std::string>& addresses = {}) {
  JournalKey key;
  key.certificate.data()[0] = value;
  if (!addresses.empty()) key.addresses = HashAddresses(addresses);
  return key;
}

class PublishJournalTest : public ::testing::Test {
 protected:
  absl::StatusOr<PublishJournal> Open() {
    return PublishJournal::Open(path_, kServer);
  }
  void Append(const std::string& text) {
    std::ofstream(path_, std::ios::app) << text;
  }

  TempFolder folder_;
  const std::string path_ = folder_.path("journal");
};

TEST_F(PublishJournalTest, RemembersWhatWasAcknowledged) {
  {
    auto journal = Open();
    ASSERT_TRUE(journal.ok()) << journal.status();
    EXPECT_EQ(journal->size(), 0u);
    ASSERT_TRUE(journal->Add(KeyOf(1), 12).ok());
    ASSERT_TRUE(journal->Add(KeyOf(2), 14).ok());
    ASSERT_TRUE(journal->Add(KeyOf(1), 15).ok());
  }
  auto journal = Open();
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_EQ(journal->size(), 2u);
  EXPECT_TRUE(journal->Contains(KeyOf(1)));
  EXPECT_FALSE(journal->Contains(KeyOf(3)));
  EXPECT_EQ(journal->tree_size(), 14u);
  journal->Remove();
  EXPECT_EQ(ReadFile(path_).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(PublishJournalTest, TellsTheAddressesOfACertificateApart) {
  const JournalKey one = KeyOf(1, {"a@example.org"});
  const JournalKey two = KeyOf(1, {"a@example.org", "b@example.org"});
  ASSERT_TRUE(Open()->Add(one, 12).ok());
  EXPECT_TRUE(Open()->Contains(one));
  EXPECT_FALSE(Open()->Contains(two));
  EXPECT_FALSE(Open()->Contains(KeyOf(1, {"b@example.org"})));
  EXPECT_FALSE(Open()->Contains(KeyOf(1)));
  ASSERT_TRUE(Open()->Add(two, 13).ok());
  ASSERT_TRUE(Open()->Add(KeyOf(1), 14).ok());
  auto journal = Open();
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_EQ(journal->size(), 3u);
  EXPECT_TRUE(journal->Contains(one));
  EXPECT_TRUE(journal->Contains(two));
  EXPECT_TRUE(journal->Contains(KeyOf(1)));
}

// Its lines may stand for some addresses of a certificate, or for all.
TEST_F(PublishJournalTest, LeavesAJournalThatDoesNotTellAddressesAlone) {
  const std::string old =
      absl::StrCat("sealbook publish journal 1 ", kServer, "\n",
                   KeyOf(1).certificate.ToHex(), " 12\n");
  ASSERT_TRUE(WriteNewFile(path_, old).ok());
  auto journal = Open();
  EXPECT_EQ(journal.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(journal.status().message()),
              AllOf(HasSubstr(path_), HasSubstr("of another version"),
                    HasSubstr("remove the file and publish everything")));
  EXPECT_EQ(*ReadFile(path_), old);
}

TEST_F(PublishJournalTest, SaysThatALineIsDamaged) {
  const std::string hash = KeyOf(1).certificate.ToHex();
  for (const std::string& line :
       {hash, hash + " x", hash + " 12 x", hash + " 12 " + hash + " x",
        hash.substr(1) + " 12", absl::AsciiStrToUpper("a" + hash.substr(1))}) {
    ASSERT_TRUE(WriteNewFile(path_, absl::StrCat("sealbook publish journal 2 ",
                                                 kServer, "\n", line, "\n"))
                    .ok());
    EXPECT_THAT(std::string(Open().status().message()), HasSubstr("damaged"))
        << line;
    unlink(path_.c_str());
  }
}

TEST_F(PublishJournalTest, IgnoresATornLastLine) {
  ASSERT_TRUE(Open()->Add(KeyOf(1), 12).ok());
  Append("0200");
  {
    auto journal = Open();
    ASSERT_TRUE(journal.ok()) << journal.status();
    EXPECT_EQ(journal->size(), 1u);
    ASSERT_TRUE(journal->Add(KeyOf(3), 13).ok());
  }
  EXPECT_EQ(Open()->size(), 2u);
}

TEST_F(PublishJournalTest, LeavesWhatIsNoJournalOfThisServerAlone) {
  ASSERT_TRUE(Open()->Add(KeyOf(1), 12).ok());
  auto other = PublishJournal::Open(path_, "other.example.org:8444");
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.status().message()),
              HasSubstr("of another server"));
  Append("nonsense\n");
  EXPECT_THAT(std::string(Open().status().message()), HasSubstr("damaged"));
  const std::string letter = folder_.path("letter");
  ASSERT_TRUE(WriteNewFile(letter, "Dear Alice,\n").ok());
  auto no_journal = PublishJournal::Open(letter, kServer);
  EXPECT_EQ(no_journal.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(no_journal.status().message()),
              HasSubstr("no journal"));
  EXPECT_EQ(*ReadFile(letter), "Dear Alice,\n");
}

TEST_F(PublishJournalTest, IsForOneAtATime) {
  auto first = Open();
  ASSERT_TRUE(first.ok());
  auto second = Open();
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("uses this journal"));
}

}  // namespace
}  // namespace sealbook::client

// Every step of a batch fails, before and after it reached the disk; then the
// log is opened again, and a client that has seen it before looks on.
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "crypto/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/batch_seal.h"
#include "server/log_writer.h"
#include "server/sequencer.h"
#include "server/storage/testing/status_matchers.h"
#include "server/testing/test_certificates.h"
#include "server/testing/test_log.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::Fault;
using ::sealbook::server::testing::FaultyMark;
using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::NewLevelDbDisk;
using ::sealbook::server::testing::NewMemoryDisk;
using ::sealbook::server::testing::NewSubmission;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::SigningKey;
using ::sealbook::server::testing::TestDisk;
using ::sealbook::server::testing::TestLog;
using Outcome = absl::StatusOr<PublishOutcome>;

// The steps that write, in their order.
enum class Step { kCommit, kMark, kSignature };

struct Case {
  std::string name;
  std::function<std::unique_ptr<TestDisk>()> disk;
  Step step;
  bool persisted;

  // Whether the entries of the failed batch are in the store afterwards.
  bool InStore() const { return step != Step::kCommit || persisted; }
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  const std::pair<std::string, std::function<std::unique_ptr<TestDisk>()>>
      disks[] = {{"Memory", NewMemoryDisk}, {"LevelDb", NewLevelDbDisk}};
  const std::pair<std::string, Step> steps[] = {
      {"Commit", Step::kCommit},
      {"Mark", Step::kMark},
      {"Signature", Step::kSignature}};
  for (const auto& [disk_name, disk] : disks) {
    for (const auto& [step_name, step] : steps) {
      for (bool persisted : {false, true}) {
        cases.push_back({absl::StrCat(disk_name, step_name,
                                      persisted ? "Persisted" : "Lost"),
                         disk, step, persisted});
      }
    }
  }
  return cases;
}

void SetFault(TestLog& log, const Case& c) {
  const Fault fault{absl::InternalError("the disk is gone"), c.persisted};
  switch (c.step) {
    case Step::kCommit:
      return log.storage().FailNextCommit(fault);
    case Step::kMark:
      return log.mark().FailNextAdvance(fault);
    case Step::kSignature:
      return log.storage().FailNextPut(fault);
  }
}

class FailingStepTest : public ::testing::TestWithParam<Case> {
 protected:
  TestLog log_{GetParam().disk()};
};

INSTANTIATE_TEST_SUITE_P(Steps, FailingStepTest,
                         ::testing::ValuesIn(AllCases()),
                         [](const auto& info) { return info.param.name; });

TEST_P(FailingStepTest, StopsWithoutSigningAndGoesOnSoundlyAfterAReopen) {
  ASSERT_THAT(log_.Start(), IsOk());
  ASSERT_THAT(log_.Publish({NewSubmission("before@example.org")}), IsOk());
  ASSERT_THAT(log_.LookUp("before@example.org"), IsOk());
  const auto head = log_.head();

  SetFault(log_, GetParam());
  const Submission submission = NewSubmission("during@example.org");
  EXPECT_THAT(log_.Publish({submission}),
              Refuses(absl::StatusCode::kAborted, "publish again"));
  EXPECT_THAT(log_.WaitUntilStopped(),
              Refuses(absl::StatusCode::kInternal, "the disk is gone"));
  EXPECT_THAT(log_.stopped_with(),
              Refuses(absl::StatusCode::kInternal, "the disk is gone"));
  EXPECT_EQ(*log_.head(), *head) << "nothing new may be served";
  EXPECT_THAT(log_.Publish({NewSubmission("after@example.org")}),
              Refuses(absl::StatusCode::kUnavailable, "has stopped"));

  ASSERT_THAT(log_.Restart(), IsOk());
  EXPECT_EQ(log_.head()->tree_size, GetParam().InStore() ? 4 : 3)
      << "the barrier adds one entry";
  auto before = log_.LookUp("before@example.org");
  ASSERT_THAT(before, IsOk()) << "the client must see no fork";
  EXPECT_TRUE(before->has_value());
  auto during = log_.LookUp("during@example.org");
  ASSERT_THAT(during, IsOk());
  EXPECT_EQ(during->has_value(), GetParam().InStore());

  Outcome again = log_.Publish({submission});
  ASSERT_THAT(again, IsOk());
  ASSERT_THAT(again->results[0], IsOk());
  EXPECT_EQ(again->results[0]->version, 0);
  EXPECT_EQ(again->results[0]->already_published, GetParam().InStore());
  during = log_.LookUp("during@example.org");
  ASSERT_THAT(during, IsOk());
  EXPECT_TRUE(during->has_value());
}

TEST_P(FailingStepTest, FailsTheStartWhenTheBarrierFailsAndStartsAfterwards) {
  ASSERT_THAT(log_.Start(), IsOk());
  ASSERT_THAT(log_.Publish({NewSubmission("before@example.org")}), IsOk());
  ASSERT_THAT(log_.LookUp("before@example.org"), IsOk());
  log_.Shutdown();

  log_.Open();
  SetFault(log_, GetParam());
  EXPECT_THAT(log_.Start(),
              Refuses(absl::StatusCode::kAborted, "the disk is gone"));
  EXPECT_EQ(log_.head(), nullptr)
      << "nothing is signed before the barrier is durable";
  ASSERT_THAT(log_.Restart(), IsOk());
  EXPECT_EQ(log_.head()->tree_size, GetParam().InStore() ? 4 : 3);
  EXPECT_THAT(log_.LookUp("before@example.org"), IsOk());
}

TEST_P(FailingStepTest, FailsTheFirstStartOfALogAndStartsAfterwards) {
  log_.Open();
  SetFault(log_, GetParam());
  EXPECT_THAT(log_.Start(),
              Refuses(absl::StatusCode::kAborted, "the disk is gone"));
  ASSERT_THAT(log_.Restart(), IsOk());
  EXPECT_EQ(log_.head()->tree_size, GetParam().InStore() ? 2 : 1);
  EXPECT_THAT(log_.LookUp("nobody@example.org"), IsOk());
}

TEST_P(FailingStepTest, RefusesWhatWaitedBehindTheFailedBatch) {
  ASSERT_THAT(log_.Start(), IsOk());
  log_.storage().HoldCommits();
  SetFault(log_, GetParam());
  auto failed = log_.PublishLater({NewSubmission("a@example.org")});
  log_.storage().WaitUntilCommitIsHeld();
  auto waiting = log_.PublishLater({NewSubmission("b@example.org")});
  log_.storage().ReleaseCommits();
  EXPECT_THAT(failed.get(),
              Refuses(absl::StatusCode::kAborted, "outcome unknown"));
  EXPECT_THAT(waiting.get(),
              Refuses(absl::StatusCode::kUnavailable, "has stopped"));
}

class SequencerFailureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(log_.Start(), IsOk());
    ASSERT_THAT(log_.Publish({NewSubmission("a@example.org")}), IsOk());
  }

  TestLog log_;
};

TEST_F(SequencerFailureTest, StopsWhenAHeartbeatFails) {
  log_.storage().FailNextCommit({absl::InternalError("the disk is gone")});
  log_.clock().Advance(3'600'000);
  EXPECT_THAT(log_.WaitUntilStopped(),
              Refuses(absl::StatusCode::kInternal, "the disk is gone"));
  EXPECT_THAT(log_.stopped_with(),
              Refuses(absl::StatusCode::kInternal, "the disk is gone"));
}

TEST_F(SequencerFailureTest, StopsWhenAnotherWriterHasExtendedTheLog) {
  // The other writer starts while this one sleeps.
  auto other_mark = std::make_shared<Mark>(log_.mark_disk());
  FaultyMark mark(other_mark);
  VisibleHead visible;
  LogStore store = log_.store();
  PageCache pages(store, 1 << 20);
  LogWriterParts parts;
  parts.storage = &log_.storage();
  parts.mark = &mark;
  parts.pages = &pages;
  parts.visible_head = &visible;
  parts.signing_key = &SigningKey();
  parts.clock = &log_.clock();
  parts.parallel = [](size_t n, const std::function<void(size_t)>& task) {
    for (size_t i = 0; i < n; ++i) task(i);
  };
  auto other = LogWriter::Open(parts);
  ASSERT_THAT(other, IsOk());
  auto padding = PaddingBatch(crypto::SystemRandom());
  ASSERT_THAT(padding, IsOk());
  ASSERT_THAT((*other)->Append(*padding), IsOk());

  const auto head = log_.head();
  EXPECT_THAT(log_.Publish({NewSubmission("b@example.org")}),
              Refuses(absl::StatusCode::kAborted, "another writer"));
  EXPECT_THAT(log_.WaitUntilStopped(),
              Refuses(absl::StatusCode::kAborted, "another writer"));
  EXPECT_EQ(*log_.head(), *head);
  auto stored = log_.store().ReadHead();
  ASSERT_THAT(stored, IsOk());
  EXPECT_EQ((*stored)->head.term, 2);
}

// What is read back after a commit is not what was computed.
struct Edit {
  std::string name;
  std::function<void(CommitRequest&)> edit;
  std::string word;
};

void PrintTo(const Edit& edit, std::ostream* out) { *out << edit.name; }

void FlipLast(std::string& bytes) { bytes.back() ^= 1; }

std::function<void(CommitRequest&)> FlipIn(Table table) {
  return [table](CommitRequest& commit) {
    for (Put& put : commit.puts) {
      if (put.table == table) return FlipLast(put.value);
    }
  };
}

class ReadBackTest : public ::testing::TestWithParam<Edit> {
 protected:
  TestLog log_;
};

INSTANTIATE_TEST_SUITE_P(
    Edits, ReadBackTest,
    ::testing::Values(
        Edit{"RootPage", FlipIn(Table::kPages), "page 1/0"},
        Edit{"LogNode", FlipIn(Table::kLogNodes), "do not lead"},
        Edit{"Head", [](CommitRequest& commit) { FlipLast(commit.new_head); },
             "head record"},
        Edit{"EntryTimestamp",
             [](CommitRequest& commit) {
               for (Put& put : commit.puts) {
                 if (put.table != Table::kEntries) continue;
                 auto entry = DecodeEntryRecord(put.value);
                 ++entry->entry.timestamp;
                 put = EntryPut(1, *entry);
               }
             },
             "do not lead"},
        Edit{"EntryTimestampBackwards",
             [](CommitRequest& commit) {
               for (Put& put : commit.puts) {
                 if (put.table != Table::kEntries) continue;
                 auto entry = DecodeEntryRecord(put.value);
                 --entry->entry.timestamp;
                 put = EntryPut(1, *entry);
               }
             },
             "runs backwards"}),
    [](const auto& info) { return info.param.name; });

TEST_P(ReadBackTest, IsNotSignedAndTheLogDoesNotStartOnIt) {
  ASSERT_THAT(log_.Start(), IsOk());
  const auto head = log_.head();
  log_.storage().EditNextCommit(GetParam().edit);
  EXPECT_THAT(log_.Publish({NewSubmission("a@example.org")}),
              Refuses(absl::StatusCode::kAborted, "publish again"));
  EXPECT_THAT(log_.WaitUntilStopped(),
              Refuses(absl::StatusCode::kDataLoss, GetParam().word));
  EXPECT_EQ(*log_.head(), *head);
  EXPECT_EQ(log_.mark_disk().tree_size, 1);
  auto signed_head = log_.store().ReadSignedHead();
  ASSERT_THAT(signed_head, IsOk());
  EXPECT_EQ((*signed_head)->tree_size, 1);
  EXPECT_FALSE(log_.Restart().ok());
}

TEST_F(SequencerFailureTest, SpoilsOnlyTheLabelWhoseRecordsAreDamaged) {
  log_.storage().FailReads(Table::kLabels, "a@example.org",
                           absl::DataLossError("bad checksum"));
  Outcome outcome = log_.Publish(
      {NewSubmission("a@example.org"), NewSubmission("b@example.org")});
  ASSERT_THAT(outcome, IsOk());
  EXPECT_THAT(outcome->results[0],
              Refuses(absl::StatusCode::kDataLoss, "bad checksum"));
  EXPECT_THAT(outcome->results[1], IsOk());
}

TEST_F(SequencerFailureTest, RefusesToBuildOnAValueThatDoesNotOpen) {
  const LabelVersion key{"a@example.org", 0};
  const auto facts = log_.store().ReadVersions({key});
  ASSERT_THAT(facts, IsOk());
  auto values = log_.store().ReadValues({key});
  ASSERT_THAT(values, IsOk());
  std::string value = (*values)[0].value;
  FlipLast(value);
  ASSERT_THAT(log_.storage().PutRecord(
                  ValuePut(*(*facts)[0], (*values)[0].opening, value)),
              IsOk());
  Outcome outcome = log_.Publish({NewSubmission("a@example.org")});
  ASSERT_THAT(outcome, IsOk());
  EXPECT_THAT(outcome->results[0],
              Refuses(absl::StatusCode::kDataLoss, "does not open"));
}

TEST_F(SequencerFailureTest, RefusesALabelWhoseGreatestVersionIsMissing) {
  ASSERT_THAT(log_.storage().PutRecord(LabelPut("b@example.org", 0)), IsOk());
  Outcome outcome = log_.Publish({NewSubmission("b@example.org")});
  ASSERT_THAT(outcome, IsOk());
  EXPECT_THAT(outcome->results[0],
              Refuses(absl::StatusCode::kDataLoss, "b@example.org"));
  EXPECT_EQ(log_.head()->tree_size, 2);
}

TEST_F(SequencerFailureTest, WritesNothingWhenALabelsRecordContradictsTheTree) {
  ASSERT_THAT(log_.Publish({NewSubmission("a@example.org")}), IsOk());
  // An older copy of the record: version 1 would be made a second time.
  ASSERT_THAT(log_.storage().PutRecord(LabelPut("a@example.org", 0)), IsOk());
  EXPECT_THAT(log_.Publish({NewSubmission("a@example.org")}),
              Refuses(absl::StatusCode::kDataLoss, "contradict the tree"));
  EXPECT_EQ(log_.head()->tree_size, 3);
}

TEST_F(SequencerFailureTest, FailsABatchOnADamagedPageAndWritesNothing) {
  log_.storage().FailReads(Table::kPages, PageKey({1, 0}),
                           absl::DataLossError("bad checksum"));
  EXPECT_THAT(log_.Publish({NewSubmission("b@example.org")}),
              Refuses(absl::StatusCode::kDataLoss, "bad checksum"));
  EXPECT_THAT(log_.refused_with(),
              Refuses(absl::StatusCode::kDataLoss, "bad checksum"));
  EXPECT_EQ(log_.head()->tree_size, 2);
  EXPECT_THAT(log_.sequencer().health(), IsOk());
}

}  // namespace
}  // namespace sealbook::server

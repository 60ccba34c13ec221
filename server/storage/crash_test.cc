// Power cuts and failing operations at every point of a store's life, in an
// environment that keeps what was synced and no more (testing/fault_env.h).
//
// One workload: make a store, commit, open it anew, commit. After each fault
// the store is opened again and must hold exactly what some number of the
// commits made it, all that were acknowledged among them.

#include <cstdint>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/leveldb_storage.h"
#include "server/storage/storage.h"
#include "server/storage/testing/contents.h"
#include "server/storage/testing/fault_env.h"
#include "server/storage/testing/status_matchers.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::Apply;
using ::sealbook::server::testing::Contents;
using ::sealbook::server::testing::FaultEnv;
using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::ScanAll;
using ::sealbook::server::testing::Survives;

constexpr char kDirectory[] = "/log";
constexpr int kCommits = 14;

// The key of the `j`-th page of commit `i`.
std::string PageName(int i, int j) {
  return absl::StrCat(10'000'000 + i, "/", j);
}

// The commit that makes head `i` out of head `i` - 1. Big enough that some of
// them fill the write buffers: tables are written and merged on the way.
CommitRequest CommitNumber(int i) {
  CommitRequest request = {.new_head = absl::StrCat("head ", i)};
  if (i > 1) request.expected_head = absl::StrCat("head ", i - 1);
  request.puts.push_back({Table::kLabels, "all", absl::StrCat("label ", i)});
  for (int j = 0; j < 4; ++j) {
    const std::string value(9000, static_cast<char>('a' + i));
    request.puts.push_back({Table::kPages, PageName(i, j), value});
    request.puts.push_back({Table::kLabels, PageName(i, j), value});
  }
  return request;
}

// What the store holds after `commits` commits, but for the signed head.
Contents ContentsAfter(int commits) {
  Contents contents;
  for (int i = 1; i <= commits; ++i) Apply(CommitNumber(i), contents);
  return contents;
}

// How far the workload came.
struct Progress {
  bool created = false;
  // Numbers of the last commit and the last signed head that were begun, and of
  // the last ones that were acknowledged.
  int begun = 0;
  int acknowledged = 0;
  int signed_begun = 0;
  int signed_acknowledged = 0;
};

// Commits `from`..`to`, each followed by its signed head. False: an error,
// after which the store must refuse to go on.
bool RunCommits(Storage& storage, int from, int to, Progress& progress) {
  for (int i = from; i <= to; ++i) {
    progress.begun = i;
    if (!storage.Commit(CommitNumber(i)).ok()) {
      EXPECT_THAT(
          storage.Commit(CommitNumber(i)),
          Refuses(absl::StatusCode::kFailedPrecondition, "nothing more"));
      return false;
    }
    progress.acknowledged = i;
    progress.signed_begun = i;
    if (!storage.PutRecord({Table::kSignedHead, "", absl::StrCat(i)}).ok()) {
      EXPECT_THAT(
          storage.Commit(CommitNumber(i + 1)),
          Refuses(absl::StatusCode::kFailedPrecondition, "nothing more"));
      return false;
    }
    progress.signed_acknowledged = i;
  }
  return true;
}

Progress RunWorkload(const LevelDbOptions& options) {
  Progress progress;
  {
    auto storage = LevelDbStorage::Create(kDirectory, options);
    if (!storage.ok()) return progress;
    progress.created = true;
    if (!RunCommits(**storage, 1, kCommits / 2, progress)) return progress;
  }
  auto storage = LevelDbStorage::Open(kDirectory, options);
  if (!storage.ok()) return progress;
  RunCommits(**storage, kCommits / 2 + 1, kCommits, progress);
  return progress;
}

int NumberIn(const Contents& contents, Table table, absl::string_view prefix) {
  const auto found = contents.find({table, ""});
  if (found == contents.end()) return 0;
  return std::stoi(found->second.substr(prefix.size()));
}

// Empty: the store holds what `progress` says it may hold. Else what is wrong.
std::string WhatIsWrong(const absl::StatusOr<std::unique_ptr<Storage>>& storage,
                        const Progress& progress) {
  if (!storage.ok()) {
    // A creation that did not finish leaves nothing to open, and says so.
    const bool unfinished =
        !progress.created && (absl::IsNotFound(storage.status()) ||
                              absl::IsFailedPrecondition(storage.status()));
    return unfinished ? "" : storage.status().ToString();
  }
  absl::StatusOr<Contents> contents = ScanAll(**storage);
  if (!contents.ok()) return contents.status().ToString();
  const int commits = NumberIn(*contents, Table::kHead, "head ");
  const int signed_head = NumberIn(*contents, Table::kSignedHead, "");
  contents->erase({Table::kSignedHead, ""});
  if (commits < progress.acknowledged || commits > progress.begun) {
    return absl::StrCat("head ", commits, ", acknowledged ",
                        progress.acknowledged, ", begun ", progress.begun);
  }
  if (signed_head < progress.signed_acknowledged ||
      signed_head > progress.signed_begun) {
    return absl::StrCat("signed head ", signed_head, ", acknowledged ",
                        progress.signed_acknowledged);
  }
  if (*contents != ContentsAfter(commits)) {
    return absl::StrCat("head ", commits, ", but not the records of ", commits,
                        " commits");
  }
  return "";
}

struct CrashCase {
  const char* name;
  FaultEnv::Then then;
  bool done_all_the_same;
  // Absent: the process ends, the machine does not.
  std::optional<Survives> survives;
};

void EndProcess(FaultEnv& env, const CrashCase& crash, uint64_t seed) {
  env.PowerCut(crash.survives.value_or(Survives::kEverything), seed);
}

// Runs the workload with a fault at operation `k`. Empty: all is well
// afterwards. Sets `reached` to whether the workload has an operation `k`.
std::string RunWithFaultAt(uint64_t k, const CrashCase& crash, bool& reached) {
  FaultEnv env;
  const LevelDbOptions options = env.Options();
  env.FailFrom({.operation = k,
                .then = crash.then,
                .done_all_the_same = crash.done_all_the_same});
  Progress progress = RunWorkload(options);
  reached = env.faulted();
  EndProcess(env, crash, /*seed=*/k);
  {
    auto storage = LevelDbStorage::Open(kDirectory, options);
    if (std::string wrong = WhatIsWrong(storage, progress); !wrong.empty()) {
      return absl::StrCat("after the fault: ", wrong);
    }
    if (!storage.ok()) return "";
    // What was found is now the past: it stays, and the log goes on from there.
    const int found = NumberIn(*ScanAll(**storage), Table::kHead, "head ");
    if (!RunCommits(**storage, found + 1, found + 3, progress)) {
      return "the store takes no more commits";
    }
  }
  EndProcess(env, crash, /*seed=*/k + 1'000'000);
  const std::string wrong =
      WhatIsWrong(LevelDbStorage::Open(kDirectory, options), progress);
  return wrong.empty() ? "" : absl::StrCat("after going on: ", wrong);
}

class CrashTest : public ::testing::TestWithParam<CrashCase> {};

TEST_P(CrashTest, NoFaultLosesWhatWasAcknowledged) {
  uint64_t k = 0;
  for (bool reached = true; reached; ++k) {
    ASSERT_EQ(RunWithFaultAt(k, GetParam(), reached), "")
        << "fault at operation " << k;
  }
  std::cout << k << " operations" << std::endl;
  // The workload is one that writes logs, tables and manifests.
  EXPECT_GT(k, 300);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, CrashTest,
    ::testing::Values(
        CrashCase{"PowerCut", FaultEnv::Then::kAllFail, false,
                  Survives::kNothing},
        CrashCase{"PowerCutThatLeavesSome", FaultEnv::Then::kAllFail, false,
                  Survives::kRandomPart},
        CrashCase{"PowerCutAfterTheOperationWasDone", FaultEnv::Then::kAllFail,
                  true, Survives::kNothing},
        CrashCase{"Kill", FaultEnv::Then::kAllFail, false, std::nullopt},
        CrashCase{"PassingError", FaultEnv::Then::kAllWorks, false,
                  std::nullopt},
        CrashCase{"PassingErrorThenPowerCut", FaultEnv::Then::kAllWorks, false,
                  Survives::kNothing},
        CrashCase{"DoneButReportedAsFailed", FaultEnv::Then::kAllWorks, true,
                  std::nullopt},
        CrashCase{"DoneButReportedAsFailedThenPowerCut",
                  FaultEnv::Then::kAllWorks, true, Survives::kRandomPart}),
    [](const ::testing::TestParamInfo<CrashCase>& info) {
      return std::string(info.param.name);
    });

// The number of operations k, of those that the workload has, at which a power
// cut loses something.
int LossesUnder(const std::function<void(LevelDbOptions&)>& weaken) {
  int losses = 0;
  bool reached = true;
  for (uint64_t k = 0; reached; k += 1) {
    FaultEnv env;
    LevelDbOptions options = env.Options();
    weaken(options);
    env.FailFrom({.operation = k});
    const Progress progress = RunWorkload(options);
    reached = env.faulted();
    env.PowerCut(Survives::kNothing, k);
    const std::string wrong =
        WhatIsWrong(LevelDbStorage::Open(kDirectory, env.Options()), progress);
    if (!wrong.empty()) ++losses;
  }
  return losses;
}

// The three tests below say what the ones above are worth.
TEST(CrashTest, NoticesCommitsThatAreNotSynced) {
  EXPECT_GT(LossesUnder([](LevelDbOptions& options) { options.sync = false; }),
            0);
}

TEST(CrashTest, NoticesNamesThatAreNotSynced) {
  for (const std::string weak : {"/log/leveldb", "/log/entries"}) {
    EXPECT_GT(LossesUnder([&](LevelDbOptions& options) {
                options.sync_directory = [weak, sync = options.sync_directory](
                                             const std::string& directory) {
                  return directory == weak ? leveldb::Status::OK()
                                           : sync(directory);
                };
              }),
              0)
        << weak;
  }
}

TEST(CrashTest, FindsNothingLostWhereNothingIsWeakened) {
  EXPECT_EQ(LossesUnder([](LevelDbOptions&) {}), 0);
}

TEST(CrashTest, NamesAFullDiskAndLosesNothing) {
  FaultEnv env;
  auto storage = LevelDbStorage::Create(kDirectory, env.Options());
  ASSERT_THAT(storage, IsOk());
  Progress progress = {.created = true};
  // Few enough for the log alone: no background work takes the fault.
  ASSERT_TRUE(RunCommits(**storage, 1, 1, progress));
  env.FailFrom({.operation = env.operations(),
                .then = FaultEnv::Then::kAllWorks,
                .message = "No space left on device"});
  EXPECT_THAT((*storage)->Commit(CommitNumber(2)),
              Refuses(absl::StatusCode::kResourceExhausted, "No space left"));
  // The disk has room again, but what became of commit 2 is not known.
  EXPECT_THAT((*storage)->Commit(CommitNumber(2)),
              Refuses(absl::StatusCode::kFailedPrecondition, "No space left"));
  EXPECT_THAT((*storage)->PutRecord({Table::kSignedHead, "", "2"}),
              Refuses(absl::StatusCode::kFailedPrecondition, "open /log anew"));
  progress.begun = 2;
  storage->reset();
  EXPECT_EQ(
      WhatIsWrong(LevelDbStorage::Open(kDirectory, env.Options()), progress),
      "");
}

Contents Everything(Storage& storage) {
  Contents everything;
  EXPECT_THAT(storage.ScanEverything([&](Table table, absl::string_view key,
                                         absl::string_view value) {
    everything[{table, std::string(key)}] = std::string(value);
    return true;
  }),
              IsOk());
  return everything;
}

// An error between the two writes of a commit: whoever still reads sees none of
// it.
TEST(CrashTest, ShowsNothingOfACommitThatFailed) {
  int failed = 0;
  for (uint64_t k = 0;; ++k) {
    FaultEnv env;
    auto storage = LevelDbStorage::Create(kDirectory, env.Options());
    ASSERT_THAT(storage, IsOk());
    ASSERT_THAT((*storage)->Commit(CommitNumber(1)), IsOk());
    env.FailFrom(
        {.operation = env.operations() + k, .then = FaultEnv::Then::kAllWorks});
    if ((*storage)->Commit(CommitNumber(2)).ok()) break;
    ++failed;
    EXPECT_EQ(*ScanAll(**storage), ContentsAfter(1));
    EXPECT_EQ(Everything(**storage), ContentsAfter(1));
  }
  EXPECT_GE(failed, 4);
}

// A commit that fails between its two writes is not seen, and nothing of it is
// left once another one has taken its place.
TEST(CrashTest, LeavesNothingOfACommitThatNeverWas) {
  const CommitRequest first = {
      .new_head = "1", .puts = {{Table::kPages, PageName(1, 0), "first"}}};
  const CommitRequest lost = {.expected_head = "1",
                              .new_head = "lost",
                              .puts = {{Table::kPages, PageName(2, 0), "lost"},
                                       {Table::kValues, PageName(2, 1), "lost"},
                                       {Table::kLabels, "l", "lost"}}};
  const CommitRequest second = {
      .expected_head = "1",
      .new_head = "2",
      .puts = {{Table::kPages, PageName(2, 0), "second"}}};
  Contents after_first;
  Apply(first, after_first);
  Contents after_lost = after_first;
  Apply(lost, after_lost);
  Contents after_second = after_first;
  Apply(second, after_second);
  // Behind all that was lost, so that it would be seen again.
  const CommitRequest third = {
      .expected_head = "2",
      .new_head = "3",
      .puts = {{Table::kPages, PageName(3, 0), "third"}}};
  Contents after_third = after_second;
  Apply(third, after_third);
  int half_written = 0;
  bool reached = true;
  for (uint64_t k = 0; reached; ++k) {
    FaultEnv env;
    {
      auto storage = LevelDbStorage::Create(kDirectory, env.Options());
      ASSERT_THAT(storage, IsOk());
      ASSERT_THAT((*storage)->Commit(first), IsOk());
      env.FailFrom({.operation = env.operations() + k});
      if ((*storage)->Commit(lost).ok()) break;
      reached = env.faulted();
    }
    env.PowerCut(Survives::kEverything, k);
    auto storage = LevelDbStorage::Open(kDirectory, env.Options());
    ASSERT_THAT(storage, IsOk());
    if (*ScanAll(**storage) != after_first) continue;
    ++half_written;
    Contents everything;
    ASSERT_THAT(
        (*storage)->ScanEverything(
            [&](Table table, absl::string_view key, absl::string_view value) {
              everything[{table, std::string(key)}] = std::string(value);
              return true;
            }),
        IsOk());
    EXPECT_EQ(everything, after_first);
    EXPECT_EQ((*storage)->Read(Table::kValues, {PageName(2, 1)}).value()[0],
              std::nullopt);
    ASSERT_THAT((*storage)->Commit(second), IsOk());
    EXPECT_EQ(*ScanAll(**storage), after_second);
    storage->reset();
    storage = LevelDbStorage::Open(kDirectory, env.Options());
    ASSERT_THAT(storage, IsOk());
    EXPECT_EQ(*ScanAll(**storage), after_second);
    ASSERT_THAT((*storage)->Commit(third), IsOk());
    EXPECT_EQ(*ScanAll(**storage), after_third);
    EXPECT_EQ(Everything(**storage), after_third);
  }
  // Before the first write, within it, after it and before the second.
  EXPECT_GE(half_written, 3);
}

TEST(CrashTest, ReportsAFailedReadAndNotAbsence) {
  FaultEnv env;
  Progress progress;
  {
    auto storage = LevelDbStorage::Create(kDirectory, env.Options());
    ASSERT_THAT(storage, IsOk());
    ASSERT_TRUE(RunCommits(**storage, 1, 5, progress));
  }
  // Opened anew: every record is in a table now.
  auto storage = LevelDbStorage::Open(kDirectory, env.Options());
  ASSERT_THAT(storage, IsOk());
  env.FailReads(true);
  EXPECT_THAT((*storage)->Read(Table::kPages, {PageName(1, 0)}),
              Refuses(absl::StatusCode::kInternal, "Input/output error"));
  EXPECT_THAT((*storage)->Scan(Table::kPages, "",
                               [](absl::string_view, absl::string_view) {
                                 ADD_FAILURE() << "visited";
                                 return true;
                               }),
              Refuses(absl::StatusCode::kInternal, "Input/output error"));
  EXPECT_THAT((*storage)->Commit(CommitNumber(6)),
              Refuses(absl::StatusCode::kInternal, "Input/output error"));
  env.FailReads(false);
  // Nothing was written, but the object cannot know.
  EXPECT_THAT((*storage)->Commit(CommitNumber(6)),
              Refuses(absl::StatusCode::kFailedPrecondition, "nothing more"));
  const auto values =
      (*storage)->Read(Table::kPages, {PageName(1, 0), PageName(99, 0)});
  ASSERT_THAT(values, IsOk());
  EXPECT_TRUE((*values)[0].has_value());
  EXPECT_FALSE((*values)[1].has_value());
}

}  // namespace
}  // namespace sealbook::server

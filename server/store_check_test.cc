#include "server/store_check.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/log_store.h"
#include "server/storage/memory_storage.h"
#include "server/storage/testing/status_matchers.h"
#include "server/testing/test_certificates.h"
#include "server/testing/test_log.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::Authority;
using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::NewLevelDbDisk;
using ::sealbook::server::testing::NewSubmission;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::TestLog;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr char kLabel[] = "l7@example.org";

// Publishes several hundred versions over a few entries, then stops.
void Fill(TestLog& log) {
  ASSERT_THAT(log.Start(), IsOk());
  for (int round = 0; round < 3; ++round) {
    std::vector<Submission> request;
    for (int i = 0; i < 120; ++i) {
      request.push_back(
          NewSubmission(absl::StrCat("l", i * (round + 1), "@example.org")));
    }
    auto outcome = log.Publish(std::move(request));
    ASSERT_THAT(outcome, IsOk());
    for (const auto& result : outcome->results) ASSERT_THAT(result, IsOk());
  }
  log.sequencer().Stop();
}

struct Report {
  StoreCheckSummary summary;
  std::vector<std::string> damages;
  std::vector<std::string> stages;
};

Report Check(TestLog& log) {
  Report report;
  StoreCheckCallbacks callbacks;
  callbacks.damage = [&](const std::string& damage) {
    report.damages.push_back(damage);
  };
  callbacks.progress = [&](const std::string& stage, uint64_t) {
    report.stages.push_back(stage);
  };
  auto summary = CheckStore(log.storage(), &log.mark(), callbacks);
  EXPECT_THAT(summary, IsOk());
  if (summary.ok()) report.summary = *summary;
  EXPECT_EQ(report.summary.damages, report.damages.size());
  return report;
}

TEST(StoreCheckTest, FindsASoundStoreSoundAndCountsIt) {
  TestLog log(NewLevelDbDisk());
  Fill(log);
  const Report report = Check(log);
  EXPECT_THAT(report.damages, ::testing::IsEmpty());
  EXPECT_EQ(report.summary.tree_size, 4);
  EXPECT_EQ(report.summary.versions, 360);
  EXPECT_EQ(report.summary.leaves, 361) << "and one padding leaf";
  EXPECT_GT(report.summary.pages, 4);
  EXPECT_LT(report.summary.labels, 360);
  EXPECT_THAT(report.stages, Contains("pages"));
  EXPECT_THAT(report.stages, Contains("versions"));
}

TEST(StoreCheckTest, FindsALogOfManyCommitsAndRestartsSound) {
  TestLog log(NewLevelDbDisk());
  // Log nodes fill more than two of their records.
  for (int i = 0; i < 80; ++i) {
    if (i % 20 == 0) {
      ASSERT_THAT(log.Restart(), IsOk());
    }
    const std::string label = absl::StrCat("l", i % 30, "@example.org");
    auto outcome = log.Publish({NewSubmission(label)});
    ASSERT_THAT(outcome, IsOk());
    ASSERT_THAT(outcome->results[0], IsOk());
  }
  ASSERT_THAT(log.Restart(), IsOk());
  log.sequencer().Stop();
  const Report report = Check(log);
  EXPECT_THAT(report.damages, ::testing::IsEmpty());
  EXPECT_EQ(report.summary.tree_size, 85);
  EXPECT_EQ(report.summary.labels, 30);
  for (int i = 0; i < 31; ++i) {
    auto found = log.LookUp(absl::StrCat("l", i, "@example.org"));
    ASSERT_THAT(found, IsOk()) << i;
    ASSERT_EQ(found->has_value(), i < 30);
  }
}

TEST(StoreCheckTest, FindsALogSoundThatHasNoEntryYet) {
  TestLog log;
  log.Open();
  EXPECT_THAT(Check(log).damages, ::testing::IsEmpty());
}

TEST(StoreCheckTest, ReportsThatThereIsNoLog) {
  auto storage = MemoryStorage::Create(std::make_shared<MemoryDisk>());
  ASSERT_THAT(storage, IsOk());
  EXPECT_THAT(CheckStore(**storage, nullptr, {}),
              Refuses(absl::StatusCode::kNotFound, "no log"));
}

struct Damage {
  std::string name;
  std::function<void(TestLog&)> make;
  // Of the report.
  std::string words;
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

void Store(TestLog& log, const Put& put) {
  ASSERT_THAT(log.storage().PutRecord(put), IsOk());
}

std::string Stored(TestLog& log, Table table, const std::string& key) {
  auto read = log.storage().Read(table, {key});
  return read.ok() && (*read)[0].has_value() ? *(*read)[0] : "";
}

// Flips the last byte of a record.
std::function<void(TestLog&)> Flip(Table table, const std::string& key) {
  return [=](TestLog& log) {
    std::string record = Stored(log, table, key);
    ASSERT_FALSE(record.empty());
    record.back() ^= 1;
    Store(log, {table, key, record});
  };
}

void EditEntry(TestLog& log, const std::function<void(StoredEntry&)>& edit) {
  auto entries = log.store().ReadEntries({2});
  ASSERT_THAT(entries, IsOk());
  edit((*entries)[0]);
  Store(log, EntryPut(2, (*entries)[0]));
}

void EditVersion(TestLog& log,
                 const std::function<void(keytrans::VersionFacts&)>& edit) {
  const LabelVersion key{kLabel, 0};
  auto facts = log.store().ReadVersions({key});
  ASSERT_THAT(facts, IsOk());
  edit(*(*facts)[0]);
  Store(log, VersionPut(key, *(*facts)[0]));
}

const Damage kDamages[] = {
    {"PageBytes", Flip(Table::kPages, PageKey({2, 0})), "page 2/0"},
    {"PageOfAnotherEntry",
     [](TestLog& log) {
       Store(log, {Table::kPages, PageKey({2, 0}),
                   Stored(log, Table::kPages, PageKey({1, 0}))});
     },
     "page 2/0: its hash is not the one that names it"},
    {"PageThatNothingNames",
     [](TestLog& log) {
       Store(log, {Table::kPages, PageKey({2, 0xfffffff0}),
                   Stored(log, Table::kPages, PageKey({1, 0}))});
     },
     "nothing in its tree names it"},
    {"PageBeyondTheHead",
     [](TestLog& log) {
       Store(log, {Table::kPages, PageKey({4, 0}),
                   Stored(log, Table::kPages, PageKey({1, 0}))});
     },
     "page 4/0: lies beyond the head"},
    {"EntryTimestamp",
     [](TestLog& log) {
       EditEntry(log, [](StoredEntry& e) { ++e.entry.timestamp; });
     },
     "head: its root is not the root of the 4"},
    {"EntryTimestampBackwards",
     [](TestLog& log) {
       EditEntry(log, [](StoredEntry& e) { --e.entry.timestamp; });
     },
     "log entry 2: its timestamp runs backwards"},
    {"EntryPrefixRoot",
     [](TestLog& log) {
       EditEntry(log,
                 [](StoredEntry& e) { e.entry.prefix_root.data()[0] ^= 1; });
     },
     "page 2/0: its hash is not the one that names it"},
    {"EntryAddedLeaves",
     [](TestLog& log) {
       EditEntry(log, [](StoredEntry& e) { e.added.pop_back(); });
     },
     "log entry 2: lists 119 added leaves, which are not the 120"},
    {"EntryBytes", Flip(Table::kEntries, PositionKey(3)), "log entry 3"},
    {"EntryBeyondTheHead",
     [](TestLog& log) {
       auto entries = log.store().ReadEntries({2});
       ASSERT_THAT(entries, IsOk());
       Store(log, EntryPut(4, (*entries)[0]));
     },
     "log entry 4: lies beyond the head"},
    {"LogNode", Flip(Table::kLogNodes, PositionKey(0)), "log tree node 6"},
    {"VersionCommitment",
     [](TestLog& log) {
       EditVersion(log, [](auto& facts) { facts.commitment.data()[0] ^= 1; });
     },
     "version 0 of l7@example.org: its commitment is not in the tree"},
    {"VersionSearchKey",
     [](TestLog& log) {
       EditVersion(log, [](auto& facts) { facts.vrf_output.data()[9] ^= 1; });
     },
     "version 0 of l7@example.org: its commitment is not in the tree"},
    {"VersionPosition",
     [](TestLog& log) {
       EditVersion(log, [](auto& facts) { ++facts.position; });
     },
     "did not add it"},
    {"VersionBeyondTheHead",
     [](TestLog& log) {
       EditVersion(log, [](auto& facts) { facts.position = 4; });
     },
     "beyond the head"},
    {"VersionSkipped",
     [](TestLog& log) {
       const LabelVersion key{kLabel, 0};
       auto facts = log.store().ReadVersions({key});
       ASSERT_THAT(facts, IsOk());
       Store(log, VersionPut({kLabel, 5}, *(*facts)[0]));
     },
     "version 1 of l7@example.org: missing"},
    {"ValueBytes", Flip(Table::kValues, VersionKey({kLabel, 0})),
     "does not open its commitment"},
    {"GreatestVersion", [](TestLog& log) { Store(log, LabelPut(kLabel, 9)); },
     "label l7@example.org: its record does not name"},
    {"LabelWithoutVersions",
     [](TestLog& log) { Store(log, LabelPut("new@example.org", 0)); },
     "label new@example.org: version 0 of new@example.org is missing"},
    {"LabelBytes",
     [](TestLog& log) {
       Store(log, {Table::kLabels, kLabel, "\xff"});
     },
     "label l7@example.org: not a LabelRecord"},
    {"PublicationWithoutVersion",
     [](TestLog& log) {
       Store(log, PublicationPut({{}, kLabel}, 77));
     },
     "version 77 of l7@example.org is missing"},
    {"PublicationOfAnotherVersion",
     [](TestLog& log) {
       ASSERT_THAT(log.storage().Scan(
                       Table::kPublications, "",
                       [&](absl::string_view key, absl::string_view) {
                         Store(log, {Table::kPublications, std::string(key),
                                     std::string("\0\0\0\x63", 4)});
                         return false;
                       }),
                   IsOk());
     },
     "is missing, or does not name version"},
    {"Issuer", Flip(Table::kIssuers, Authority().chain()[0].sha256.ToString()),
     "another hash"},
    {"Signature",
     [](TestLog& log) {
       SignedHead head = *log.head();
       head.signature[5] ^= 1;
       Store(log, SignedHeadPut(head));
     },
     "does not verify"},
    {"OlderData", [](TestLog& log) { ++log.mark_disk().tree_size; },
     "older copy of the log"},
    {"Fork", [](TestLog& log) { log.mark_disk().log_root.data()[0] ^= 1; },
     "fork"},
    {"OlderMark", [](TestLog& log) { log.mark_disk() = Mark{}; },
     "mark is an older copy"},
};

class StoreDamageTest : public ::testing::TestWithParam<Damage> {};

INSTANTIATE_TEST_SUITE_P(Damages, StoreDamageTest,
                         ::testing::ValuesIn(kDamages),
                         [](const auto& info) { return info.param.name; });

TEST_P(StoreDamageTest, IsReportedWithItsRecord) {
  TestLog log;
  ASSERT_NO_FATAL_FAILURE(Fill(log));
  ASSERT_NO_FATAL_FAILURE(GetParam().make(log));
  EXPECT_THAT(Check(log).damages, Contains(HasSubstr(GetParam().words)));
}

}  // namespace
}  // namespace sealbook::server

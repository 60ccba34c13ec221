// A flipped bit in any record of a log, below the checksums of the storage (for
// those: storage/corruption_test.cc): `check` names the record, the log does
// not start, or what is asked for says DATA_LOSS; or else every answer is
// right. Nothing wrong is served or signed.
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/refusal.h"
#include "server/log_records.h"
#include "server/storage/testing/contents.h"
#include "server/storage/testing/status_matchers.h"
#include "server/store_check.h"
#include "server/testing/contents_disk.h"
#include "server/testing/test_certificates.h"
#include "server/testing/test_log.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::Contents;
using ::sealbook::server::testing::ContentsDisk;
using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::NewSubmission;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::ScanAll;
using ::sealbook::server::testing::TestLog;

// Bits that are flipped in each record, its first and its last byte's included.
constexpr int kFlipsPerRecord = 3;

// The greatest version of each label and its value; absent: there is none.
using Answers =
    std::map<std::string, std::optional<std::pair<uint32_t, std::string>>>;

// One of the words that a damage of the record is named by.
std::vector<std::string> NamesOf(Table table, const std::string& key) {
  switch (table) {
    case Table::kConfiguration:
    case Table::kHead:
    case Table::kSignedHead:
      return {"head"};
    case Table::kEntries:
      return {absl::StrCat("log entry ", *DecodePositionKey(key)),
              "head: its root is not the root"};
    case Table::kLogNodes:
      return {"log tree node", "log nodes"};
    case Table::kPages: {
      const merkle::PageId id = *DecodePageKey(key);
      return {absl::StrCat("page ", id.position, "/", id.ordinal)};
    }
    case Table::kLabels:
      return {absl::StrCat("label ", absl::CHexEscape(key))};
    case Table::kValues:
      return {"value of version"};
    case Table::kVersions: {
      const LabelVersion version = *DecodeVersionKey(key);
      return {absl::StrCat("version ", version.version, " of ",
                           absl::CHexEscape(version.label))};
    }
    case Table::kPublications:
      return {"publication"};
    case Table::kIssuers:
      return {"issuing certificate"};
    case Table::kRevocations:
      return {"revocation"};
    case Table::kCompromisedKeys:
      return {"compromised key"};
    case Table::kSerials:
      return {"serial number"};
  }
  return {};
}

class FlippedBitTest : public ::testing::Test {
 protected:
  // A log of a few entries with a label of three versions, one of two, some of
  // one, and one that does not exist.
  void SetUp() override {
    TestLog log;
    ASSERT_THAT(log.Start(), IsOk());
    for (const std::vector<int>& labels :
         {std::vector<int>{0, 1}, {0, 2}, {0, 1, 3}}) {
      std::vector<Submission> request;
      for (const int i : labels) {
        request.push_back(NewSubmission(LabelOf(i)));
      }
      const auto outcome = log.Publish(std::move(request));
      ASSERT_THAT(outcome, IsOk());
      for (const auto& result : outcome->results) ASSERT_THAT(result, IsOk());
    }
    Submission revocation = NewSubmission(LabelOf(3));
    ASSERT_THAT(log.Publish({revocation}), IsOk());
    revocation.cause = PublishCause::kRevoked;
    revocation.reason = v1::CRL_REASON_KEY_COMPROMISE;
    const auto revoked = log.Publish({revocation});
    ASSERT_THAT(revoked, IsOk());
    ASSERT_THAT(revoked->results[0], IsOk());
    for (int i = 0; i < 5; ++i) {
      auto found = log.LookUp(LabelOf(i));
      ASSERT_THAT(found, IsOk());
      answers_[LabelOf(i)];
      if (found->has_value()) {
        answers_[LabelOf(i)] = {(*found)->version, (*found)->value};
      }
    }
    ASSERT_FALSE(answers_[LabelOf(4)].has_value());
    log.sequencer().Stop();
    const auto contents = ScanAll(log.storage());
    ASSERT_THAT(contents, IsOk());
    contents_ = *contents;
    mark_ = log.mark_disk();
  }

  static std::string LabelOf(int i) {
    return absl::StrCat("l", i, "@example.org");
  }

  // Whether the server hands the bytes of such records on as they are: that a
  // proof made of them leads to the signed root is for the client to check.
  static bool GoesIntoProofsUnseen(Table table) {
    return table == Table::kLogNodes || table == Table::kVersions;
  }

  // Asks for every label. An answer is the right one, or an error of the
  // server, or of the client where there is no other way.
  static int CountRightAnswers(TestLog& log, const Answers& expected,
                               bool client_may_refuse,
                               const std::string& flip) {
    int right = 0;
    for (const auto& [label, answer] : expected) {
      const auto found = log.LookUp(label);
      if (!found.ok()) {
        EXPECT_TRUE(absl::IsDataLoss(found.status()) ||
                    (client_may_refuse &&
                     keytrans::RefusalOf(found.status()).has_value()))
            << flip << ", " << label << ": " << found.status();
        continue;
      }
      ++right;
      EXPECT_EQ(found->has_value(), answer.has_value())
          << flip << ", " << label;
      if (!found->has_value() || !answer.has_value()) continue;
      EXPECT_EQ((*found)->version, answer->first) << flip << ", " << label;
      EXPECT_EQ((*found)->value, answer->second) << flip << ", " << label;
    }
    return right;
  }

  // Publishes another certificate for every label; what is acknowledged is in
  // `answers` then.
  static void PublishMore(TestLog& log, Answers& answers,
                          const std::string& flip) {
    for (auto& [label, answer] : answers) {
      const auto outcome = log.Publish({NewSubmission(label)});
      const absl::Status status =
          outcome.ok() ? outcome->results[0].status() : outcome.status();
      if (!status.ok()) {
        EXPECT_TRUE(absl::IsDataLoss(status) || absl::IsAborted(status) ||
                    absl::IsFailedPrecondition(status))
            << flip << ", " << label << ": " << status;
        continue;
      }
      const uint32_t version = answer.has_value() ? answer->first + 1 : 0;
      EXPECT_EQ(outcome->results[0]->version, version) << flip << ", " << label;
      const auto values = log.store().ReadValues({{label, version}});
      ASSERT_THAT(values, IsOk()) << flip;
      answer = {version, (*values)[0].value};
    }
  }

  // What came of one flip.
  struct Outcome {
    bool reported = false;
    bool named = false;
    bool started = false;
    bool all_right = false;
  };
  Outcome Flip(Table table, const std::string& key, size_t bit,
               bool publish_more) const {
    const bool unseen = GoesIntoProofsUnseen(table);
    const std::string flip =
        absl::StrCat("table ", static_cast<int>(table), ", key ",
                     absl::CHexEscape(key), ", bit ", bit);
    Contents contents = contents_;
    contents[{table, key}][bit / 8] ^= 1 << bit % 8;
    TestLog log(std::make_unique<ContentsDisk>(std::move(contents)));
    log.mark_disk() = mark_;
    log.Open();

    Outcome outcome;
    StoreCheckCallbacks callbacks;
    callbacks.damage = [&](const std::string& damage) {
      outcome.reported = true;
      for (const std::string& name : NamesOf(table, key)) {
        if (absl::StrContains(damage, name)) outcome.named = true;
      }
    };
    const absl::Status checked =
        CheckStore(log.storage(), &log.mark(), callbacks, 1).status();
    if (!checked.ok()) outcome.reported = outcome.named = true;
    const absl::Status started = log.Start();
    outcome.started = started.ok();
    if (!started.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(started) ||
                  absl::IsFailedPrecondition(started) ||
                  absl::IsUnimplemented(started) || absl::IsAborted(started))
          << flip << ": " << started;
      return outcome;
    }
    Answers answers = answers_;
    outcome.all_right = CountRightAnswers(log, answers, unseen, flip) ==
                        static_cast<int>(answers.size());
    if (!publish_more) return outcome;
    PublishMore(log, answers, flip);
    CountRightAnswers(log, answers, unseen, flip);
    return outcome;
  }

  Contents contents_;
  Mark mark_;
  Answers answers_;
};

TEST_F(FlippedBitTest, NeverLeadsToAWrongAnswer) {
  const uint32_t seed = std::random_device()();
  std::cout << "seed " << seed << std::endl;
  std::mt19937 random(seed);
  std::map<Table, std::map<std::string, int>> counts;
  for (const auto& [key, value] : contents_) {
    // The label's record of version 0 is empty: protobuf leaves out a 0.
    for (int i = 0; i < (value.empty() ? 0 : kFlipsPerRecord); ++i) {
      size_t byte = random() % value.size();
      if (i == 0) byte = 0;
      if (i == 1) byte = value.size() - 1;
      const size_t bit = 8 * byte + random() % 8;
      const Outcome outcome = Flip(key.first, key.second, bit, i == 2);
      EXPECT_TRUE(outcome.reported || (outcome.started && outcome.all_right))
          << "bit " << bit << " of table " << static_cast<int>(key.first)
          << " has an effect that `check` does not see";
      EXPECT_EQ(outcome.reported, outcome.named)
          << "bit " << bit << " of table " << static_cast<int>(key.first)
          << ", key " << absl::CHexEscape(key.second)
          << ": reported, but not by its name";
      std::map<std::string, int>& count = counts[key.first];
      ++count[" flips"];
      count[" reported"] += outcome.reported;
      count[" not started"] += !outcome.started;
      count[" answered all the same"] += outcome.all_right;
    }
  }
  // A serial number's record is all key.
  EXPECT_EQ(counts.size(), std::size(testing::kAllTables) - 1);
  EXPECT_FALSE(counts.contains(Table::kSerials));
  for (const auto& [table, count] : counts) {
    std::cout << "table " << static_cast<int>(table) << ":";
    for (const auto& [what, n] : count) std::cout << " " << n << what;
    std::cout << std::endl;
  }
}

TEST_F(FlippedBitTest, NamesALabelWhoseRecordContradictsItsVersions) {
  const std::pair<uint32_t, std::string> cases[] = {
      {1, "names 1 as the greatest version, but there is a greater one"},
      {3, "names 3 as the greatest version, but version 3 is missing"},
      {0xffffffff, "but version 4294967295 is missing"}};
  for (const auto& [greatest, words] : cases) {
    Contents contents = contents_;
    const Put put = LabelPut(LabelOf(0), greatest);
    contents[{put.table, put.key}] = put.value;
    TestLog log(std::make_unique<ContentsDisk>(std::move(contents)));
    log.mark_disk() = mark_;
    ASSERT_THAT(log.Start(), IsOk());
    EXPECT_THAT(log.LookUp(LabelOf(0)),
                Refuses(absl::StatusCode::kDataLoss, words));
    EXPECT_THAT(log.LookUp(LabelOf(1)), IsOk());
  }
}

TEST_F(FlippedBitTest, ChangesNothingWhereThereIsNone) {
  TestLog log(std::make_unique<ContentsDisk>(contents_));
  log.mark_disk() = mark_;
  ASSERT_THAT(log.Start(), IsOk());
  Answers answers = answers_;
  EXPECT_EQ(CountRightAnswers(log, answers, false, "none"), 5);
  PublishMore(log, answers, "none");
  EXPECT_EQ(answers[LabelOf(0)]->first, 3);
  EXPECT_EQ(answers[LabelOf(4)]->first, 0);
  EXPECT_EQ(CountRightAnswers(log, answers, false, "none"), 5);
}

}  // namespace
}  // namespace sealbook::server

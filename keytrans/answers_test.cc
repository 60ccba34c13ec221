// What an answer of any kind is refused for, and which questions are the
// caller's own mistake. Under each cipher suite, with fake keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/cipher_suite.h"
#include "keytrans/history_prover.h"
#include "keytrans/monitor_prover.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

using ::testing::Combine;
using ::testing::HasSubstr;
using ::testing::Values;

constexpr char kAlice[] = "alice@example.org";
constexpr char kNobody[] = "nobody@example.org";
constexpr uint64_t kStart = 1'700'000'000'000;
constexpr uint64_t kMinute = 60'000;
constexpr uint64_t kSize = 14;
constexpr uint64_t kAdded[] = {2, 5, 5, 9, 11, 12};

enum class Kind {
  kSearch,
  kFixedVersion,
  kAbsence,
  kHistory,
  kAsOf,
  kWalk,
  kInit
};

constexpr const char* kKindNames[] = {"Search",   "FixedVersion", "Absence",
                                      "History",  "AsOf",         "Walk",
                                      "OwnerInit"};

// The parts that all kinds have.
using Change = std::function<void(FullTreeHead&, CombinedTreeProof&)>;

void Nothing(FullTreeHead&, CombinedTreeProof&) {}

class AnswersTest
    : public ::testing::TestWithParam<std::tuple<Kind, crypto::CipherSuite>> {
 protected:
  // Nearly every entry is distinguished.
  AnswersTest() : log_(2 * kMinute, TestKeys::kFake, std::get<1>(GetParam())) {
    for (uint64_t i = 0; i < kSize; ++i) {
      std::vector<TestLog::NewVersion> added;
      for (uint64_t position : kAdded) {
        if (position == i) added.push_back({kAlice, "value"});
      }
      log_.Append(kStart + i * kMinute, added);
    }
  }

  static Kind kind() { return std::get<0>(GetParam()); }
  static std::string Label() {
    return kind() == Kind::kAbsence ? kNobody : kAlice;
  }
  SearchRequest Search(std::optional<uint64_t> last) const {
    SearchRequest request{last, label_, std::nullopt};
    if (kind() == Kind::kFixedVersion) request.version = 0;
    return request;
  }
  HistoryRequest History(std::optional<uint64_t> last) const {
    return {last, label_, 2};
  }
  AsOfRequest AsOf(std::optional<uint64_t> last) const {
    return {last, label_, kStart + 5 * kMinute};
  }

  OwnerInitRequest Init(std::optional<uint64_t> last) const {
    return {last, label_, 9};
  }

  template <typename Response>
  static std::string Changed(absl::StatusOr<Response> response,
                             CombinedTreeProof Response::*proof,
                             const Change& change) {
    EXPECT_TRUE(response.ok()) << response.status();
    change(response->full_tree_head, (*response).*proof);
    auto bytes = response->Encode();
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return *bytes;
  }

  // An honest answer, changed.
  std::string Answer(std::optional<uint64_t> last,
                     const Change& change = Nothing) {
    const Configuration& configuration = log_.configuration();
    const TreeHead head = log_.Sign(kSize, log_.Root(kSize));
    switch (kind()) {
      case Kind::kAbsence:
        return Changed(AbsenceResponse::Parse(configuration,
                                              log_.Answer(Search(last))->bytes),
                       &AbsenceResponse::search, change);
      case Kind::kHistory: {
        auto page =
            AnswerHistory(log_, configuration, head, History(last), 100);
        return Changed(
            HistoryResponse::Parse(configuration, History(last), page->bytes),
            &HistoryResponse::history, change);
      }
      case Kind::kAsOf: {
        auto answer = AnswerAsOf(log_, configuration, head, AsOf(last));
        return Changed(AsOfResponse::Parse(configuration, answer->bytes),
                       &AsOfResponse::search, change);
      }
      case Kind::kWalk: {
        auto bytes = AnswerDistinguished(log_, configuration, head,
                                         {last, std::nullopt});
        return Changed(DistinguishedResponse::Parse(configuration, *bytes),
                       &DistinguishedResponse::distinguished, change);
      }
      case Kind::kInit: {
        auto bytes = AnswerOwnerInit(log_, configuration, head, Init(last));
        return Changed(OwnerInitResponse::Parse(configuration, *bytes),
                       &OwnerInitResponse::init, change);
      }
      default:
        return Changed(SearchResponse::Parse(configuration, Search(last),
                                             log_.Answer(Search(last))->bytes),
                       &SearchResponse::search, change);
    }
  }

  absl::Status Verify(std::optional<uint64_t> last,
                      const std::optional<TreeView>& view,
                      const std::string& bytes) {
    const Verifier verifier = log_.verifier();
    switch (kind()) {
      case Kind::kAbsence:
        return verifier.VerifyAbsence(Search(last), view, bytes, now_).status();
      case Kind::kHistory:
        return verifier.VerifyHistory(History(last), view, bytes, now_)
            .status();
      case Kind::kAsOf:
        return verifier.VerifyAsOf(AsOf(last), view, bytes, now_).status();
      case Kind::kWalk:
        return verifier
            .VerifyDistinguished({last, std::nullopt}, view, bytes, now_)
            .status();
      case Kind::kInit:
        return verifier.VerifyOwnerInit(Init(last), view, bytes, now_).status();
      default:
        return verifier.VerifySearch(Search(last), view, bytes, now_).status();
    }
  }

  std::optional<TreeView> ViewOf(std::optional<uint64_t> last) const {
    if (!last.has_value()) return std::nullopt;
    return log_.View(*last);
  }

  absl::Status VerifyChanged(std::optional<uint64_t> last,
                             const Change& change) {
    return Verify(last, ViewOf(last), Answer(last, change));
  }

  void ExpectRefused(const absl::Status& status, RefusalReason reason,
                     const std::string& words) {
    EXPECT_EQ(RefusalOf(status), reason) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  // How many elements an honest answer has.
  size_t Count(std::optional<uint64_t> last,
               const std::function<size_t(const CombinedTreeProof&)>& count) {
    size_t counted = 0;
    Answer(last, [&](FullTreeHead&, CombinedTreeProof& proof) {
      counted = count(proof);
    });
    return counted;
  }

  TestLog log_;
  std::string label_ = Label();
  uint64_t now_ = kStart + kSize * kMinute;
};

INSTANTIATE_TEST_SUITE_P(
    Kinds, AnswersTest,
    Combine(Values(Kind::kSearch, Kind::kFixedVersion, Kind::kAbsence,
                   Kind::kHistory, Kind::kAsOf, Kind::kWalk, Kind::kInit),
            Values(crypto::CipherSuite::kP256, crypto::CipherSuite::kEd25519)),
    [](const auto& info) {
      return kKindNames[static_cast<int>(std::get<0>(info.param))] +
             std::string(crypto::CipherSuiteName(std::get<1>(info.param)));
    });

TEST_P(AnswersTest, VerifiesFromEveryAdvertisedSize) {
  EXPECT_EQ(VerifyChanged(std::nullopt, Nothing), absl::OkStatus());
  for (uint64_t last = 1; last <= kSize; ++last) {
    EXPECT_EQ(VerifyChanged(last, Nothing), absl::OkStatus()) << last;
  }
}

TEST_P(AnswersTest, RefusesEveryMissingTimestamp) {
  for (std::optional<uint64_t> last :
       {std::optional<uint64_t>(), std::optional<uint64_t>(4)}) {
    const size_t count = Count(
        last, [](const CombinedTreeProof& p) { return p.timestamps.size(); });
    ASSERT_GT(count, 2u);
    for (size_t kept = 0; kept < count; ++kept) {
      ExpectRefused(VerifyChanged(last,
                                  [kept](FullTreeHead&, CombinedTreeProof& p) {
                                    p.timestamps.resize(kept);
                                  }),
                    RefusalReason::kElementCount,
                    "timestamps has " + std::to_string(kept) +
                        " elements, expected more");
    }
  }
}

TEST_P(AnswersTest, RefusesEveryMissingPrefixProof) {
  const size_t count = Count(
      4, [](const CombinedTreeProof& p) { return p.prefix_proofs.size(); });
  ASSERT_EQ(count == 0, kind() == Kind::kWalk);
  for (size_t kept = 0; kept < count; ++kept) {
    ExpectRefused(VerifyChanged(4,
                                [kept](FullTreeHead&, CombinedTreeProof& p) {
                                  p.prefix_proofs.resize(kept);
                                }),
                  RefusalReason::kElementCount,
                  "prefix_proofs has " + std::to_string(kept) +
                      " elements, expected more");
  }
}

TEST_P(AnswersTest, RefusesATimestampGreaterThanTheNextOne) {
  // The first three are of the updated view, the others to the left of these.
  const uint64_t view[] = {7, 11, 13};
  const uint64_t greatest = log_.entries()[13].timestamp;
  const size_t count = Count(std::nullopt, [](const CombinedTreeProof& p) {
    return p.timestamps.size();
  });
  for (size_t i = 0; i < count; ++i) {
    if (i == 2) continue;  // Nothing is right of the newest entry.
    // The view's entries are noticed at the next one.
    const std::string words =
        i < 2 ? absl::StrCat("log entry ", view[i + 1], " has timestamp ",
                             log_.entries()[view[i + 1]].timestamp,
                             ", log entry ", view[i], " has ", greatest + 1)
              : absl::StrCat(" has timestamp ", greatest + 1, ", log entry ");
    ExpectRefused(VerifyChanged(std::nullopt,
                                [&](FullTreeHead&, CombinedTreeProof& p) {
                                  p.timestamps[i] = greatest + 1;
                                }),
                  RefusalReason::kTimestampOrder, words);
  }
}

TEST_P(AnswersTest, RefusesAHeadThatIsOld) {
  now_ = log_.entries().back().timestamp + log_.configuration().max_behind + 1;
  ExpectRefused(VerifyChanged(4, Nothing), RefusalReason::kStaleHead,
                "3600001 ms old");
  ExpectRefused(VerifyChanged(kSize, Nothing), RefusalReason::kStaleHead,
                "3600001 ms old");
}

TEST_P(AnswersTest, RefusesASignatureOverAnotherRoot) {
  ExpectRefused(VerifyChanged(4,
                              [&](FullTreeHead& head, CombinedTreeProof&) {
                                head.updated = log_.Sign(kSize, log_.Root(4));
                              }),
                RefusalReason::kSignature, "tree size 14");
}

TEST_P(AnswersTest, RefusesTreeSizesThatCannotBe) {
  for (uint64_t size : {uint64_t{0}, (uint64_t{1} << 62) + 1}) {
    ExpectRefused(VerifyChanged(std::nullopt,
                                [size](FullTreeHead& head, CombinedTreeProof&) {
                                  head.updated->tree_size = size;
                                }),
                  RefusalReason::kTreeSize,
                  "the tree head has tree size " + std::to_string(size));
  }
}

TEST_P(AnswersTest, RefusesTrailingBytes) {
  ExpectRefused(Verify(4, ViewOf(4), Answer(4) + '\0'),
                RefusalReason::kMalformed, "1 trailing bytes");
}

TEST_P(AnswersTest, SaysThatALabelIsTooLongToBeAskedFor) {
  const std::string bytes = Answer(std::nullopt);
  label_ = std::string(256, 'a');
  const absl::Status status = Verify(std::nullopt, std::nullopt, bytes);
  if (kind() == Kind::kWalk) {
    EXPECT_EQ(status, absl::OkStatus()) << "a walk asks for no label";
    return;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("label has 256 bytes, at most 255"));
}

TEST_P(AnswersTest, SaysThatTheRequestAdvertisesAnotherView) {
  auto expect = [&](std::optional<uint64_t> last,
                    std::optional<uint64_t> retained,
                    const std::string& words) {
    const absl::Status status = Verify(last, ViewOf(retained), Answer(last));
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  };
  expect(4, std::nullopt,
         "advertises tree size 4, the retained view is absent");
  expect(std::nullopt, 4,
         "advertises no tree, the retained view has tree size");
  expect(4, 5, "advertises tree size 4, the retained view has tree size 5");
}

}  // namespace
}  // namespace sealbook::keytrans

// What any answer to contacts and owners is refused for. Under each cipher
// suite, with fake keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "crypto/cipher_suite.h"
#include "keytrans/monitor_prover.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/testing/test_owner.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

using ::testing::Combine;
using ::testing::HasSubstr;
using ::testing::Values;

constexpr char kAlice[] = "alice@example.org";
constexpr uint64_t kStart = 1'700'000'000'000;
constexpr uint64_t kMinute = 60'000;
constexpr uint64_t kSize = 17;

// Chosen so that each of the algorithms' timestamps is one that nothing before
// it has asked for.
enum class Kind {
  // A version on its way to a distinguished entry, and one that is there.
  kContact,
  kContactAtItsEnd,
  // From the left edge, every entry distinguished.
  kOwner,
  // One version, with an entry of the tree before to inspect; and so many, in
  // distinguished entries, that the search ladder lacks some.
  kUpdate,
  kUpdateOfMany,
  kUpdateOfManyInALeaf,
};

constexpr const char* kKindNames[] = {"Contact",      "ContactAtItsEnd",
                                      "Owner",        "Update",
                                      "UpdateOfMany", "UpdateOfManyInALeaf"};

// The parts that all kinds have.
using Change = std::function<void(FullTreeHead&, CombinedTreeProof&)>;

void Nothing(FullTreeHead&, CombinedTreeProof&) {}

class MonitorAnswersTest
    : public ::testing::TestWithParam<std::tuple<Kind, crypto::CipherSuite>> {
 protected:
  MonitorAnswersTest() {
    switch (std::get<0>(GetParam())) {
      case Kind::kContact:
        MakeLog(/*window=*/5, /*added=*/8);
        AskAsContact(8, /*last=*/12);
        break;
      case Kind::kContactAtItsEnd:
        MakeLog(/*window=*/1, /*added=*/2);
        AskAsContact(2, /*last=*/5);
        break;
      case Kind::kOwner: {
        MakeLog(/*window=*/1, /*added=*/0);
        AppendUntil(5);
        TestOwner owner(*log_, kAlice);
        EXPECT_EQ(owner.Init(1), absl::OkStatus());
        AppendUntil(kSize);
        AskAsOwner(owner);
        break;
      }
      case Kind::kUpdate:
        AskForUpdate(/*window=*/5, /*start=*/11, /*position=*/14, /*count=*/1);
        break;
      case Kind::kUpdateOfMany:
        AskForUpdate(/*window=*/5, /*start=*/7, /*position=*/11, /*count=*/8);
        break;
      case Kind::kUpdateOfManyInALeaf:
        AskForUpdate(/*window=*/1, /*start=*/7, /*position=*/10, /*count=*/8);
        break;
    }
    now_ = log_->entries().back().timestamp;
  }

  // Window in minutes; version 0 comes in at `added`.
  void MakeLog(uint64_t window, uint64_t added) {
    log_.emplace(window * kMinute, TestKeys::kFake, std::get<1>(GetParam()));
    AppendUntil(added);
    Append({{kAlice, "value"}});
  }
  void Append(const std::vector<TestLog::NewVersion>& versions) {
    log_->Append(kStart + log_->size() * kMinute, versions);
  }
  void AppendUntil(uint64_t size) {
    while (log_->size() < size) Append({});
  }
  TreeHead Head() const { return log_->Sign(kSize, log_->Root(kSize)); }

  // Who was shown version 0 at `position`.
  void AskAsContact(uint64_t position, uint64_t last) {
    AppendUntil(kSize);
    const ContactMonitorRequest request{last, kAlice, {{position, 0}}};
    const VersionFacts& facts = log_->labels().at(kAlice)[0].facts;
    const LadderKeys keys = {{0, {facts.vrf_output, facts.commitment}}};
    bytes_ =
        *AnswerContactMonitor(*log_, log_->configuration(), Head(), request);
    verify_ = [=, this](const std::string& bytes) {
      return log_->verifier()
          .VerifyContactMonitor(request, log_->View(last), keys, bytes, now_)
          .status();
    };
    edit_ = [this](const Change& change) {
      return Changed<ContactMonitorResponse>(&ContactMonitorResponse::monitor,
                                             change);
    };
  }

  void AskAsOwner(const TestOwner& owner) {
    const OwnerState state = owner.state();
    const OwnerMonitorRequest request{owner.view()->size(), kAlice,
                                      state.entries, state.start,
                                      state.Greatest()};
    bytes_ = *AnswerOwnerMonitor(*log_, log_->configuration(), Head(), request);
    verify_ = [=, this, view = owner.view()](const std::string& bytes) {
      return log_->verifier()
          .VerifyOwnerMonitor(request, view, state, bytes, now_)
          .status();
    };
    edit_ = [this](const Change& change) {
      return Changed<OwnerMonitorResponse>(&OwnerMonitorResponse::monitor,
                                           change);
    };
  }

  void AskForUpdate(uint64_t window, uint64_t start, uint64_t position,
                    size_t count) {
    MakeLog(window, /*added=*/2);
    AppendUntil(start + 2);
    TestOwner owner(*log_, kAlice);
    EXPECT_EQ(owner.Init(start), absl::OkStatus());
    AppendUntil(position);
    Append(std::vector<TestLog::NewVersion>(count, {kAlice, "new"}));
    AppendUntil(kSize);
    const UpdateRequest request{
        owner.view()->size(), kAlice, owner.state().Greatest(), {}};
    bytes_ = AnswerUpdate(*log_, log_->configuration(), Head(), request)->bytes;
    verify_ = [=, this, view = owner.view(),
               state = owner.state()](const std::string& bytes) {
      return log_->verifier()
          .VerifyUpdate(request, view, state, bytes, now_)
          .status();
    };
    edit_ = [this](const Change& change) {
      return Changed<UpdateResponse>(&UpdateResponse::update, change);
    };
  }

  template <typename Response>
  std::string Changed(CombinedTreeProof Response::*proof,
                      const Change& change) const {
    auto response = Response::Parse(log_->configuration(), bytes_);
    EXPECT_TRUE(response.ok()) << response.status();
    change(response->full_tree_head, (*response).*proof);
    auto bytes = response->Encode();
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return *bytes;
  }

  absl::Status VerifyChanged(const Change& change) {
    return verify_(edit_(change));
  }

  // How many elements the honest answer has.
  size_t Count(const std::function<size_t(const CombinedTreeProof&)>& count) {
    size_t counted = 0;
    edit_([&](FullTreeHead&, CombinedTreeProof& proof) {
      counted = count(proof);
    });
    return counted;
  }

  void ExpectRefused(const absl::Status& status, RefusalReason reason,
                     const std::string& words) {
    EXPECT_EQ(RefusalOf(status), reason) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  std::optional<TestLog> log_;
  std::string bytes_;
  std::function<absl::Status(const std::string& bytes)> verify_;
  std::function<std::string(const Change& change)> edit_;
  uint64_t now_ = 0;
};

INSTANTIATE_TEST_SUITE_P(
    Kinds, MonitorAnswersTest,
    Combine(Values(Kind::kContact, Kind::kContactAtItsEnd, Kind::kOwner,
                   Kind::kUpdate, Kind::kUpdateOfMany,
                   Kind::kUpdateOfManyInALeaf),
            Values(crypto::CipherSuite::kP256, crypto::CipherSuite::kEd25519)),
    [](const auto& info) {
      return kKindNames[static_cast<int>(std::get<0>(info.param))] +
             std::string(crypto::CipherSuiteName(std::get<1>(info.param)));
    });

TEST_P(MonitorAnswersTest, BelievesTheTruth) {
  EXPECT_EQ(VerifyChanged(Nothing), absl::OkStatus());
}

TEST_P(MonitorAnswersTest, RefusesEveryMissingTimestamp) {
  const size_t count =
      Count([](const CombinedTreeProof& p) { return p.timestamps.size(); });
  ASSERT_GT(count, 2u);
  for (size_t kept = 0; kept < count; ++kept) {
    ExpectRefused(
        VerifyChanged([kept](FullTreeHead&, CombinedTreeProof& p) {
          p.timestamps.resize(kept);
        }),
        RefusalReason::kElementCount,
        "timestamps has " + std::to_string(kept) + " elements, expected more");
  }
}

TEST_P(MonitorAnswersTest, RefusesTimestampsThatRunBackwards) {
  const size_t count =
      Count([](const CombinedTreeProof& p) { return p.timestamps.size(); });
  const uint64_t newest = now_;
  for (size_t i = 0; i < count; ++i) {
    ExpectRefused(VerifyChanged([&](FullTreeHead&, CombinedTreeProof& p) {
                    uint64_t& timestamp = p.timestamps[i];
                    timestamp = timestamp == newest ? kStart - 1 : newest + 1;
                  }),
                  RefusalReason::kTimestampOrder, "has timestamp");
  }
}

TEST_P(MonitorAnswersTest, RefusesATimestampSmallerThanARetainedOne) {
  ExpectRefused(VerifyChanged([](FullTreeHead&, CombinedTreeProof& p) {
                  p.timestamps[0] = kStart - 1;
                }),
                RefusalReason::kTimestampOrder,
                "has timestamp " + std::to_string(kStart - 1));
}

TEST_P(MonitorAnswersTest, RefusesMissingPrefixProofs) {
  const size_t count =
      Count([](const CombinedTreeProof& p) { return p.prefix_proofs.size(); });
  // How many ladders an owner is shown is the log's choice; but the root of an
  // entry without one has to be there.
  const bool owner = std::get<0>(GetParam()) == Kind::kOwner;
  for (size_t kept = 0; kept < count; ++kept) {
    ExpectRefused(VerifyChanged([kept](FullTreeHead&, CombinedTreeProof& p) {
                    p.prefix_proofs.resize(kept);
                  }),
                  RefusalReason::kElementCount,
                  owner ? "expected"
                        : "prefix_proofs has " + std::to_string(kept) +
                              " elements, expected more");
  }
}

TEST_P(MonitorAnswersTest, RefusesAPrefixProofThatIsNone) {
  const size_t count =
      Count([](const CombinedTreeProof& p) { return p.prefix_proofs.size(); });
  for (size_t i = 0; i < count; ++i) {
    ExpectRefused(VerifyChanged([i](FullTreeHead&, CombinedTreeProof& p) {
                    p.prefix_proofs[i].elements.emplace_back();
                  }),
                  RefusalReason::kPrefixProof, "log entry ");
  }
}

TEST_P(MonitorAnswersTest, RefusesWhatIsLeftOver) {
  ExpectRefused(VerifyChanged([](FullTreeHead&, CombinedTreeProof& p) {
                  p.timestamps.push_back(p.timestamps.back());
                }),
                RefusalReason::kElementCount, "timestamps has");
  ExpectRefused(VerifyChanged([](FullTreeHead&, CombinedTreeProof& p) {
                  p.prefix_proofs.emplace_back();
                }),
                RefusalReason::kElementCount, "prefix_proofs has");
}

TEST_P(MonitorAnswersTest, RefusesAHeadThatIsOld) {
  now_ += log_->configuration().max_behind + 1;
  ExpectRefused(VerifyChanged(Nothing), RefusalReason::kStaleHead,
                "3600001 ms old");
}

TEST_P(MonitorAnswersTest, RefusesASignatureOverAnotherRoot) {
  ExpectRefused(VerifyChanged([&](FullTreeHead& head, CombinedTreeProof&) {
                  head.updated = log_->Sign(kSize, log_->Root(4));
                }),
                RefusalReason::kSignature, "tree size 17");
}

TEST_P(MonitorAnswersTest, RefusesTreeSizesThatCannotBe) {
  for (uint64_t size : {uint64_t{0}, uint64_t{2}, (uint64_t{1} << 62) + 1}) {
    ExpectRefused(VerifyChanged([size](FullTreeHead& head, CombinedTreeProof&) {
                    head.updated->tree_size = size;
                  }),
                  RefusalReason::kTreeSize,
                  "tree head has tree size " + std::to_string(size));
  }
}

TEST_P(MonitorAnswersTest, RefusesTrailingBytes) {
  ExpectRefused(verify_(bytes_ + '\0'), RefusalReason::kMalformed,
                "1 trailing bytes");
}

}  // namespace
}  // namespace sealbook::keytrans

#include "server/batch_plan.h"

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/testing/status_matchers.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::Refuses;
using ::testing::ElementsAre;

constexpr int64_t kNow = 1'000'000;

// A certificate that nobody parses: number and issuer make its hashes.
std::shared_ptr<const smime::AdmittedCertificate> Certificate(
    uint32_t number, uint8_t issuer = 0, int64_t not_after_ms = 2 * kNow) {
  auto certificate = std::make_shared<smime::AdmittedCertificate>();
  certificate->der = absl::StrCat("certificate ", number);
  for (int i = 0; i < 4; ++i) {
    certificate->sha256.data()[i] = static_cast<uint8_t>(number >> 8 * i);
  }
  smime::Issuer chain;
  chain.key_sha256.data()[0] = issuer;
  certificate->chain = std::make_shared<smime::Chain>(smime::Chain{chain});
  certificate->not_after_ms = not_after_ms;
  return certificate;
}

Submission Of(const std::string& label, uint32_t number, uint8_t issuer = 0) {
  Submission submission;
  submission.label = label;
  submission.certificate = Certificate(number, issuer);
  return submission;
}

// Plans for a log without any label, unless `states` say otherwise.
BatchPlan Plan(const std::vector<PublishRequest>& requests,
               std::vector<LabelState> states = {}) {
  std::vector<const PublishRequest*> pointers;
  for (const PublishRequest& request : requests) pointers.push_back(&request);
  const std::vector<LabelQuery> queries = QueriesOf(pointers);
  states.resize(queries.size());
  return PlanBatch(pointers, {}, queries, std::move(states), {}, kNow);
}

const absl::Status& RefusalOf(const PlannedResult& result) {
  static const absl::Status& none = *new absl::Status();
  const auto* refusal = std::get_if<absl::Status>(&result.outcome);
  return refusal == nullptr ? none : *refusal;
}

std::vector<size_t> LeavesOf(const BatchPlan& plan) {
  std::vector<size_t> leaves(plan.entries);
  for (const PlannedVersion& version : plan.versions) ++leaves[version.entry];
  return leaves;
}

// `count` versions of one label from as many issuers as the limit of live
// certificates asks for.
PublishRequest ManyOf(const std::string& label, uint32_t count,
                      uint32_t first = 0) {
  PublishRequest request;
  for (uint32_t i = first; i < first + count; ++i) {
    request.push_back(Of(label, i, static_cast<uint8_t>(i / 16)));
  }
  return request;
}

TEST(BatchPlanTest, AsksForEachLabelOnceWithAllItsCertificates) {
  const PublishRequest request = {Of("b", 1), Of("a", 2), Of("b", 3)};
  const PublishRequest* pointer = &request;
  const std::vector<LabelQuery> queries = QueriesOf({pointer});
  ASSERT_EQ(queries.size(), 2);
  EXPECT_EQ(queries[0].label, "b");
  EXPECT_THAT(queries[0].certificates,
              ElementsAre(request[0].certificate->sha256,
                          request[2].certificate->sha256));
  EXPECT_EQ(queries[1].label, "a");
}

TEST(BatchPlanTest, FillsEntriesWith255Leaves) {
  PublishRequest request;
  for (uint32_t i = 0; i < 700; ++i) {
    request.push_back(Of(absl::StrCat("l", i), i));
  }
  EXPECT_THAT(LeavesOf(Plan({request})), ElementsAre(255, 255, 190));
}

TEST(BatchPlanTest, PlansNothingForNoRequest) {
  EXPECT_EQ(Plan({}).entries, 0);
  EXPECT_EQ(Plan({{}}).entries, 0);
}

TEST(BatchPlanTest, KeepsOneRequestsVersionsOfALabelInOneEntry) {
  PublishRequest request;
  for (uint32_t i = 0; i < 250; ++i) {
    request.push_back(Of(absl::StrCat("l", i), 1000 + i));
  }
  // Six more do not fit beside the 250, although five would.
  for (const Submission& submission : ManyOf("many", 6)) {
    request.push_back(submission);
  }
  const BatchPlan plan = Plan({request});
  std::set<size_t> entries;
  for (const PlannedVersion& version : plan.versions) {
    if (version.key.label == "many") entries.insert(version.entry);
  }
  EXPECT_EQ(entries, (std::set<size_t>{1}));
  EXPECT_THAT(LeavesOf(plan), ElementsAre(250, 6));
}

TEST(BatchPlanTest, RefusesMoreThan128NewVersionsOfALabelInOneRequest) {
  const BatchPlan plan = Plan({ManyOf("a", 130)});
  EXPECT_EQ(plan.versions.size(), 128);
  EXPECT_EQ(plan.versions.back().key.version, 127);
  for (int i : {128, 129}) {
    EXPECT_THAT(RefusalOf(plan.results[0][i]),
                Refuses(absl::StatusCode::kInvalidArgument,
                        "more than 128 new versions"));
  }
}

TEST(BatchPlanTest, NumbersVersionsOfALabelInOrderOfArrivalAcrossRequests) {
  const BatchPlan plan =
      Plan({ManyOf("a", 100), {Of("b", 5000)}, ManyOf("a", 100, 2000)});
  EXPECT_THAT(LeavesOf(plan), ElementsAre(101, 100))
      << "an entry takes at most 128 versions of one label";
  uint32_t next = 0;
  size_t entry = 0;
  for (const PlannedVersion& version : plan.versions) {
    EXPECT_GE(version.entry, entry);
    entry = version.entry;
    if (version.key.label != "a") continue;
    EXPECT_EQ(version.key.version, next++);
  }
  EXPECT_EQ(next, 200);
}

TEST(BatchPlanTest, GoesOnFromTheGreatestVersionAndItsCertificates) {
  LabelState state;
  state.greatest_version = 7;
  for (int64_t not_after : {kNow - 2000, 3 * kNow}) {
    auto in_force = std::make_shared<CertificateState>();
    in_force->facts.sha256.data()[31] = 1;
    in_force->facts.not_after_ms = not_after;
    in_force->stored.set_certificate(absl::StrCat("until ", not_after));
    state.in_force.push_back(in_force);
  }
  const BatchPlan plan = Plan({{Of("a", 1), Of("a", 2)}}, {state});
  ASSERT_EQ(plan.versions.size(), 2);
  EXPECT_EQ(plan.versions[0].key.version, 8);
  ASSERT_EQ(plan.versions[0].in_force.size(), 1) << "the expired one is gone";
  EXPECT_EQ(plan.versions[0].in_force[0]->stored.certificate(),
            absl::StrCat("until ", 3 * kNow));
  EXPECT_EQ(plan.versions[1].key.version, 9);
  ASSERT_EQ(plan.versions[1].in_force.size(), 2);
  EXPECT_EQ(plan.versions[1].in_force[1]->stored.certificate(),
            "certificate 1");
}

TEST(BatchPlanTest, ReturnsWhatTheLogHoldsForARepetition) {
  const PublishRequest request = {Of("a", 1)};
  LabelState state;
  state.greatest_version = 3;
  keytrans::VersionFacts facts;
  facts.position = 40;
  facts.commitment.data()[0] = 9;
  state.published.emplace(request[0].certificate->sha256,
                          StoredPublication{2, facts});
  const BatchPlan plan = Plan({request}, {state});
  EXPECT_TRUE(plan.versions.empty());
  const auto* stored = std::get_if<Publication>(&plan.results[0][0].outcome);
  ASSERT_NE(stored, nullptr);
  EXPECT_EQ(*stored, (Publication{"a", 2, 40, facts.commitment, true}));
}

TEST(BatchPlanTest, MakesOneVersionOfACertificateThatTwoRequestsBring) {
  const BatchPlan plan = Plan({{Of("a", 1)}, {Of("a", 1), Of("b", 1)}});
  ASSERT_EQ(plan.versions.size(), 2);
  EXPECT_FALSE(plan.results[0][0].repeated);
  EXPECT_TRUE(plan.results[1][0].repeated);
  EXPECT_EQ(std::get<size_t>(plan.results[1][0].outcome), 0);
  EXPECT_FALSE(plan.results[1][1].repeated) << "another label is another one";
}

TEST(BatchPlanTest, CountsLiveCertificatesOfTheBatchItself) {
  PublishRequest request;
  for (uint32_t i = 0; i < 17; ++i) request.push_back(Of("a", i));
  const BatchPlan plan = Plan({request, {Of("a", 99, 1)}});
  EXPECT_THAT(
      RefusalOf(plan.results[0][16]),
      Refuses(absl::StatusCode::kFailedPrecondition, "live-certificates"));
  ASSERT_EQ(plan.versions.size(), 17);
  EXPECT_EQ(plan.versions[16].key.version, 16) << "another issuer may go on";
}

TEST(BatchPlanTest, RefusesAVersionBeyondTheLastNumber) {
  LabelState state;
  state.greatest_version = std::numeric_limits<uint32_t>::max() - 1;
  const BatchPlan plan = Plan({{Of("a", 1), Of("a", 2)}}, {state});
  ASSERT_EQ(plan.versions.size(), 1);
  EXPECT_EQ(plan.versions[0].key.version, std::numeric_limits<uint32_t>::max());
  EXPECT_THAT(RefusalOf(plan.results[0][1]),
              Refuses(absl::StatusCode::kInvalidArgument,
                      "all of its version numbers"));
}

TEST(BatchPlanTest, RefusesADamagedLabelAndNoOther) {
  LabelState damaged;
  damaged.status = absl::DataLossError("label a: not a LabelRecord");
  const BatchPlan plan = Plan({{Of("a", 1), Of("b", 2)}}, {damaged});
  EXPECT_THAT(RefusalOf(plan.results[0][0]),
              Refuses(absl::StatusCode::kDataLoss, "label a"));
  ASSERT_EQ(plan.versions.size(), 1);
  EXPECT_EQ(plan.versions[0].key.label, "b");
}

// A certificate whose bytes count.
Submission Large(const std::string& label, uint32_t number, size_t bytes) {
  Submission submission = Of(label, number, static_cast<uint8_t>(number));
  auto certificate =
      std::make_shared<smime::AdmittedCertificate>(*submission.certificate);
  certificate->der = std::string(bytes, 'c');
  submission.certificate = certificate;
  return submission;
}

constexpr size_t kMiB = size_t{1} << 20;

TEST(BatchPlanTest, BoundsTheBytesOfALabelsVersionsInOneRequest) {
  // Values of 3, 6 and 9 MiB.
  const BatchPlan plan =
      Plan({{Large("a", 1, 3 * kMiB), Large("b", 2, 3 * kMiB),
             Large("a", 3, 3 * kMiB)}});
  EXPECT_EQ(plan.versions.size(), 2);
  EXPECT_THAT(RefusalOf(plan.results[0][2]),
              Refuses(absl::StatusCode::kInvalidArgument,
                      "more than 8 MiB; publish the rest in another"));
}

TEST(BatchPlanTest, BoundsTheBytesOfALabelsVersionsInOneEntry) {
  // The second value holds both certificates: 2.5 and 5 MiB, and then none of
  // the label fits beside them.
  const BatchPlan plan = Plan({{Large("a", 1, 5 * kMiB / 2)},
                               {Large("a", 2, 5 * kMiB / 2)},
                               {Of("b", 3)},
                               {Of("a", 4)}});
  ASSERT_EQ(plan.versions.size(), 4);
  EXPECT_THAT(LeavesOf(plan), ElementsAre(3, 1));
  EXPECT_EQ(plan.versions[3].key.label, "a");
  EXPECT_EQ(plan.versions[3].entry, 1);
}

TEST(BatchPlanTest, RefusesAValueThatNoAnswerCanHold) {
  const BatchPlan plan = Plan({{Large("a", 1, 5 * kMiB)},
                               {Large("a", 2, 4 * kMiB)},
                               {Large("a", 3, 2 * kMiB)}});
  EXPECT_THAT(RefusalOf(plan.results[1][0]),
              Refuses(absl::StatusCode::kFailedPrecondition,
                      "the certificates in force for a would have more than 8 "
                      "MiB; revoke some"));
  ASSERT_EQ(plan.versions.size(), 2) << "what fits goes on";
  EXPECT_EQ(plan.versions[1].key.version, 1);
}

// `request` with the values that its versions would have after `states`.
PublishRequest Proposed(PublishRequest request, LabelState state = {}) {
  // The plan refers to them.
  const std::vector<PublishRequest> requests = {request};
  const BatchPlan plan = Plan(requests, {std::move(state)});
  for (size_t i = 0; i < request.size(); ++i) {
    const auto* v = std::get_if<size_t>(&plan.results[0][i].outcome);
    if (v == nullptr) continue;
    request[i].proposed = std::make_shared<ProposedVersion>(ProposedVersion{
        plan.versions[*v].key.version, ValueOf(plan.versions[*v])});
  }
  return request;
}

TEST(BatchPlanTest, MakesWhatIsProposed) {
  const PublishRequest proposal = Proposed({Of("a", 1), Of("a", 2)});
  const std::vector<PublishRequest> requests = {{Of("b", 9)}, proposal};
  const BatchPlan plan = Plan(requests);
  ASSERT_EQ(plan.versions.size(), 3);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(plan.versions[1 + i].key.version, i);
    EXPECT_EQ(ValueOf(plan.versions[1 + i]), proposal[i].proposed->value);
    EXPECT_EQ(plan.versions[1 + i].entry, 0);
  }
}

TEST(BatchPlanTest, KeepsOtherVersionsOfTheLabelOutOfAProposalsEntry) {
  const BatchPlan plan =
      Plan({Proposed({Of("a", 1)}), {Of("b", 2)}, {Of("a", 3)}, {Of("a", 4)}});
  EXPECT_THAT(LeavesOf(plan), ElementsAre(2, 2));
  for (const PlannedVersion& version : plan.versions) {
    const bool first = version.key.version == 0;
    EXPECT_EQ(version.entry, first ? 0 : 1) << version.key.label;
  }
}

TEST(BatchPlanTest, MakesAllThatIsProposedOrNothing) {
  PublishRequest wrong = Proposed({Of("a", 1), Of("a", 2)});
  wrong[1].proposed = std::make_shared<ProposedVersion>(
      ProposedVersion{1, wrong[1].proposed->value + "x"});
  // What comes after it finds the label as it was before it.
  const BatchPlan plan = Plan({wrong, {Of("a", 1)}});
  for (const PlannedResult& result : plan.results[0]) {
    EXPECT_THAT(RefusalOf(result),
                Refuses(absl::StatusCode::kInvalidArgument,
                        "value 1: this is not the value that version 1"));
  }
  ASSERT_EQ(plan.versions.size(), 1);
  EXPECT_EQ(plan.versions[0].key.version, 0);
  EXPECT_FALSE(plan.results[1][0].repeated);
}

TEST(BatchPlanTest, RefusesAProposalOfWhatWasPublished) {
  const PublishRequest proposal = Proposed({Of("a", 1)});
  LabelState state;
  state.greatest_version = 4;
  PublishRequest again = proposal;
  again[0].proposed = std::make_shared<ProposedVersion>(
      ProposedVersion{5, proposal[0].proposed->value});
  state.published.emplace(again[0].certificate->sha256, StoredPublication{2});
  EXPECT_THAT(RefusalOf(Plan({again}, {state}).results[0][0]),
              Refuses(absl::StatusCode::kAlreadyExists, "value 0"));
}

TEST(BatchPlanTest, RefusesAProposalThatCameTooLate) {
  const PublishRequest proposal = Proposed({Of("a", 1)});
  LabelState state;
  state.greatest_version = 0;
  EXPECT_THAT(RefusalOf(Plan({proposal}, {state}).results[0][0]),
              Refuses(absl::StatusCode::kOutOfRange, "other versions"));
  // In the batch itself; also one that foresaw it, since their entry would not
  // be its own.
  EXPECT_THAT(RefusalOf(Plan({{Of("a", 2)}, proposal}).results[1][0]),
              Refuses(absl::StatusCode::kOutOfRange, "other versions"));
  const PublishRequest both = Proposed({Of("a", 2), Of("a", 1)});
  EXPECT_THAT(RefusalOf(Plan({{Of("a", 2)}, {both[1]}}).results[1][0]),
              Refuses(absl::StatusCode::kOutOfRange, "other versions"));
}

TEST(BatchPlanTest, KeepsAllRulesForRandomBatches) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 50; ++round) {
    std::vector<PublishRequest> requests(random() % 20);
    uint32_t number = 0;
    for (PublishRequest& request : requests) {
      for (uint32_t i = random() % 300; i > 0; --i) {
        request.push_back(Of(absl::StrCat("l", random() % 6), number,
                             static_cast<uint8_t>(number % 251)));
        ++number;
      }
    }
    const BatchPlan plan = Plan(requests);
    for (size_t leaves : LeavesOf(plan)) {
      EXPECT_GE(leaves, 1);
      EXPECT_LE(leaves, 255);
    }
    std::map<std::string, uint32_t> next;
    std::map<std::pair<size_t, std::string>, size_t> of_label;
    for (const PlannedVersion& version : plan.versions) {
      EXPECT_EQ(version.key.version, next[version.key.label]++);
      EXPECT_LE((++of_label[{version.entry, version.key.label}]), 128);
    }
    for (size_t r = 0; r < requests.size(); ++r) {
      std::map<std::string, std::set<size_t>> entries;
      for (size_t i = 0; i < requests[r].size(); ++i) {
        const auto* v = std::get_if<size_t>(&plan.results[r][i].outcome);
        if (v == nullptr) continue;
        EXPECT_EQ(plan.versions[*v].submission, &requests[r][i]);
        entries[requests[r][i].label].insert(plan.versions[*v].entry);
      }
      for (const auto& [label, used] : entries) EXPECT_EQ(used.size(), 1);
    }
  }
}

}  // namespace
}  // namespace sealbook::server

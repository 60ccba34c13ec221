// What particular structures require beside what structure_table_test.cc asks
// of all of them.
#include "keytrans/structures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "crypto/commitment.h"
#include "crypto/hash.h"
#include "keytrans/audit_structures.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/testing/structure_samples.h"
#include "keytrans/update_structures.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;
using Mode = DeploymentMode;

constexpr Mode kModes[] = {Mode::kContactMonitoring,
                           Mode::kThirdPartyManagement,
                           Mode::kThirdPartyAuditing};

std::string FromHex(absl::string_view hex) {
  return absl::HexStringToBytes(hex);
}

void ExpectStatus(const absl::Status& status, absl::StatusCode code,
                  const std::string& word) {
  EXPECT_EQ(status.code(), code);
  EXPECT_THAT(status.message(), HasSubstr(word));
}

TEST(ConfigurationTest, LeavesOutALifetimeThatIsNotDefined) {
  Configuration configuration = SampleConfiguration(Mode::kContactMonitoring);
  configuration.maximum_lifetime.reset();
  const std::string bytes = configuration.Encode();
  EXPECT_EQ(absl::BytesToHexString(bytes),
            "0001"              // ciphersuite
            "01"                // mode
            "0003534947"        // signature_public_key
            "000456524621"      // vrf_public_key
            "0000000000000001"  // max_ahead
            "0000000000000002"  // max_behind
            "0000000000000003"  // reasonable_monitoring_window
            "00");              // maximum_lifetime
  EXPECT_EQ(*Configuration::Parse(bytes), configuration);
}

TEST(ConfigurationTest, SpeaksBothSuitesAndNoOther) {
  Configuration configuration = SampleConfiguration(Mode::kContactMonitoring);
  configuration.ciphersuite = crypto::CipherSuite::kEd25519;
  std::string bytes = configuration.Encode();
  EXPECT_EQ(absl::BytesToHexString(bytes.substr(0, 2)), "0002");
  auto parsed = Configuration::Parse(bytes);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, configuration);
  for (char suite : {0, 3, 9}) {
    bytes[1] = suite;
    ExpectStatus(Configuration::Parse(bytes).status(),
                 absl::StatusCode::kInvalidArgument,
                 "unknown cipher suite 0x000");
  }
}

TEST(ConfigurationTest, RefusesLifetimesThatEndBeforeTheMonitoringWindow) {
  Configuration configuration = SampleConfiguration(Mode::kThirdPartyAuditing);
  configuration.maximum_lifetime = 3;
  ExpectStatus(Configuration::Parse(configuration.Encode()).status(),
               absl::StatusCode::kInvalidArgument,
               "maximum lifetime 3 ms is not greater");
}

TEST(FullTreeHeadTest, HasAnAuditorsHeadOnlyBesideTheLogs) {
  ContactMonitorResponse response;
  response.full_tree_head.auditor.emplace();
  ExpectStatus(response.Encode().status(), absl::StatusCode::kInvalidArgument,
               "`same` carries no auditor_tree_head");
}

TEST(PrefixProofTest, HasALeafExactlyInNonInclusionLeaf) {
  AuditorUpdate update;
  merkle::PrefixSearchResult& result = update.proof.results.emplace_back();
  for (const bool has_leaf : {false, true}) {
    result.type = has_leaf ? merkle::PrefixSearchResultType::kInclusion
                           : merkle::PrefixSearchResultType::kNonInclusionLeaf;
    if (has_leaf) result.leaf.emplace();
    ExpectStatus(update.Encode().status(), absl::StatusCode::kInvalidArgument,
                 "exactly where it is nonInclusionLeaf");
  }
}

// Both requests with a monitoring map.
void ExpectMapRefused(const std::vector<MonitorMapEntry>& entries,
                      const std::string& word) {
  ContactMonitorRequest contact{std::nullopt, "a@b", entries};
  ExpectStatus(ContactMonitorRequest::Parse(*contact.Encode()).status(),
               absl::StatusCode::kInvalidArgument, word);
  OwnerMonitorRequest owner{std::nullopt, "a@b", entries, 0, std::nullopt};
  ExpectStatus(OwnerMonitorRequest::Parse(*owner.Encode()).status(),
               absl::StatusCode::kInvalidArgument, word);
}

TEST(MonitorMapTest, RefusesPositionsThatDoNotAscend) {
  ExpectMapRefused({{4, 1}, {3, 2}}, "position 3 stands after 4");
  ExpectMapRefused({{1, 0}, {4, 1}, {4, 2}}, "position 4 stands after 4");
}

TEST(MonitorMapTest, RefusesAVersionNamedTwice) {
  ExpectMapRefused({{4, 1}, {5, 0}, {6, 1}}, "version 1 more than once");
}

TEST(AuditorUpdateTest, RefusesLeavesThatDoNotAscend) {
  using crypto::Commitment;
  using crypto::VrfOutput;
  const merkle::PrefixLeaf low = {Filled<VrfOutput>(1), Filled<Commitment>(9)};
  const merkle::PrefixLeaf high = {Filled<VrfOutput>(2), Filled<Commitment>(8)};
  AuditorUpdate update;
  update.added = {low, high};
  update.removed = {low, high};
  ASSERT_TRUE(AuditorUpdate::Parse(*update.Encode()).ok());
  update.removed = {low, high, high};
  ExpectStatus(AuditorUpdate::Parse(*update.Encode()).status(),
               absl::StatusCode::kInvalidArgument,
               "removed is not ascending at element 2");
  update.added = {high, low};
  ExpectStatus(AuditorUpdate::Parse(*update.Encode()).status(),
               absl::StatusCode::kInvalidArgument,
               "added is not ascending at element 1");
}

TEST(UpdateResponseTest, DoesNotMixDeploymentModes) {
  UpdateResponse response;
  response.info = {{crypto::Opening(), {"signature"}}};
  ExpectStatus(response.Encode().status(), absl::StatusCode::kInvalidArgument,
               "in one deployment mode only");
  response.skipped_versions = 0;
  EXPECT_TRUE(response.Encode().ok());
  response.info[0].suffix.signature.reset();
  ExpectStatus(response.Encode().status(), absl::StatusCode::kInvalidArgument,
               "in one deployment mode only");
}

TEST(ManagerUpdateRequestTest, HasASignatureWithEachValue) {
  ManagerUpdateRequest request;
  request.values = {{"v", {"signature"}}, {"w", {}}};
  ExpectStatus(request.Encode().status(), absl::StatusCode::kInvalidArgument,
               "a value has no signature");
}

TEST(ManagerUpdateRequestTest, SignsNoVersionWithoutValues) {
  ManagerUpdateRequest request;
  request.signed_version = 5;
  ExpectStatus(request.Encode().status(), absl::StatusCode::kInvalidArgument,
               "signed_version is 5 where there are no values");
  //                      last, label, greatest_version, values, signed_version
  ExpectStatus(ManagerUpdateRequest::Parse(FromHex("00"
                                                   "00"
                                                   "00"
                                                   "00"
                                                   "00000005"))
                   .status(),
               absl::StatusCode::kInvalidArgument,
               "signed_version is 5 where there are no values");
  EXPECT_TRUE(ManagerUpdateRequest::Parse(FromHex("00"
                                                  "00"
                                                  "00"
                                                  "00"
                                                  "00000000"))
                  .ok());
}

TEST(ComputationTest, EncodesWhatIsHashedAndSigned) {
  EXPECT_EQ(absl::BytesToHexString(EncodeVrfInput("a@b", 258)),
            "0361406200000102");
  const crypto::Hash root = Filled<crypto::Hash>('r');
  const LogEntry entry{258, root};
  EXPECT_EQ(entry.LeafValue(),
            crypto::Sha256(FromHex("0000000000000102") + std::string(32, 'r')));
  for (const Mode mode : kModes) {
    const Configuration configuration = SampleConfiguration(mode);
    // The first sample is the configuration, by hand.
    const std::string config = StructureSamples(mode)[0].bytes;
    EXPECT_EQ(configuration.Fingerprint(), crypto::Sha256(config));
    EXPECT_EQ(EncodeTreeHeadTbs(configuration, 9, root),
              config + FromHex("0000000000000009") + std::string(32, 'r'));
    EXPECT_EQ(EncodeAuditorTreeHeadTbs(configuration, 258, 9, root),
              config +
                  FromHex("0000000000000102"
                          "0000000000000009") +
                  std::string(32, 'r'));
    EXPECT_EQ(EncodeUpdateTbs(configuration, "a@b", 258, "on"),
              config + FromHex("03614062"
                               "00000102"
                               "000000026f6e"));
  }
}

TEST(ComputationTest, CommitsToTheValueWithItsSuffix) {
  const auto opening = Filled<crypto::Opening>('o');
  const std::string without_suffix = std::string(16, 'o') + FromHex(
                                                                "03614062"
                                                                "00000102"
                                                                "000000026f6e");
  EXPECT_EQ(CommitToValue(opening, "a@b", 258, "on"),
            crypto::ComputeCommitment(without_suffix));
  EXPECT_EQ(CommitToValue(opening, "a@b", 258, "on", {"sig"}),
            crypto::ComputeCommitment(without_suffix + FromHex("0003736967")));
  // An empty signature is not none.
  EXPECT_EQ(CommitToValue(opening, "a@b", 258, "on", {""}),
            crypto::ComputeCommitment(without_suffix + FromHex("0000")));
}

}  // namespace
}  // namespace sealbook::keytrans

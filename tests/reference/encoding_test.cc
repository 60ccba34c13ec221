// Every structure beyond searches, and what the deployment modes change, with
// bytes written down from the draft's definitions.
#include <cstdint>
#include <random>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/audit_structures.h"
#include "tests/reference/credential_structures.h"
#include "tests/reference/encoding_testing.h"
#include "tests/reference/monitor_structures.h"
#include "tests/reference/own_structures.h"
#include "tests/reference/structures.h"
#include "tests/reference/update_structures.h"

namespace sealbook::reference {
namespace {

using ::testing::HasSubstr;

constexpr DeploymentMode kContact = DeploymentMode::kContactMonitoring;
constexpr DeploymentMode kManagement = DeploymentMode::kThirdPartyManagement;
constexpr DeploymentMode kAuditing = DeploymentMode::kThirdPartyAuditing;

// A label, a CombinedTreeProof of one timestamp and one inclusion element, and
// heads of each mode.
const std::string kLabel =
    Raw("\x03"
        "a@b");
const std::string kNoLast = Raw("\x00");
const std::string kLast4 = Raw("\x01\0\0\0\0\0\0\0\x04");
const std::string kProofBytes =
    Raw("\x01\0\0\0\0\0\0\x01\x02\x00\x00\x00\x01") + Bytes(32, 'i');
const std::string kHeadBytes = Raw("\x02\0\0\0\0\0\0\0\x09\0\x01s");
const std::string kAuditorHeadBytes =
    Raw("\0\0\0\0\0\0\x01\x01\0\0\0\0\0\0\0\x08\0\x02"
        "au");

CombinedTreeProof Proof() { return {{0x0102}, {}, {}, {{Bytes(32, 'i')}}}; }

FullTreeHead Head() { return {FullTreeHeadType::kUpdated, {9, "s"}, {}}; }

AuditorTreeHead AuditorHead() { return {0x0101, 8, "au"}; }

// A structure that has the same bytes in every mode and with every suite.
template <typename T>
void ExpectSameEverywhere(const T& structure, const std::string& bytes) {
  for (DeploymentMode mode : {kContact, kManagement, kAuditing}) {
    for (uint16_t suite : {kSuiteP256, kSuiteEd25519}) {
      ExpectBytes(structure, bytes, suite, mode);
    }
  }
}

// A configuration's third field is its mode; what the mode adds follows the
// two keys.
constexpr size_t kModeOffset = 2;
constexpr size_t kAfterKeys = 2 + 1 + 2 + 3 + 2 + 4;

std::string ConfigurationBytes(char mode, const std::string& added) {
  std::string bytes = SmallConfigurationBytes();
  bytes[kModeOffset] = mode;
  return bytes.insert(kAfterKeys, added);
}

Configuration ManagementConfiguration() {
  Configuration config = SmallConfiguration();
  config.mode = kManagement;
  config.leaf_public_key = "leaf";
  return config;
}

Configuration AuditingConfiguration() {
  Configuration config = SmallConfiguration();
  config.mode = kAuditing;
  config.max_auditor_lag = 0x0a0b;
  config.auditor_start_pos = 5;
  config.auditor_public_key = "aud";
  return config;
}

const std::string kManagementConfiguration =
    ConfigurationBytes('\x02', Raw("\0\x04"
                                   "leaf"));
const std::string kAuditingConfiguration = ConfigurationBytes(
    '\x03', Raw("\0\0\0\0\0\0\x0a\x0b\0\0\0\0\0\0\0\x05\0\x03"
                "aud"));

TEST(EncodingTest, WritesTheConfigurationOfEachMode) {
  ExpectSameEverywhere(SmallConfiguration(), SmallConfigurationBytes());
  ExpectSameEverywhere(ManagementConfiguration(), kManagementConfiguration);
  ExpectSameEverywhere(AuditingConfiguration(), kAuditingConfiguration);
}

TEST(EncodingTest, WritesWhatIsSignedInEachMode) {
  const std::string root = Bytes(32, 'r');
  ExpectSameEverywhere(
      TreeHeadTBS{ManagementConfiguration(), 7, root},
      kManagementConfiguration + Raw("\0\0\0\0\0\0\0\x07") + root);
  ExpectSameEverywhere(
      TreeHeadTBS{AuditingConfiguration(), 7, root},
      kAuditingConfiguration + Raw("\0\0\0\0\0\0\0\x07") + root);
  ExpectSameEverywhere(
      AuditorTreeHeadTBS{AuditingConfiguration(), 0x0101, 8, root},
      kAuditingConfiguration + Raw("\0\0\0\0\0\0\x01\x01\0\0\0\0\0\0\0\x08") +
          root);
  ExpectSameEverywhere(
      UpdateTBS{ManagementConfiguration(), "a@b", 6, "value"},
      kManagementConfiguration + kLabel + Raw("\0\0\0\x06\0\0\0\x05value"));
}

TEST(EncodingTest, WritesAnAuditorsHeadBesideAnUpdatedOneUnderAuditingOnly) {
  ExpectSameEverywhere(AuditorHead(), kAuditorHeadBytes);
  ExpectBytes(Head(), kHeadBytes, kSuiteP256, kContact);
  ExpectBytes(Head(), kHeadBytes, kSuiteP256, kManagement);
  FullTreeHead head = Head();
  head.auditor_tree_head = AuditorHead();
  ExpectBytes(head, kHeadBytes + kAuditorHeadBytes, kSuiteP256, kAuditing);
  ExpectSameEverywhere(FullTreeHead{}, "\x01");
}

TEST(EncodingTest, WritesASuffixUnderManagementOnly) {
  for (DeploymentMode mode : {kContact, kAuditing}) {
    ExpectBytes(UpdateSuffix{}, "", kSuiteP256, mode);
    ExpectBytes(UpdateValue{"v", {}}, Raw("\0\0\0\x01v"), kSuiteP256, mode);
  }
  ExpectBytes(UpdateSuffix{"sig"}, Raw("\0\x03sig"), kSuiteP256, kManagement);
  ExpectBytes(UpdateValue{"v", {"sig"}}, Raw("\0\0\0\x01v\0\x03sig"),
              kSuiteP256, kManagement);
  ExpectBytes(CommitmentValue{Bytes(16, 'o'), "a@b", 5, {"v", {"sig"}}},
              Bytes(16, 'o') + kLabel + Raw("\0\0\0\x05\0\0\0\x01v\0\x03sig"),
              kSuiteP256, kManagement);
}

TEST(EncodingTest, WritesSearchResponsesOfEachMode) {
  const std::string ladder = "\x01" + Bytes(80, 'p') + Raw("\x00");
  SearchResponse response;
  response.version = 3;
  response.opening = Bytes(16, 'o');
  response.value = {"v", {"sig"}};
  response.binary_ladder = {{Bytes(80, 'p'), std::nullopt}};
  response.search = Proof();
  ExpectBytes(response,
              Raw("\x01\0\0\0\x03") + Bytes(16, 'o') +
                  Raw("\0\0\0\x01v\0\x03sig") + ladder + kProofBytes,
              kSuiteEd25519, kManagement);
  response.value.suffix = {};
  response.full_tree_head = Head();
  response.full_tree_head.auditor_tree_head = AuditorHead();
  ExpectBytes(response,
              kHeadBytes + kAuditorHeadBytes + Raw("\0\0\0\x03") +
                  Bytes(16, 'o') + Raw("\0\0\0\x01v") + ladder + kProofBytes,
              kSuiteEd25519, kAuditing);
}

TEST(EncodingTest, WritesContactMonitoring) {
  ExpectSameEverywhere(MonitorMapEntry{6, 2},
                       Raw("\0\0\0\0\0\0\0\x06\0\0\0\x02"));
  ExpectSameEverywhere(ContactMonitorRequest{std::nullopt, "a@b", {}},
                       kNoLast + kLabel + Raw("\x00"));
  ExpectSameEverywhere(
      ContactMonitorRequest{4, "a@b", {{6, 2}, {9, 1}}},
      kLast4 + kLabel +
          Raw("\x02\0\0\0\0\0\0\0\x06\0\0\0\x02\0\0\0\0\0\0\0\x09\0\0\0\x01"));
  ExpectBytes(ContactMonitorResponse{Head(), Proof()},
              kHeadBytes + kProofBytes);
}

TEST(EncodingTest, WritesOwnerInitialization) {
  ExpectSameEverywhere(OwnerInitRequest{4, "a@b", 7},
                       kLast4 + kLabel + Raw("\0\0\0\0\0\0\0\x07"));
  ExpectBytes(OwnerInitResponse{{}, {}, {}, {}}, Raw("\x01\0\0\0\0\0\0\0\0"));
  ExpectBytes(
      OwnerInitResponse{
          Head(),
          {5, 3},
          {{Bytes(81, 'p'), Bytes(32, 'c')}, {Bytes(81, 'q'), std::nullopt}},
          Proof()},
      kHeadBytes + Raw("\x02\0\0\0\x05\0\0\0\x03\0\x02") + Bytes(81, 'p') +
          "\x01" + Bytes(32, 'c') + Bytes(81, 'q') + Raw("\x00") + kProofBytes);
}

TEST(EncodingTest, WritesOwnerMonitoring) {
  ExpectSameEverywhere(
      OwnerMonitorRequest{std::nullopt, "a@b", {}, 7, std::nullopt},
      kNoLast + kLabel + Raw("\0\0\0\0\0\0\0\0\x07\0"));
  ExpectSameEverywhere(OwnerMonitorRequest{4, "a@b", {{6, 2}}, 7, 3},
                       kLast4 + kLabel +
                           Raw("\x01\0\0\0\0\0\0\0\x06\0\0\0\x02"
                               "\0\0\0\0\0\0\0\x07\x01\0\0\0\x03"));
  ExpectBytes(OwnerMonitorResponse{Head(), Proof()}, kHeadBytes + kProofBytes);
}

TEST(EncodingTest, WritesUpdateRequests) {
  ExpectSameEverywhere(UpdateRequest{std::nullopt, "a@b", std::nullopt, {}},
                       kNoLast + kLabel + Raw("\0\0"));
  ExpectSameEverywhere(
      UpdateRequest{4, "a@b", 2, {{"v"}, {""}}},
      kLast4 + kLabel + Raw("\x01\0\0\0\x02\x02\0\0\0\x01v\0\0\0\0"));
}

TEST(EncodingTest, WritesUpdateResponsesOfEachMode) {
  const std::string ladder = "\x01" + Bytes(81, 'p') + Raw("\x00");
  const std::string position = Raw("\0\0\0\0\0\0\0\x0b");
  UpdateResponse response;
  response.full_tree_head = Head();
  response.position = 11;
  response.values = {{"v"}};
  response.info = {{Bytes(16, 'o'), {}}};
  response.binary_ladder = {{Bytes(81, 'p'), std::nullopt}};
  response.update = Proof();
  ExpectBytes(response, kHeadBytes + position + Raw("\x01\0\0\0\x01v\x01") +
                            Bytes(16, 'o') + ladder + kProofBytes);
  response.skipped_versions = 2;
  response.info = {{Bytes(16, 'o'), {"sig"}}};
  ExpectBytes(response,
              kHeadBytes + position + Raw("\0\0\0\x02\x01\0\0\0\x01v\x01") +
                  Bytes(16, 'o') + Raw("\0\x03sig") + ladder + kProofBytes,
              kSuiteP256, kManagement);
}

TEST(EncodingTest, WritesWhatAManagerIsSent) {
  ExpectBytes(
      ManagerUpdateRequest{4, "a@b", 2, {{"v", {"sig"}}}, 3},
      kLast4 + kLabel + Raw("\x01\0\0\0\x02\x01\0\0\0\x01v\0\x03sig\0\0\0\x03"),
      kSuiteP256, kManagement);
}

TEST(EncodingTest, WritesDistinguishedHeads) {
  ExpectSameEverywhere(DistinguishedHead{}, Raw("\x00"));
  ExpectSameEverywhere(DistinguishedHead{{Bytes(32, 'a'), Bytes(32, 'b')}},
                       "\x02" + Bytes(32, 'a') + Bytes(32, 'b'));
}

TEST(EncodingTest, WritesCredentialsOfEachType) {
  Credential credential;
  credential.label = "a@b";
  credential.version = 3;
  credential.opening = Bytes(16, 'o');
  credential.value.value = "v";
  credential.binary_ladder = {{Bytes(81, 'p'), std::nullopt}};
  credential.position = 7;
  credential.distinguished.results = {
      {PrefixSearchResultType::kInclusion, {}, 4}};
  const std::string begin = kLabel + Raw("\0\0\0\x03") + Bytes(16, 'o') +
                            Raw("\0\0\0\x01v\x01") + Bytes(81, 'p') +
                            Raw("\x00\0\0\0\0\0\0\0\x07");
  const std::string standard = begin + Raw("\x01\x01\x01\x04\0\0");
  ExpectBytes(credential, standard);
  ExpectBytes(credential, standard, kSuiteP256, kAuditing);
  for (char type : {0, 3}) {
    std::string bytes = standard;
    bytes[begin.size()] = type;
    EXPECT_THAT(Decode<Credential>(bytes).error, HasSubstr("enum"));
  }
  credential.credential_type = CredentialType::kProvisional;
  credential.distinguished = {};
  credential.tree_head = {9, "s"};
  credential.search = Proof();
  // A TreeHead, without a type and without an auditor's.
  const std::string provisional =
      begin + Raw("\x02\0\0\0\0\0\0\0\x09\0\x01s") + kProofBytes;
  ExpectBytes(credential, provisional);
  ExpectBytes(credential, provisional, kSuiteP256, kAuditing);
  ExpectSameEverywhere(CredentialUpdate{Proof()}, kProofBytes);
}

TEST(EncodingTest, WritesWhatAnAuditorIsSent) {
  const PrefixLeaf a{Bytes(32, 'a'), Bytes(32, 'c')};
  const PrefixLeaf b{Bytes(32, 'b'), Bytes(32, 'd')};
  ExpectSameEverywhere(
      AuditorUpdate{0x0102,
                    {a},
                    {b},
                    {{{PrefixSearchResultType::kNonInclusionParent, {}, 1},
                      {PrefixSearchResultType::kInclusion, {}, 2}},
                     {Bytes(32, 'e')}}},
      Raw("\0\0\0\0\0\0\x01\x02\0\x01") + Bytes(32, 'a') + Bytes(32, 'c') +
          Raw("\0\x01") + Bytes(32, 'b') + Bytes(32, 'd') +
          Raw("\x02\x03\x01\x01\x02\0\x01") + Bytes(32, 'e'));
}

template <typename T>
void ExpectReadsWhatItWrites(uint16_t suite, DeploymentMode mode) {
  std::mt19937_64 random(20260818);
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const T structure = RandomStructure<T>(&random, suite, mode);
    const std::string bytes = Encode(structure, suite, mode);
    EXPECT_EQ(Decode<T>(bytes, suite, mode).value, structure);
    seen.insert(bytes);
  }
  EXPECT_GT(seen.size(), 25u);
}

TEST(EncodingTest, ReadsRandomStructuresBack) {
  for (uint16_t suite : {kSuiteP256, kSuiteEd25519}) {
    for (DeploymentMode mode : {kContact, kManagement, kAuditing}) {
      ExpectReadsWhatItWrites<Configuration>(suite, mode);
      ExpectReadsWhatItWrites<OwnerInitResponse>(suite, mode);
      ExpectReadsWhatItWrites<UpdateResponse>(suite, mode);
      ExpectReadsWhatItWrites<Credential>(suite, mode);
      ExpectReadsWhatItWrites<AuditorUpdate>(suite, mode);
      ExpectReadsWhatItWrites<HistoryPageResponse>(suite, mode);
    }
  }
}

TEST(EncodingTest, RefusesPresenceOctetsOtherThanZeroAndOne) {
  const std::string label = kLabel;
  for (const char* octet : {"\x02", "\x80", "\xff"}) {
    const std::string last = octet + label;
    EXPECT_THAT(Decode<ContactMonitorRequest>(last + Raw("\0")).error,
                HasSubstr("presence octet"));
    EXPECT_THAT(Decode<UpdateRequest>(kNoLast + label + octet).error,
                HasSubstr("presence octet"));
    EXPECT_THAT(Decode<OwnerMonitorRequest>(kNoLast + label +
                                            Raw("\0\0\0\0\0\0\0\0\x07") + octet)
                    .error,
                HasSubstr("presence octet"));
  }
}

TEST(EncodingDeathTest, RefusesToWriteAnEnumValueWithoutAMeaning) {
  Configuration config;
  config.mode = static_cast<DeploymentMode>(4);
  EXPECT_DEATH(Encode(config), "enum value");
}

}  // namespace
}  // namespace sealbook::reference

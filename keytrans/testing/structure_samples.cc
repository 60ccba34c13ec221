#include "keytrans/testing/structure_samples.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "keytrans/audit_structures.h"
#include "keytrans/credential_structures.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/history_structures.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/update_structures.h"

namespace sealbook::keytrans {
namespace {

using Mode = DeploymentMode;
using Suite = crypto::CipherSuite;
using crypto::Commitment;
using crypto::Hash;
using crypto::Opening;
using crypto::VrfOutput;
using merkle::PrefixLeaf;
using merkle::PrefixSearchResultType;

// The samples' hexadecimal digits are in lower case; before the first digit of
// a presence octet stands P, of an enum value T.
constexpr char kLabelHex[] = "03614062";  // "a@b"

std::string Times(int count, const std::string& digits) {
  std::string all;
  for (int i = 0; i < count; ++i) all += digits;
  return all;
}

std::string FullTreeHeadHex(Mode mode) {
  std::string hex =
      "T02"               // head_type: updated
      "0000000000000005"  // tree_size
      "0003736967";       // signature
  if (mode == Mode::kThirdPartyAuditing) {
    hex +=
        "0000000000000011"  // auditor_tree_head: timestamp
        "0000000000000004"  // tree_size
        "000461756469";     // signature
  }
  return hex;
}

std::string SuffixHex(Mode mode) {
  return mode == Mode::kThirdPartyManagement ? "00046c656166" : "";
}

// RFC 9381, Section 5.5: a compressed point, a challenge of 16 bytes, a scalar
// of 32.
int ProofSize(Suite suite) {
  return (suite == Suite::kP256 ? 33 : 32) + 16 + 32;
}

std::string SampleVrfProof(Suite suite, char byte) {
  return std::string(static_cast<size_t>(ProofSize(suite)), byte);
}

std::string LadderHex(Suite suite, const std::string& count) {
  return count +                                  //
         Times(ProofSize(suite), "31") + "P00" +  //
         Times(ProofSize(suite), "32") + "P01" + Times(32, "33");
}

std::string PrefixProofHex() {
  return "03"  // results
         "T01"
         "03"  // inclusion
         "T02" +
         Times(32, "21") + Times(32, "22") +
         "04"  // nonInclusionLeaf
         "T03"
         "05"      // nonInclusionParent
         "0001" +  // elements
         Times(32, "23");
}

std::string ProofHex() {
  return "02"
         "0000000000000001"
         "0000000000000102"  // timestamps
         "01" +
         PrefixProofHex() +                           // prefix_proofs
         "01" + Times(32, "24") +                     // prefix_roots
         "0002" + Times(32, "25") + Times(32, "26");  // inclusion
}

// Fills in what follows from the hexadecimal digits.
template <typename T, typename Parse>
StructureSample Sample(std::string structure, std::string variant,
                       const std::string& hex, const T& built, Parse parse) {
  StructureSample sample;
  sample.structure = std::move(structure);
  sample.variant = std::move(variant);
  std::string digits;
  for (char c : hex) {
    if (c == 'P') sample.presence_octets.push_back(digits.size() / 2);
    if (c == 'T') sample.enum_octets.push_back(digits.size() / 2);
    if (!absl::ascii_isupper(c)) digits.push_back(c);
  }
  sample.bytes = absl::HexStringToBytes(digits);
  sample.encoded = built.Encode();
  sample.parses_as_built = [bytes = sample.bytes, built, parse] {
    absl::StatusOr<T> parsed = parse(bytes);
    return parsed.ok() && *parsed == built;
  };
  sample.recode =
      [parse](absl::string_view bytes) -> absl::StatusOr<std::string> {
    absl::StatusOr<T> parsed = parse(bytes);
    if (!parsed.ok()) return parsed.status();
    absl::StatusOr<std::string> encoded = parsed->Encode();
    if (encoded.ok()) return encoded;
    return absl::InternalError(absl::StrCat(
        "what was parsed cannot be encoded: ", encoded.status().message()));
  };
  return sample;
}

// A structure whose Parse needs the configuration.
template <typename T>
StructureSample InMode(Mode mode, Suite suite, std::string structure,
                       std::string variant, const std::string& hex,
                       const T& built) {
  return Sample(
      std::move(structure), std::move(variant), hex, built,
      [configuration = SampleConfiguration(mode, suite)](
          absl::string_view bytes) { return T::Parse(configuration, bytes); });
}

StructureSample ConfigurationSample(Mode mode, Suite suite) {
  const std::string hex[] = {
      "T01"
      "0003534947"
      "000456524621",
      "T02"
      "0003534947"
      "000456524621"
      "00044c454146",
      "T03"
      "0003534947"
      "000456524621"
      "0000000000000007"
      "0000000000000008"
      "0003415544"};
  return Sample("Configuration", "",
                (suite == Suite::kP256 ? "0001" : "0002") +
                    hex[static_cast<int>(mode) - 1] +
                    "0000000000000001"      // max_ahead
                    "0000000000000002"      // max_behind
                    "0000000000000003"      // reasonable_monitoring_window
                    "P010000000000000004",  // maximum_lifetime
                SampleConfiguration(mode, suite), Configuration::Parse);
}

void AddSearch(Mode mode, Suite suite, std::vector<StructureSample>& samples) {
  samples.push_back(Sample("SearchRequest", "greatest version",
                           std::string("P00") + kLabelHex + "P00",
                           SearchRequest{std::nullopt, "a@b", std::nullopt},
                           SearchRequest::Parse));
  samples.push_back(
      Sample("SearchRequest", "fixed version",
             std::string("P010000000000000102") + kLabelHex + "P0100000007",
             SearchRequest{258, "a@b", 7}, SearchRequest::Parse));
  SearchResponse response;
  response.full_tree_head = SampleFullTreeHead(mode);
  response.version = 9;
  response.opening = Filled<Opening>('\x41');
  response.value = "value";
  response.suffix = SampleSuffix(mode);
  response.binary_ladder = SampleLadder(suite);
  response.search = SampleProof();
  const std::string rest = Times(16, "41") + "0000000576616c7565" +
                           SuffixHex(mode) + LadderHex(suite, "02") +
                           ProofHex();
  for (const bool fixed : {false, true}) {
    SearchRequest request{std::nullopt, "a@b", std::nullopt};
    if (fixed) request.version = 9;
    if (fixed) response.version.reset();
    samples.push_back(Sample(
        "SearchResponse", fixed ? "fixed version" : "greatest version",
        FullTreeHeadHex(mode) + (fixed ? "" : "00000009") + rest, response,
        [configuration = SampleConfiguration(mode, suite),
         request](absl::string_view bytes) {
          return SearchResponse::Parse(configuration, request, bytes);
        }));
  }
  samples.push_back(
      InMode(mode, suite, "AbsenceResponse", "",
             FullTreeHeadHex(mode) + Times(ProofSize(suite), "51") + ProofHex(),
             AbsenceResponse{SampleFullTreeHead(mode),
                             {SampleVrfProof(suite, '\x51')},
                             SampleProof()}));
}

void AddMonitoring(Mode mode, Suite suite,
                   std::vector<StructureSample>& samples) {
  const std::vector<MonitorMapEntry> entries = {{16, 3}, {17, 2}};
  const std::string entries_hex =
      "02"
      "0000000000000010"
      "00000003"
      "0000000000000011"
      "00000002";
  samples.push_back(Sample(
      "ContactMonitorRequest", "",
      std::string("P010000000000000005") + kLabelHex + entries_hex,
      ContactMonitorRequest{5, "a@b", entries}, ContactMonitorRequest::Parse));
  samples.push_back(
      InMode(mode, suite, "ContactMonitorResponse", "updated",
             FullTreeHeadHex(mode) + ProofHex(),
             ContactMonitorResponse{SampleFullTreeHead(mode), SampleProof()}));
  samples.push_back(InMode(mode, suite, "ContactMonitorResponse", "same",
                           "T01" + ProofHex(),
                           ContactMonitorResponse{{}, SampleProof()}));
  samples.push_back(Sample(
      "OwnerInitRequest", "",
      std::string("P010000000000000005") + kLabelHex + "0000000000000003",
      OwnerInitRequest{5, "a@b", 3}, OwnerInitRequest::Parse));
  samples.push_back(InMode(mode, suite, "OwnerInitResponse", "",
                           FullTreeHeadHex(mode) +
                               "02"
                               "00000102"
                               "00000001" +
                               LadderHex(suite, "0002") + ProofHex(),
                           OwnerInitResponse{SampleFullTreeHead(mode),
                                             {258, 1},
                                             SampleLadder(suite),
                                             SampleProof()}));
  samples.push_back(
      Sample("OwnerMonitorRequest", "",
             std::string("P00") + kLabelHex + entries_hex + "000000000000000f" +
                 "P0100000004",
             OwnerMonitorRequest{std::nullopt, "a@b", entries, 15, 4},
             OwnerMonitorRequest::Parse));
  samples.push_back(
      InMode(mode, suite, "OwnerMonitorResponse", "",
             FullTreeHeadHex(mode) + ProofHex(),
             OwnerMonitorResponse{SampleFullTreeHead(mode), SampleProof()}));
}

void AddUpdates(Mode mode, Suite suite, std::vector<StructureSample>& samples) {
  samples.push_back(
      Sample("UpdateRequest", "",
             std::string("P00") + kLabelHex + "P0100000006" +
                 "02"
                 "000000026f6e"
                 "00000000",
             UpdateRequest{std::nullopt, "a@b", 6, {{"on"}, {""}}},
             UpdateRequest::Parse));
  UpdateResponse response;
  response.full_tree_head = SampleFullTreeHead(mode);
  response.position = 16;
  if (mode == Mode::kThirdPartyManagement) response.skipped_versions = 2;
  response.values = {{"on"}, {""}};
  response.info = {{Filled<Opening>('\x61'), SampleSuffix(mode)},
                   {Filled<Opening>('\x62'), SampleSuffix(mode)}};
  response.binary_ladder = SampleLadder(suite);
  response.update = SampleProof();
  samples.push_back(
      InMode(mode, suite, "UpdateResponse", "",
             FullTreeHeadHex(mode) + "0000000000000010" +
                 (mode == Mode::kThirdPartyManagement ? "00000002" : "") +
                 "02"
                 "000000026f6e"
                 "00000000" +
                 "02" + Times(16, "61") + SuffixHex(mode) + Times(16, "62") +
                 SuffixHex(mode) + LadderHex(suite, "02") + ProofHex(),
             response));
  samples.push_back(
      Sample("ManagerUpdateRequest", "",
             std::string("P010000000000000005") + kLabelHex + "P00" +
                 "02"
                 "000000026f6e"
                 "000173"
                 "00000000"
                 "0000" +
                 "00000008",
             ManagerUpdateRequest{
                 5, "a@b", std::nullopt, {{"on", {"s"}}, {"", {""}}}, 8},
             ManagerUpdateRequest::Parse));
}

void AddDistinguished(Mode mode, Suite suite,
                      std::vector<StructureSample>& samples) {
  samples.push_back(Sample("DistinguishedRequest", "",
                           "P010000000000000005"
                           "P010000000000000004",
                           DistinguishedRequest{5, 4},
                           DistinguishedRequest::Parse));
  samples.push_back(
      InMode(mode, suite, "DistinguishedResponse", "",
             FullTreeHeadHex(mode) + ProofHex(),
             DistinguishedResponse{SampleFullTreeHead(mode), SampleProof()}));
  samples.push_back(
      Sample("DistinguishedHead", "", "02" + Times(32, "71") + Times(32, "72"),
             DistinguishedHead{{Filled<Hash>('\x71'), Filled<Hash>('\x72')}},
             DistinguishedHead::Parse));
}

// Ours.
void AddHistory(Mode mode, Suite suite, std::vector<StructureSample>& samples) {
  samples.push_back(
      Sample("HistoryRequest", "",
             std::string("P010000000000000005") + kLabelHex + "P0100000006",
             HistoryRequest{5, "a@b", 6}, HistoryRequest::Parse));
  HistoryResponse response;
  response.full_tree_head = SampleFullTreeHead(mode);
  response.newest = 6;
  response.versions = {
      {16, Filled<Opening>('\x61'), "on", SampleSuffix(mode)},
      {std::nullopt, Filled<Opening>('\x62'), "", SampleSuffix(mode)}};
  response.binary_ladder = SampleLadder(suite);
  response.history = SampleProof();
  const std::string rest =
      "02"
      "P010000000000000010" +
      Times(16, "61") + "000000026f6e" + SuffixHex(mode) + "P00" +
      Times(16, "62") + "00000000" + SuffixHex(mode) +
      LadderHex(suite, "0002") + ProofHex();
  const auto parse = [mode, suite](std::optional<uint32_t> newest) {
    return [mode, suite, newest](absl::string_view bytes) {
      return HistoryResponse::Parse(SampleConfiguration(mode, suite),
                                    {5, "a@b", newest}, bytes);
    };
  };
  samples.push_back(Sample("HistoryResponse", "greatest",
                           FullTreeHeadHex(mode) + "00000006" + rest, response,
                           parse(std::nullopt)));
  response.newest.reset();
  samples.push_back(Sample("HistoryResponse", "from a version",
                           FullTreeHeadHex(mode) + rest, response, parse(6)));
}

// Ours.
void AddAsOf(Mode mode, Suite suite, std::vector<StructureSample>& samples) {
  samples.push_back(Sample(
      "AsOfRequest", "",
      std::string("P010000000000000005") + kLabelHex + "0000000000000102",
      AsOfRequest{5, "a@b", 258}, AsOfRequest::Parse));
  AsOfResponse response;
  response.full_tree_head = SampleFullTreeHead(mode);
  response.position = 16;
  response.in_force =
      VersionInForce{9, Filled<Opening>('\x41'), "on", SampleSuffix(mode)};
  response.binary_ladder = SampleLadder(suite);
  response.search = SampleProof();
  samples.push_back(InMode(mode, suite, "AsOfResponse", "in force",
                           FullTreeHeadHex(mode) +
                               "P010000000000000010"
                               "P0100000009" +
                               Times(16, "41") + "000000026f6e" +
                               SuffixHex(mode) + LadderHex(suite, "02") +
                               ProofHex(),
                           response));
  response.position.reset();
  response.in_force.reset();
  response.binary_ladder.clear();
  samples.push_back(InMode(mode, suite, "AsOfResponse", "before the log",
                           FullTreeHeadHex(mode) +
                               "P00"
                               "P00"
                               "00" +
                               ProofHex(),
                           response));
}

void AddCredentials(Mode mode, Suite suite,
                    std::vector<StructureSample>& samples) {
  Credential credential;
  credential.label = "a@b";
  credential.version = 9;
  credential.opening = Filled<Opening>('\x41');
  credential.value = "value";
  credential.suffix = SampleSuffix(mode);
  credential.binary_ladder = SampleLadder(suite);
  credential.position = 16;
  const std::string hex = kLabelHex + ("00000009" + Times(16, "41")) +
                          "0000000576616c7565" + SuffixHex(mode) +
                          LadderHex(suite, "02") + "0000000000000010";
  credential.proof = StandardCredential{SamplePrefixProof()};
  samples.push_back(InMode(mode, suite, "Credential", "standard",
                           hex + "T01" + PrefixProofHex(), credential));
  credential.proof = ProvisionalCredential{{5, "sig"}, SampleProof()};
  samples.push_back(InMode(mode, suite, "Credential", "provisional",
                           hex +
                               "T02"
                               "0000000000000005"
                               "0003736967" +
                               ProofHex(),
                           credential));
  samples.push_back(Sample("CredentialUpdate", "", ProofHex(),
                           CredentialUpdate{SampleProof()},
                           CredentialUpdate::Parse));
}

void AddAuditing(std::vector<StructureSample>& samples) {
  samples.push_back(Sample("AuditorTreeHead", "",
                           "0000000000000011"
                           "0000000000000004"
                           "000461756469",
                           AuditorTreeHead{17, 4, "audi"},
                           AuditorTreeHead::Parse));
  AuditorUpdate update;
  update.timestamp = 17;
  update.added = {{Filled<VrfOutput>('\x01'), Filled<Commitment>('\x02')},
                  {Filled<VrfOutput>('\x03'), Filled<Commitment>('\x01')}};
  update.removed = {{Filled<VrfOutput>('\x03'), Filled<Commitment>('\x04')}};
  update.proof = SamplePrefixProof();
  samples.push_back(Sample("AuditorUpdate", "",
                           "0000000000000011"
                           "0002" +
                               Times(32, "01") + Times(32, "02") +
                               Times(32, "03") + Times(32, "01") + "0001" +
                               Times(32, "03") + Times(32, "04") +
                               PrefixProofHex(),
                           update, AuditorUpdate::Parse));
}

}  // namespace

std::vector<StructureSample> StructureSamples(Mode mode, Suite suite) {
  std::vector<StructureSample> samples;
  samples.push_back(ConfigurationSample(mode, suite));
  AddSearch(mode, suite, samples);
  AddMonitoring(mode, suite, samples);
  AddUpdates(mode, suite, samples);
  AddDistinguished(mode, suite, samples);
  AddHistory(mode, suite, samples);
  AddAsOf(mode, suite, samples);
  AddCredentials(mode, suite, samples);
  AddAuditing(samples);
  return samples;
}

Configuration SampleConfiguration(Mode mode, Suite suite) {
  Configuration configuration;
  configuration.ciphersuite = suite;
  configuration.mode = mode;
  configuration.signature_public_key = "SIG";
  configuration.vrf_public_key = "VRF!";
  if (mode == Mode::kThirdPartyManagement) {
    configuration.leaf_public_key = "LEAF";
  }
  if (mode == Mode::kThirdPartyAuditing) {
    configuration.max_auditor_lag = 7;
    configuration.auditor_start_pos = 8;
    configuration.auditor_public_key = "AUD";
  }
  configuration.max_ahead = 1;
  configuration.max_behind = 2;
  configuration.reasonable_monitoring_window = 3;
  configuration.maximum_lifetime = 4;
  return configuration;
}

FullTreeHead SampleFullTreeHead(Mode mode) {
  FullTreeHead head{TreeHead{5, "sig"}};
  if (mode == Mode::kThirdPartyAuditing) {
    head.auditor = AuditorTreeHead{17, 4, "audi"};
  }
  return head;
}

UpdateSuffix SampleSuffix(Mode mode) {
  if (mode != Mode::kThirdPartyManagement) return {};
  return {"leaf"};
}

std::vector<BinaryLadderStep> SampleLadder(Suite suite) {
  return {{{SampleVrfProof(suite, '\x31')}, std::nullopt},
          {{SampleVrfProof(suite, '\x32')}, Filled<Commitment>('\x33')}};
}

merkle::PrefixProof SamplePrefixProof() {
  const PrefixLeaf leaf = {Filled<VrfOutput>('\x21'),
                           Filled<Commitment>('\x22')};
  return {{{PrefixSearchResultType::kInclusion, std::nullopt, 3},
           {PrefixSearchResultType::kNonInclusionLeaf, leaf, 4},
           {PrefixSearchResultType::kNonInclusionParent, std::nullopt, 5}},
          {Filled<Hash>('\x23')}};
}

CombinedTreeProof SampleProof() {
  return {{1, 258},
          {SamplePrefixProof()},
          {Filled<Hash>('\x24')},
          {Filled<Hash>('\x25'), Filled<Hash>('\x26')}};
}

}  // namespace sealbook::keytrans

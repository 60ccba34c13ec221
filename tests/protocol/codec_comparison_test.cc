// The bytes of the draft's structures, ours against tests/reference: on our
// samples, on random structures of the reference, and on random damage to both,
// in every deployment mode and with both cipher suites, one accepts what the
// other accepts, reads the same fields and writes the same bytes again. Our own
// structures (absence, history, the state as of a time) are not compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "keytrans/testing/structure_samples.h"
#include "tests/protocol/structure_mirror.h"
#include "tests/reference/hash.h"

namespace sealbook {
namespace {

using keytrans::DeploymentMode;
using keytrans::StructureSample;

constexpr uint64_t kSeed = 20260818;
constexpr int kRandomStructures = 100;
// Damaged copies of each sample, and of each random structure.
constexpr int kDamagedSamples = 1000;
constexpr int kDamagedStructures = 40;

// What the draft forbids in well-formed bytes, and our Parse refuses. Each says
// what is wrong, or nothing.

// "Maximum Lifetime": "it MUST be greater than zero and greater than the RMW".
std::string Offence(const reference::Configuration& s) {
  const bool kept = !s.maximum_lifetime.has_value() ||
                    (*s.maximum_lifetime > 0 &&
                     *s.maximum_lifetime > s.reasonable_monitoring_window);
  return kept ? "" : "maximum lifetime";
}

// "Contact Monitor", "Owner Monitoring" step 1: "sorted in ascending order by
// `position`, that no `position` or `version` is duplicate".
std::string Offence(const std::vector<reference::MonitorMapEntry>& entries) {
  std::set<uint32_t> versions;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i > 0 && entries[i].position <= entries[i - 1].position) {
      return "positions";
    }
    if (!versions.insert(entries[i].version).second) return "versions";
  }
  return "";
}
std::string Offence(const reference::ContactMonitorRequest& s) {
  return Offence(s.entries);
}
std::string Offence(const reference::OwnerMonitorRequest& s) {
  return Offence(s.entries);
}

// "Management": "If `values` is empty, the `signed_version` field is always
// zero."
std::string Offence(const reference::ManagerUpdateRequest& s) {
  return s.values.empty() && s.signed_version != 0 ? "signed_version" : "";
}

// "Auditing" step 2: "sorted in ascending order by `vrf_output` and that the
// same `vrf_output` is not present twice".
std::string Offence(const std::vector<reference::PrefixLeaf>& leaves) {
  for (size_t i = 1; i < leaves.size(); ++i) {
    if (leaves[i].vrf_output <= leaves[i - 1].vrf_output) return "leaves";
  }
  return "";
}
std::string Offence(const reference::AuditorUpdate& s) {
  return Offence(s.added) + Offence(s.removed);
}

template <typename T>
std::string Offence(const T&) {
  return "";
}

// Makes most random structures keep to the rules above.
void Obey(reference::Configuration* s) {
  if (!s->maximum_lifetime.has_value()) return;
  s->reasonable_monitoring_window %= uint64_t{1} << 32;
  *s->maximum_lifetime |= uint64_t{1} << 32;
}
void Obey(std::vector<reference::MonitorMapEntry>* entries) {
  for (size_t i = 0; i < entries->size(); ++i) {
    (*entries)[i].position = 3 * i + (*entries)[i].position % 3;
    (*entries)[i].version = static_cast<uint32_t>(7 * (entries->size() - i));
  }
}
void Obey(reference::ContactMonitorRequest* s) { Obey(&s->entries); }
void Obey(reference::OwnerMonitorRequest* s) { Obey(&s->entries); }
void Obey(reference::ManagerUpdateRequest* s) {
  if (s->values.empty()) s->signed_version = 0;
}
void Obey(reference::AuditorUpdate* s) {
  const auto less = [](const reference::PrefixLeaf& a,
                       const reference::PrefixLeaf& b) {
    return a.vrf_output < b.vrf_output;
  };
  std::sort(s->added.begin(), s->added.end(), less);
  std::sort(s->removed.begin(), s->removed.end(), less);
}
template <typename T>
void Obey(T*) {}

// A log of one mode and suite, for both sides.
struct Setting {
  DeploymentMode mode;
  crypto::CipherSuite suite;

  keytrans::Configuration Ours() const {
    keytrans::Configuration configuration = keytrans::SampleConfiguration(mode);
    configuration.ciphersuite = suite;
    return configuration;
  }
  uint16_t TheirSuite() const { return static_cast<uint16_t>(suite); }
  reference::DeploymentMode TheirMode() const {
    return static_cast<reference::DeploymentMode>(mode);
  }
};

// Whether the bytes were accepted; ADD_FAILURE where the two disagree.
using Compare = std::function<bool(const std::string& bytes)>;

// One structure in one setting.
struct Comparison {
  std::string name;  // as in StructureSample
  Compare compare;
  std::function<std::string(std::mt19937_64* random)> random;
};

template <typename Theirs, typename Parse>
bool AcceptedByBoth(const Setting& setting, reference::DeploymentMode mode,
                    const Parse& parse, const std::string& bytes) {
  const auto theirs =
      reference::Decode<Theirs>(bytes, setting.TheirSuite(), mode);
  const std::string offence =
      theirs.value.has_value() ? Offence(*theirs.value) : "";
  const auto ours = parse(bytes);
  EXPECT_EQ(ours.ok(), theirs.value.has_value() && offence.empty())
      << "ours: " << ours.status() << "\nreference: " << theirs.error
      << offence;
  if (!ours.ok() || !theirs.value.has_value()) return false;
  const absl::StatusOr<std::string> written = ours->Encode();
  EXPECT_TRUE(written.ok() && *written == bytes) << "ours writes other bytes";
  EXPECT_TRUE(reference::Encode(*theirs.value, setting.TheirSuite(), mode) ==
              bytes)
      << "the reference writes other bytes";
  Theirs mirrored;
  Mirror(*ours, &mirrored);
  EXPECT_TRUE(mirrored == *theirs.value) << "fields differ";
  return true;
}

template <typename Theirs, typename Parse>
Comparison MakeIn(const Setting& setting, reference::DeploymentMode mode,
                  std::string name, Parse parse) {
  Comparison comparison;
  comparison.name = std::move(name);
  comparison.compare = [=](const std::string& bytes) {
    return AcceptedByBoth<Theirs>(setting, mode, parse, bytes);
  };
  comparison.random = [=](std::mt19937_64* random) {
    Theirs structure =
        reference::RandomStructure<Theirs>(random, setting.TheirSuite(), mode);
    if ((*random)() % 8 != 0) Obey(&structure);
    return reference::Encode(structure, setting.TheirSuite(), mode);
  };
  return comparison;
}

template <typename Ours, typename Theirs>
Comparison Make(const Setting& setting, std::string name) {
  return MakeIn<Theirs>(setting, setting.TheirMode(), std::move(name),
                        [=](const std::string& bytes) {
                          if constexpr (requires { Ours::Parse(bytes); }) {
                            return Ours::Parse(bytes);
                          } else {
                            return Ours::Parse(setting.Ours(), bytes);
                          }
                        });
}

// The bytes of a search response depend on its request.
template <typename Theirs>
Comparison MakeSearch(const Setting& setting, std::string name,
                      std::optional<uint32_t> version) {
  return MakeIn<Theirs>(setting, setting.TheirMode(), std::move(name),
                        [=](const std::string& bytes) {
                          return keytrans::SearchResponse::Parse(
                              setting.Ours(), {std::nullopt, "a@b", version},
                              bytes);
                        });
}

std::vector<Comparison> Comparisons(const Setting& setting) {
#define SEALBOOK_SAME(T) Make<keytrans::T, reference::T>(setting, #T)
  return {
      SEALBOOK_SAME(Configuration), SEALBOOK_SAME(AuditorTreeHead),
      SEALBOOK_SAME(SearchRequest),
      MakeSearch<reference::SearchResponse>(
          setting, "SearchResponse greatest version", std::nullopt),
      MakeSearch<reference::FixedVersionResponse>(
          setting, "SearchResponse fixed version", 9),
      SEALBOOK_SAME(ContactMonitorRequest),
      SEALBOOK_SAME(ContactMonitorResponse), SEALBOOK_SAME(OwnerInitRequest),
      SEALBOOK_SAME(OwnerInitResponse), SEALBOOK_SAME(OwnerMonitorRequest),
      SEALBOOK_SAME(OwnerMonitorResponse), SEALBOOK_SAME(UpdateRequest),
      SEALBOOK_SAME(UpdateResponse),
      // "Management": in that mode alone, so our Parse takes no mode.
      MakeIn<reference::ManagerUpdateRequest>(
          setting, reference::DeploymentMode::kThirdPartyManagement,
          "ManagerUpdateRequest", keytrans::ManagerUpdateRequest::Parse),
      SEALBOOK_SAME(DistinguishedRequest), SEALBOOK_SAME(DistinguishedResponse),
      SEALBOOK_SAME(DistinguishedHead), SEALBOOK_SAME(Credential),
      SEALBOOK_SAME(CredentialUpdate), SEALBOOK_SAME(AuditorUpdate)};
#undef SEALBOOK_SAME
}

// One accident: bits, bytes and spans changed, added, doubled or dropped. The
// spans are as long as the draft's fields, or any length.
void Damage(std::string* bytes, std::mt19937_64* random) {
  const auto below = [&](size_t bound) -> size_t {
    return bound == 0 ? 0 : (*random)() % bound;
  };
  constexpr size_t kLengths[] = {1, 2, 4, 8, 12, 16, 32, 33, 64, 80, 81, 82};
  size_t length = kLengths[below(std::size(kLengths))];
  if (below(4) == 0) length = 1 + below(bytes->size() + 1);
  const size_t at = below(bytes->size());
  const std::string span = bytes->substr(at, length);
  switch (below(8)) {
    case 0:
      return bytes->resize(at);
    case 1: {
      std::string inserted(1 + below(length), '\0');
      for (char& byte : inserted) byte = static_cast<char>((*random)());
      bytes->insert(at, inserted);
      return;
    }
    case 2:
      bytes->insert(at, span);
      return;
    case 3:
      bytes->erase(at, length);
      return;
    case 4:
      if (!bytes->empty()) (*bytes)[at] = static_cast<char>(below(5));
      return;
    case 5:
      if (!bytes->empty()) (*bytes)[at] += below(2) == 0 ? 1 : -1;
      return;
    default:
      if (!bytes->empty()) (*bytes)[at] ^= static_cast<char>(1 << below(8));
  }
}

class CodecComparisonTest
    : public ::testing::TestWithParam<
          std::tuple<DeploymentMode, crypto::CipherSuite>> {
 protected:
  Setting setting() const {
    return {std::get<0>(GetParam()), std::get<1>(GetParam())};
  }

  // Compares the bytes, and damage done to them. False after a failure, whose
  // bytes are then shown.
  bool CompareDamaged(const Comparison& comparison, const std::string& bytes,
                      int copies, std::mt19937_64* random) {
    for (int i = 0; i <= copies; ++i) {
      std::string damaged = bytes;
      const size_t accidents = i == 0 ? 0 : 1 + (*random)() % 3 / 2;
      for (size_t j = 0; j < accidents; ++j) Damage(&damaged, random);
      (comparison.compare(damaged) ? accepted_ : refused_) += i > 0;
      if (HasFailure()) {
        ADD_FAILURE() << absl::BytesToHexString(damaged);
        return false;
      }
    }
    return true;
  }

  size_t accepted_ = 0;
  size_t refused_ = 0;
};

INSTANTIATE_TEST_SUITE_P(
    Logs, CodecComparisonTest,
    ::testing::Combine(::testing::Values(DeploymentMode::kContactMonitoring,
                                         DeploymentMode::kThirdPartyManagement,
                                         DeploymentMode::kThirdPartyAuditing),
                       ::testing::Values(crypto::CipherSuite::kP256,
                                         crypto::CipherSuite::kEd25519)));

bool IsOurOwn(const StructureSample& sample) {
  return sample.structure == "AbsenceResponse" ||
         sample.structure.rfind("History", 0) == 0 ||
         sample.structure.rfind("AsOf", 0) == 0;
}

TEST_P(CodecComparisonTest, AgreesAboutOurSamplesWholeAndDamaged) {
  std::mt19937_64 random(kSeed);
  std::map<std::string, Comparison> comparisons;
  for (Comparison& comparison : Comparisons(setting())) {
    comparisons.emplace(comparison.name, std::move(comparison));
  }
  std::set<std::string> compared;
  for (const StructureSample& sample :
       keytrans::StructureSamples(setting().mode, setting().suite)) {
    if (IsOurOwn(sample)) continue;
    SCOPED_TRACE(
        absl::StrCat(sample.structure, " ", sample.variant, ", seed ", kSeed));
    std::string name = sample.structure;
    if (name == "SearchResponse") absl::StrAppend(&name, " ", sample.variant);
    ASSERT_TRUE(comparisons.count(name)) << "a sample is not compared";
    const Comparison& comparison = comparisons.at(name);
    EXPECT_TRUE(comparison.compare(sample.bytes)) << "a sample is refused";
    if (!CompareDamaged(comparison, sample.bytes, kDamagedSamples, &random)) {
      return;
    }
    compared.insert(name);
  }
  EXPECT_EQ(compared.size(), comparisons.size());
}

TEST_P(CodecComparisonTest, AgreesAboutRandomStructuresWholeAndDamaged) {
  std::mt19937_64 random(kSeed);
  for (const Comparison& comparison : Comparisons(setting())) {
    SCOPED_TRACE(absl::StrCat(comparison.name, ", seed ", kSeed));
    int whole = 0;
    for (int i = 0; i < kRandomStructures; ++i) {
      const std::string bytes = comparison.random(&random);
      whole += comparison.compare(bytes);
      if (!CompareDamaged(comparison, bytes, kDamagedStructures, &random))
        return;
    }
    EXPECT_GE(whole, kRandomStructures / 2);
  }
  // Damage that never, or always, went unnoticed would compare little.
  EXPECT_GT(accepted_, 10000u);
  EXPECT_GT(refused_, 10000u);
}

// Ours is made from the reference's by way of the bytes compared above.
keytrans::Configuration OurConfiguration(
    const reference::Configuration& theirs) {
  return keytrans::Configuration::Parse(reference::Encode(theirs)).value();
}

TEST_P(CodecComparisonTest, AgreesAboutWhatIsSigned) {
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 200; ++i) {
    SCOPED_TRACE(absl::StrCat(i, ", seed ", kSeed));
    auto head = reference::RandomStructure<reference::AuditorTreeHeadTBS>(
        &random, setting().TheirSuite(), setting().TheirMode());
    Obey(&head.config);
    const keytrans::Configuration ours = OurConfiguration(head.config);
    const crypto::Hash root = *crypto::Hash::FromBytes(head.root);
    EXPECT_EQ(
        EncodeAuditorTreeHeadTbs(ours, head.timestamp, head.tree_size, root),
        reference::Encode(head));
    EXPECT_EQ(EncodeTreeHeadTbs(ours, head.tree_size, root),
              reference::Encode(reference::TreeHeadTBS{
                  head.config, head.tree_size, head.root}));
    auto update = reference::RandomStructure<reference::UpdateTBS>(
        &random, setting().TheirSuite(), setting().TheirMode());
    update.config = head.config;
    EXPECT_EQ(EncodeUpdateTbs(ours, update.label, update.version, update.value),
              reference::Encode(update));
    EXPECT_EQ(ours.Fingerprint().view(),
              reference::Sha256(reference::Encode(head.config)));
  }
}

TEST_P(CodecComparisonTest, AgreesAboutWhatIsHashed) {
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 200; ++i) {
    SCOPED_TRACE(absl::StrCat(i, ", seed ", kSeed));
    const auto value = reference::RandomStructure<reference::CommitmentValue>(
        &random, setting().TheirSuite(), setting().TheirMode());
    keytrans::UpdateSuffix suffix;
    if (setting().mode == DeploymentMode::kThirdPartyManagement) {
      suffix.signature = value.update.suffix.signature;
    }
    EXPECT_EQ(keytrans::CommitToValue(
                  *crypto::Opening::FromBytes(value.opening), value.label,
                  value.version, value.update.value, suffix)
                  .view(),
              reference::Commit(value, setting().TheirMode()));
    EXPECT_EQ(
        keytrans::EncodeVrfInput(value.label, value.version),
        reference::Encode(reference::VrfInput{value.label, value.version}));
    const auto entry = reference::RandomStructure<reference::LogEntry>(
        &random, setting().TheirSuite(), setting().TheirMode());
    EXPECT_EQ(keytrans::LogEntry({entry.timestamp,
                                  *crypto::Hash::FromBytes(entry.prefix_tree)})
                  .LeafValue()
                  .view(),
              reference::LogLeafValue(entry));
  }
}

}  // namespace
}  // namespace sealbook

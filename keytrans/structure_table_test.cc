// What holds for the encoding of every structure, in every deployment mode and
// cipher suite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "keytrans/audit_structures.h"
#include "keytrans/credential_structures.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/testing/structure_samples.h"
#include "keytrans/update_structures.h"

namespace sealbook::keytrans {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Mode = DeploymentMode;
using Suite = crypto::CipherSuite;

class EveryStructureTest
    : public ::testing::TestWithParam<std::tuple<Mode, Suite>> {
 protected:
  static Mode mode() { return std::get<Mode>(GetParam()); }
  static Suite suite() { return std::get<Suite>(GetParam()); }

  // Calls `check` for every sample, and names it in failures.
  void ForEach(const std::function<void(const StructureSample&)>& check) {
    const std::vector<StructureSample> samples =
        StructureSamples(mode(), suite());
    ASSERT_EQ(samples.size(), 30u);
    for (const StructureSample& sample : samples) {
      SCOPED_TRACE(absl::StrCat(sample.structure, " ", sample.variant));
      check(sample);
    }
  }

  void ExpectRefused(const StructureSample& sample, absl::string_view bytes,
                     const std::string& word) {
    const absl::Status status = sample.recode(bytes).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr(sample.structure), HasSubstr(word)));
  }
};

INSTANTIATE_TEST_SUITE_P(
    ModesAndSuites, EveryStructureTest,
    ::testing::Combine(::testing::Values(Mode::kContactMonitoring,
                                         Mode::kThirdPartyManagement,
                                         Mode::kThirdPartyAuditing),
                       ::testing::Values(Suite::kP256, Suite::kEd25519)));

TEST_P(EveryStructureTest, EncodesAsTheDraftSays) {
  ForEach([](const StructureSample& sample) {
    ASSERT_TRUE(sample.encoded.ok()) << sample.encoded.status();
    EXPECT_EQ(absl::BytesToHexString(*sample.encoded),
              absl::BytesToHexString(sample.bytes));
  });
}

TEST_P(EveryStructureTest, ParsesToWhatWasEncoded) {
  ForEach([](const StructureSample& sample) {
    EXPECT_TRUE(sample.parses_as_built())
        << sample.recode(sample.bytes).status();
  });
}

TEST_P(EveryStructureTest, RefusesEveryTruncation) {
  ForEach([this](const StructureSample& sample) {
    for (size_t length = 0; length < sample.bytes.size(); ++length) {
      ExpectRefused(sample, absl::string_view(sample.bytes).substr(0, length),
                    "left");
      if (HasFailure()) FAIL() << "cut to " << length << " bytes";
    }
  });
}

TEST_P(EveryStructureTest, RefusesATrailingByte) {
  ForEach([this](const StructureSample& sample) {
    ExpectRefused(sample, absl::StrCat(sample.bytes, std::string(1, '\0')),
                  "1 trailing bytes");
  });
}

TEST_P(EveryStructureTest, RefusesOtherPresenceOctets) {
  size_t seen = 0;
  ForEach([&](const StructureSample& sample) {
    for (size_t at : sample.presence_octets) {
      for (int octet : {2, 255}) {
        std::string changed = sample.bytes;
        changed[at] = static_cast<char>(octet);
        ExpectRefused(sample, changed,
                      absl::StrCat("presence octet is ", octet));
        ++seen;
      }
    }
  });
  EXPECT_GE(seen, 2 * 20u);
}

TEST_P(EveryStructureTest, RefusesUnknownEnumValues) {
  size_t seen = 0;
  ForEach([&](const StructureSample& sample) {
    for (size_t at : sample.enum_octets) {
      for (int value : {0, 4, 255}) {
        std::string changed = sample.bytes;
        changed[at] = static_cast<char>(value);
        ExpectRefused(sample, changed, "unknown");
        ++seen;
      }
    }
  });
  EXPECT_GE(seen, 3 * 20u);
}

TEST_P(EveryStructureTest, HasOneEncodingOnly) {
  size_t accepted = 0;
  ForEach([&](const StructureSample& sample) {
    for (size_t i = 0; i < sample.bytes.size(); ++i) {
      for (int flipped : {1, 2, 3, 4, 0x80, 0xff}) {
        std::string changed = sample.bytes;
        changed[i] = static_cast<char>(changed[i] ^ flipped);
        const absl::StatusOr<std::string> recoded = sample.recode(changed);
        if (!recoded.ok()) {
          ASSERT_NE(recoded.status().code(), absl::StatusCode::kInternal)
              << recoded.status();
          continue;
        }
        ++accepted;
        ASSERT_EQ(absl::BytesToHexString(*recoded),
                  absl::BytesToHexString(changed));
      }
    }
  });
  EXPECT_GE(accepted, 1000u);
}

// How many samples differ from those of the same structure in `others`, which
// must be refused where these are expected.
size_t ExpectNotTaken(const std::vector<StructureSample>& samples,
                      const std::vector<StructureSample>& others) {
  size_t compared = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const StructureSample& sample = samples[i];
    EXPECT_EQ(sample.structure, others[i].structure);
    if (sample.structure == "Configuration" ||
        others[i].bytes == sample.bytes) {
      continue;
    }
    EXPECT_FALSE(sample.recode(others[i].bytes).ok())
        << sample.structure << " " << sample.variant;
    ++compared;
  }
  return compared;
}

TEST_P(EveryStructureTest, IsNotTakenForThatOfAnotherMode) {
  const Mode other = mode() == Mode::kContactMonitoring
                         ? Mode::kThirdPartyManagement
                         : Mode::kContactMonitoring;
  EXPECT_GE(ExpectNotTaken(StructureSamples(mode(), suite()),
                           StructureSamples(other, suite())),
            5u);
}

TEST_P(EveryStructureTest, IsNotTakenForThatOfAnotherSuite) {
  const Suite other = suite() == Suite::kP256 ? Suite::kEd25519 : Suite::kP256;
  // Those with VRF proofs.
  EXPECT_EQ(ExpectNotTaken(StructureSamples(mode(), suite()),
                           StructureSamples(mode(), other)),
            10u);
}

// A vector filled with `size` elements: built, and parsed again.
struct Vector {
  std::string name;
  size_t ceiling;
  std::function<absl::StatusOr<std::string>(size_t size)> build;
  std::function<absl::StatusOr<std::string>(absl::string_view)> recode;
};

template <typename T, typename Parse, typename Fill>
Vector MakeVector(std::string name, size_t ceiling, Parse parse, Fill fill,
                  T structure = T()) {
  return {std::move(name), ceiling,
          [=](size_t size) -> absl::StatusOr<std::string> {
            T filled = structure;
            fill(filled, size);
            return filled.Encode();
          },
          [=](absl::string_view bytes) -> absl::StatusOr<std::string> {
            absl::StatusOr<T> parsed = parse(bytes);
            if (!parsed.ok()) return parsed.status();
            return parsed->Encode();
          }};
}

template <typename T, typename Fill>
Vector InMode(Mode mode, std::string name, size_t ceiling, Fill fill,
              T structure = T()) {
  return MakeVector<T>(
      std::move(name), ceiling,
      [configuration = SampleConfiguration(mode)](absl::string_view bytes) {
        return T::Parse(configuration, bytes);
      },
      fill, structure);
}

std::vector<MonitorMapEntry> Entries(size_t size) {
  std::vector<MonitorMapEntry> entries(size);
  for (size_t i = 0; i < size; ++i) {
    entries[i] = {i, static_cast<uint32_t>(i)};
  }
  return entries;
}

std::vector<merkle::PrefixLeaf> Leaves(size_t size) {
  std::vector<merkle::PrefixLeaf> leaves(size);
  for (size_t i = 0; i < size; ++i) {
    leaves[i].vrf_output.data()[0] = static_cast<uint8_t>(i >> 16);
    leaves[i].vrf_output.data()[1] = static_cast<uint8_t>(i >> 8);
    leaves[i].vrf_output.data()[2] = static_cast<uint8_t>(i);
  }
  return leaves;
}

std::vector<BinaryLadderStep> Ladder(size_t size) {
  return std::vector<BinaryLadderStep>(size, SampleLadder()[0]);
}

// Those of a CombinedTreeProof.
void AddProofVectors(std::vector<Vector>& vectors) {
  using U = CredentialUpdate;
  vectors.push_back(MakeVector<U>(
      "timestamps", 255, U::Parse,
      [](U& u, size_t size) { u.monitor.timestamps.resize(size); }));
  vectors.push_back(MakeVector<U>(
      "prefix_proofs", 255, U::Parse,
      [](U& u, size_t size) { u.monitor.prefix_proofs.resize(size); }));
  vectors.push_back(MakeVector<U>(
      "prefix_roots", 255, U::Parse,
      [](U& u, size_t size) { u.monitor.prefix_roots.resize(size); }));
  vectors.push_back(MakeVector<U>(
      "inclusion", 65535, U::Parse,
      [](U& u, size_t size) { u.monitor.inclusion.resize(size); }));
  vectors.push_back(MakeVector<U>(
      "PrefixProof.results", 255, U::Parse, [](U& u, size_t size) {
        u.monitor.prefix_proofs.resize(1);
        u.monitor.prefix_proofs[0].results.resize(size);
      }));
  vectors.push_back(MakeVector<U>(
      "PrefixProof.elements", 65535, U::Parse, [](U& u, size_t size) {
        u.monitor.prefix_proofs.resize(1);
        u.monitor.prefix_proofs[0].elements.resize(size);
      }));
}

void AddRequestVectors(std::vector<Vector>& vectors) {
  vectors.push_back(MakeVector<ContactMonitorRequest>(
      "label", 255, ContactMonitorRequest::Parse,
      [](auto& request, size_t size) { request.label.resize(size); }));
  vectors.push_back(MakeVector<ContactMonitorRequest>(
      "entries", 255, ContactMonitorRequest::Parse,
      [](auto& request, size_t size) { request.entries = Entries(size); }));
  vectors.push_back(MakeVector<OwnerInitRequest>(
      "label", 255, OwnerInitRequest::Parse,
      [](auto& request, size_t size) { request.label.resize(size); }));
  vectors.push_back(MakeVector<OwnerMonitorRequest>(
      "label", 255, OwnerMonitorRequest::Parse,
      [](auto& request, size_t size) { request.label.resize(size); }));
  vectors.push_back(MakeVector<OwnerMonitorRequest>(
      "entries", 255, OwnerMonitorRequest::Parse,
      [](auto& request, size_t size) { request.entries = Entries(size); }));
  vectors.push_back(MakeVector<UpdateRequest>(
      "label", 255, UpdateRequest::Parse,
      [](auto& request, size_t size) { request.label.resize(size); }));
  vectors.push_back(MakeVector<UpdateRequest>(
      "values", 255, UpdateRequest::Parse,
      [](auto& request, size_t size) { request.values.resize(size); }));
  vectors.push_back(MakeVector<ManagerUpdateRequest>(
      "label", 255, ManagerUpdateRequest::Parse,
      [](auto& request, size_t size) { request.label.resize(size); }));
  vectors.push_back(MakeVector<ManagerUpdateRequest>(
      "values", 255, ManagerUpdateRequest::Parse,
      [](auto& request, size_t size) {
        request.values.resize(size, {"v", {"signature"}});
      }));
  vectors.push_back(MakeVector<ManagerUpdateRequest>(
      "UpdateSuffix.signature", 65535, ManagerUpdateRequest::Parse,
      [](auto& request, size_t size) {
        request.values = {{"v", {std::string(size, 's')}}};
      }));
}

void AddResponseVectors(std::vector<Vector>& vectors) {
  const Mode mode = Mode::kContactMonitoring;
  vectors.push_back(InMode<ContactMonitorResponse>(
      mode, "TreeHead.signature", 65535, [](auto& response, size_t size) {
        response.full_tree_head.updated = {5, std::string(size, 's')};
      }));
  vectors.push_back(InMode<OwnerInitResponse>(
      mode, "greatest_versions", 255, [](auto& response, size_t size) {
        response.greatest_versions.resize(size);
      }));
  vectors.push_back(InMode<OwnerInitResponse>(
      mode, "binary_ladder", 65535, [](auto& response, size_t size) {
        response.binary_ladder = Ladder(size);
      }));
  vectors.push_back(InMode<UpdateResponse>(
      mode, "values", 255,
      [](auto& response, size_t size) { response.values.resize(size); }));
  vectors.push_back(InMode<UpdateResponse>(
      mode, "info", 255,
      [](auto& response, size_t size) { response.info.resize(size); }));
  vectors.push_back(InMode<UpdateResponse>(
      mode, "binary_ladder", 255, [](auto& response, size_t size) {
        response.binary_ladder = Ladder(size);
      }));
}

void AddOtherVectors(std::vector<Vector>& vectors) {
  const Mode mode = Mode::kContactMonitoring;
  vectors.push_back(InMode<Credential>(
      mode, "label", 255,
      [](auto& credential, size_t size) { credential.label.resize(size); }));
  vectors.push_back(InMode<Credential>(
      mode, "binary_ladder", 255, [](auto& credential, size_t size) {
        credential.binary_ladder = Ladder(size);
      }));
  vectors.push_back(MakeVector<DistinguishedHead>(
      "heads", 255, DistinguishedHead::Parse,
      [](auto& head, size_t size) { head.heads.resize(size); }));
  vectors.push_back(MakeVector<AuditorTreeHead>(
      "AuditorTreeHead.signature", 65535, AuditorTreeHead::Parse,
      [](auto& head, size_t size) { head.signature.resize(size); }));
  vectors.push_back(MakeVector<AuditorUpdate>(
      "added", 65535, AuditorUpdate::Parse,
      [](auto& update, size_t size) { update.added = Leaves(size); }));
  vectors.push_back(MakeVector<AuditorUpdate>(
      "removed", 65535, AuditorUpdate::Parse,
      [](auto& update, size_t size) { update.removed = Leaves(size); }));
}

TEST(CeilingTest, OfEveryVectorIsKeptWhenBuildingAndReachedWhenParsing) {
  std::vector<Vector> vectors;
  AddProofVectors(vectors);
  AddRequestVectors(vectors);
  AddResponseVectors(vectors);
  AddOtherVectors(vectors);
  for (const Vector& vector : vectors) {
    SCOPED_TRACE(vector.name);
    const absl::StatusOr<std::string> full = vector.build(vector.ceiling);
    ASSERT_TRUE(full.ok()) << full.status();
    const absl::StatusOr<std::string> recoded = vector.recode(*full);
    ASSERT_TRUE(recoded.ok()) << recoded.status();
    EXPECT_TRUE(*recoded == *full);
    const absl::Status above = vector.build(vector.ceiling + 1).status();
    EXPECT_EQ(above.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(above.message(),
                HasSubstr(absl::StrCat(vector.name, " has ", vector.ceiling + 1,
                                       " elements")));
  }
}

TEST(CeilingTest, OfASearchIsThatOfItsParts) {
  SearchResponse response;
  response.version = 1;
  response.binary_ladder = Ladder(256);
  EXPECT_EQ(response.Encode().status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(response.Encode().status().message(),
              HasSubstr("SearchResponse: binary_ladder has 256"));
  AbsenceResponse absence;
  absence.search.timestamps.resize(256);
  EXPECT_EQ(absence.Encode().status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(absence.Encode().status().message(),
              HasSubstr("AbsenceResponse: timestamps has 256"));
}

}  // namespace
}  // namespace sealbook::keytrans

// Whatever a Parse accepts, Encode gives back byte for byte: every structure,
// in every deployment mode and cipher suite.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "keytrans/structures.h"
#include "keytrans/testing/structure_samples.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/tree_view.h"
#include "tests/fuzz/edits.h"
#include "tests/fuzz/target.h"

namespace sealbook::fuzz {
namespace {

using keytrans::AbsenceResponse;
using keytrans::DeploymentMode;
using keytrans::SearchRequest;
using keytrans::SearchResponse;
using keytrans::StructureSample;
using keytrans::TestLog;
using keytrans::TreeView;

constexpr char kAlice[] = "alice@example.org";

StructureSample Sample(std::string bytes,
                       decltype(StructureSample::recode) recode) {
  StructureSample sample;
  sample.bytes = std::move(bytes);
  sample.recode = std::move(recode);
  return sample;
}

template <typename T>
absl::StatusOr<std::string> Recoded(const absl::StatusOr<T>& parsed) {
  if (!parsed.ok()) return parsed.status();
  const absl::StatusOr<std::string> encoded = parsed->Encode();
  Require(encoded.ok(), "what was parsed cannot be encoded");
  return encoded;
}

// Answers and views of a log, which are larger than the samples.
void AddAnswers(crypto::CipherSuite suite,
                std::vector<StructureSample>& samples) {
  TestLog log(/*window=*/1000, keytrans::TestKeys::kFake, suite);
  for (uint64_t i = 0; i < 12; ++i) {
    log.Append(1'000'000 + 100 * i, {{i % 3 == 0 ? kAlice : "bob", "value"}});
  }
  const SearchRequest request{7, kAlice, std::nullopt};
  samples.push_back(Sample(
      log.Answer(request)->bytes,
      [configuration = log.configuration(), request](absl::string_view bytes) {
        return Recoded(SearchResponse::Parse(configuration, request, bytes));
      }));
  samples.push_back(
      Sample(log.Answer({std::nullopt, "nobody", std::nullopt})->bytes,
             [configuration = log.configuration()](absl::string_view bytes) {
               return Recoded(AbsenceResponse::Parse(configuration, bytes));
             }));
  samples.push_back(Sample(log.View(11).Encode(), [](absl::string_view bytes) {
    return Recoded(TreeView::Parse(bytes));
  }));
}

// By suite and mode, and in each of them by structure.
std::vector<std::vector<StructureSample>> AllSamples() {
  std::vector<std::vector<StructureSample>> all;
  for (const crypto::CipherSuite suite :
       {crypto::CipherSuite::kP256, crypto::CipherSuite::kEd25519}) {
    for (const DeploymentMode mode : {DeploymentMode::kContactMonitoring,
                                      DeploymentMode::kThirdPartyManagement,
                                      DeploymentMode::kThirdPartyAuditing}) {
      all.push_back(StructureSamples(mode, suite));
      if (mode == DeploymentMode::kContactMonitoring) {
        AddAnswers(suite, all.back());
      }
    }
  }
  return all;
}

}  // namespace
}  // namespace sealbook::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sealbook::fuzz;
  static const auto all = AllSamples();
  Input input({reinterpret_cast<const char*>(data), size});
  const auto& samples = all[input.Below(all.size())];
  const auto& sample = samples[input.Below(samples.size())];
  const bool raw = input.Byte() % 4 == 0;
  const std::string bytes =
      raw ? std::string(input.rest()) : Edit(sample.bytes, input);
  const absl::StatusOr<std::string> recoded = sample.recode(bytes);
  Require(!absl::IsInternal(recoded.status()),
          "what was parsed cannot be encoded");
  Require(!recoded.ok() || *recoded == bytes, "encoded to other bytes");
  return 0;
}

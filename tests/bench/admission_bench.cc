// How fast certificates are admitted: alone, over threads, and the parts.
//   bazel run --config=bench //tests/bench:admission_bench
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "smime/address.h"
#include "smime/admission.h"
#include "smime/certificate.h"
#include "smime/chain.h"
#include "smime/testing/test_ca.h"

namespace sealbook::smime {
namespace {

using testing::KeyType;
using testing::kNowMs;
using testing::TestCa;

// Certificates of one intermediate CA, as a CA would send them.
struct World {
  explicit World(KeyType leaf_key, KeyType ca_key)
      : root(TestCa::Root({.common_name = "Root", .key_type = ca_key})),
        issuing(root.IssueCa({.common_name = "Issuing", .key_type = ca_key})),
        anchors(*TrustAnchors::Read(root.pem())),
        publisher{.id = "ca", .issuer_keys = {issuing.key_hash()}} {
    for (int i = 0; i < 256; ++i) {
      leaves.push_back(
          issuing
              .Issue({.emails = {absl::StrCat("user", i, "@example.org")},
                      .key_type = leaf_key})
              .der);
    }
  }

  TestCa root;
  TestCa issuing;
  TrustAnchors anchors;
  PublisherPolicy publisher;
  std::vector<std::string> leaves;
};

// 0: P-256, 1: RSA 2048.
const World& WorldOf(int64_t kind) {
  if (kind == 0) {
    static const auto* p256 = new World(KeyType::kP256, KeyType::kP256);
    return *p256;
  }
  static const auto* rsa = new World(KeyType::kRsa2048, KeyType::kRsa2048);
  return *rsa;
}

void SetLabel(benchmark::State& state) {
  state.SetLabel(state.range(0) == 0 ? "P-256" : "RSA-2048");
  state.SetItemsProcessed(state.iterations());
}

// A known issuer: what nearly every certificate meets.
void BM_Admit(benchmark::State& state) {
  const World& world = WorldOf(state.range(0));
  static Admission* admission = nullptr;
  if (state.thread_index() == 0) {
    admission = new Admission(world.anchors, Profile::kPrivate);
  }
  size_t next = static_cast<size_t>(state.thread_index()) * 97;
  for (auto _ : state) {
    auto admitted = admission->Admit(
        {.certificate = world.leaves[next++ % world.leaves.size()],
         .intermediates = {world.issuing.der()}},
        world.publisher, kNowMs);
    if (!admitted.ok()) {
      state.SkipWithError(admitted.status().ToString().c_str());
      break;
    }
    benchmark::DoNotOptimize(admitted);
  }
  SetLabel(state);
  if (state.thread_index() == 0) delete admission;
}
BENCHMARK(BM_Admit)->DenseRange(0, 1)->ThreadRange(1, 2)->UseRealTime()->Unit(
    benchmark::kMicrosecond);

// Nothing known: the whole path is built and verified.
void BM_VerifyWholeChain(benchmark::State& state) {
  const World& world = WorldOf(state.range(0));
  size_t next = 0;
  for (auto _ : state) {
    auto chain =
        world.anchors.Verify(world.leaves[next++ % world.leaves.size()],
                             {world.issuing.der()}, kNowMs);
    if (!chain.ok()) {
      state.SkipWithError(chain.status().ToString().c_str());
      break;
    }
  }
  SetLabel(state);
}
BENCHMARK(BM_VerifyWholeChain)->DenseRange(0, 1)->Unit(benchmark::kMicrosecond);

void BM_ParseAndHashKey(benchmark::State& state) {
  const World& world = WorldOf(state.range(0));
  size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        HashSubjectKey(world.leaves[next++ % world.leaves.size()]));
  }
  SetLabel(state);
}
BENCHMARK(BM_ParseAndHashKey)->DenseRange(0, 1)->Unit(benchmark::kMicrosecond);

void BM_ParseAddress(benchmark::State& state) {
  const std::string ascii = "Alice.Example@Example.ORG";
  const std::string unicode =
      "\xc3\xbcnal@b\xc3\xbc"
      "cher.example";
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        Address::Parse(state.range(0) == 0 ? ascii : unicode));
  }
  state.SetLabel(state.range(0) == 0 ? "ASCII" : "IDNA and NFC");
}
BENCHMARK(BM_ParseAddress)->DenseRange(0, 1);

}  // namespace
}  // namespace sealbook::smime

BENCHMARK_MAIN();

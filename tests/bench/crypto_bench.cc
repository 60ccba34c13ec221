// Times of the cryptographic operations that everything else is measured
// against.
//
//   bazel run --config=bench //tests/bench:crypto_bench
//
// Inputs differ from round to round: how many curve candidates a VRF input
// needs is a matter of chance, two on average.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "crypto/commitment.h"
#include "crypto/hash.h"
#include "crypto/signature.h"
#include "crypto/vrf.h"

namespace sealbook::crypto {
namespace {

constexpr size_t kInputs = 1024;

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
    std::exit(1);
  }
  return *std::move(value);
}

// What a VRF input looks like: a label and a version.
const std::vector<std::string>& Inputs() {
  static const std::vector<std::string>& inputs = *[] {
    auto* made = new std::vector<std::string>;
    for (size_t i = 0; i < kInputs; ++i) {
      made->push_back(
          absl::StrCat("\x15", "user", 100000 + i, "@mail.example", i % 4));
    }
    return made;
  }();
  return inputs;
}

constexpr CipherSuite kP256 = CipherSuite::kP256;
constexpr CipherSuite kEd25519 = CipherSuite::kEd25519;

template <CipherSuite kSuite>
const VrfPrivateKey& VrfKey() {
  static const VrfPrivateKey& key =
      *Must(VrfPrivateKey::Generate(kSuite)).release();
  return key;
}

template <CipherSuite kSuite>
const SignaturePrivateKey& SigningKey() {
  static const SignaturePrivateKey& key =
      *Must(SignaturePrivateKey::Generate(kSuite)).release();
  return key;
}

template <CipherSuite kSuite>
void VrfOutputOnly(benchmark::State& state) {
  const VrfPrivateKey& key = VrfKey<kSuite>();
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(Must(key.Evaluate(Inputs()[i++ % kInputs])));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_TEMPLATE(VrfOutputOnly, kP256)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_TEMPLATE(VrfOutputOnly, kEd25519)
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();

template <CipherSuite kSuite>
void VrfProve(benchmark::State& state) {
  const VrfPrivateKey& key = VrfKey<kSuite>();
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(Must(key.Prove(Inputs()[i++ % kInputs])));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_TEMPLATE(VrfProve, kP256)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_TEMPLATE(VrfProve, kEd25519)->Threads(1)->Threads(2)->UseRealTime();

template <CipherSuite kSuite>
void VrfVerify(benchmark::State& state) {
  static const VrfPublicKey& key =
      *Must(VrfPublicKey::Parse(kSuite, VrfKey<kSuite>().public_key()))
           .release();
  static const std::vector<VrfProof>& proofs = *[] {
    auto* made = new std::vector<VrfProof>;
    for (const std::string& input : Inputs()) {
      made->push_back(Must(VrfKey<kSuite>().Prove(input)).proof);
    }
    return made;
  }();
  size_t i = 0;
  for (auto _ : state) {
    size_t at = i++ % kInputs;
    benchmark::DoNotOptimize(Must(key.Verify(Inputs()[at], proofs[at])));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_TEMPLATE(VrfVerify, kP256)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_TEMPLATE(VrfVerify, kEd25519)->Threads(1)->Threads(2)->UseRealTime();

template <CipherSuite kSuite>
void Sign(benchmark::State& state) {
  const SignaturePrivateKey& key = SigningKey<kSuite>();
  for (auto _ : state) {
    benchmark::DoNotOptimize(Must(key.Sign(Inputs()[0])));
  }
}
BENCHMARK_TEMPLATE(Sign, kP256)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_TEMPLATE(Sign, kEd25519)->Threads(1)->Threads(2)->UseRealTime();

template <CipherSuite kSuite>
void Verify(benchmark::State& state) {
  static const SignaturePublicKey& key =
      *Must(
           SignaturePublicKey::Parse(kSuite, SigningKey<kSuite>().public_key()))
           .release();
  const std::string signature = Must(SigningKey<kSuite>().Sign(Inputs()[0]));
  for (auto _ : state) {
    if (!key.Verify(Inputs()[0], signature).ok()) std::exit(1);
  }
}
BENCHMARK_TEMPLATE(Verify, kP256)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_TEMPLATE(Verify, kEd25519)->Threads(1)->Threads(2)->UseRealTime();

// A parent of two nodes of a tree.
void Sha256Node(benchmark::State& state) {
  Hash left = Sha256("left");
  Hash right = Sha256("right");
  for (auto _ : state) {
    left = Sha256({"\x03", left.view(), right.view()});
    benchmark::DoNotOptimize(left);
  }
}
BENCHMARK(Sha256Node)->Threads(1)->Threads(2)->UseRealTime();

// Of a value of range(0) bytes; a directory entry has about 1500.
void CommitmentOf(benchmark::State& state) {
  const std::string value(static_cast<size_t>(state.range(0)), 'v');
  for (auto _ : state) benchmark::DoNotOptimize(ComputeCommitment(value));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(CommitmentOf)->Arg(32)->Arg(1500);

}  // namespace
}  // namespace sealbook::crypto

BENCHMARK_MAIN();

// What every verification begins and ends with.
#ifndef SEALBOOK_TESTS_REFERENCE_VERIFICATION_H_
#define SEALBOOK_TESTS_REFERENCE_VERIFICATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "tests/reference/algorithms.h"
#include "tests/reference/consumer.h"
#include "tests/reference/structures.h"
#include "tests/reference/verifier.h"

namespace sealbook::reference {

template <typename T>
std::optional<T> Read(const char* what, const std::string& bytes,
                      const Configuration& config, Consumer* consumer) {
  const Decoded<T> in = Decode<T>(bytes, config.ciphersuite, config.mode);
  if (!in.value.has_value()) {
    consumer->Fail(std::string(what) + ": " + in.error);
  }
  return in.value;
}

template <typename T>
Verdict<T> Refused(const Consumer& consumer) {
  return {std::nullopt, consumer.error()};
}

// The end of every verification.
template <typename T>
Verdict<T> Conclude(Consumer* consumer, T accepted) {
  if (consumer->failed()) return Refused<T>(*consumer);
  static_cast<NewView&>(accepted) = consumer->View();
  return {std::move(accepted), ""};
}

// The beginning of every response's proof: head, view, clock.
inline bool Begin(const FullTreeHead& head, const CombinedTreeProof& proof,
                  const Configuration& config, Consumer* consumer,
                  std::optional<Algorithms>* run) {
  if (consumer->failed() || !consumer->ReadHead(head, proof)) return false;
  run->emplace(config, consumer->n(), consumer->last(), consumer);
  (*run)->UpdateTheView();
  return consumer->CheckClock();
}

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_VERIFICATION_H_

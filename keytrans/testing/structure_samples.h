// One sample or more of every structure that is sent or stored, as built and as
// bytes written down by hand from the draft.
#ifndef SEALBOOK_KEYTRANS_TESTING_STRUCTURE_SAMPLES_H_
#define SEALBOOK_KEYTRANS_TESTING_STRUCTURE_SAMPLES_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "keytrans/structures.h"
#include "merkle/prefix_proof.h"

namespace sealbook::keytrans {

struct StructureSample {
  // The draft's name, and what is particular.
  std::string structure;
  std::string variant;
  // By hand.
  std::string bytes;
  // Where `bytes` has the presence octets of optionals, and enum values.
  std::vector<size_t> presence_octets;
  std::vector<size_t> enum_octets;
  // Encode() of the structure that `bytes` is to mean.
  absl::StatusOr<std::string> encoded;
  // Whether Parse() of `bytes` gives that structure.
  std::function<bool()> parses_as_built;
  // Encode() of what Parse() accepts. INTERNAL: it accepts what cannot be
  // encoded.
  std::function<absl::StatusOr<std::string>(absl::string_view)> recode;
};

std::vector<StructureSample> StructureSamples(
    DeploymentMode mode,
    crypto::CipherSuite suite = crypto::CipherSuite::kP256);

// The parts of which the samples are made. CombinedTreeProof has at least one
// element of each kind.
Configuration SampleConfiguration(
    DeploymentMode mode,
    crypto::CipherSuite suite = crypto::CipherSuite::kP256);
FullTreeHead SampleFullTreeHead(DeploymentMode mode);
UpdateSuffix SampleSuffix(DeploymentMode mode);
std::vector<BinaryLadderStep> SampleLadder(
    crypto::CipherSuite suite = crypto::CipherSuite::kP256);
merkle::PrefixProof SamplePrefixProof();
CombinedTreeProof SampleProof();

// 32 times, or as often as the type is long, the byte.
template <typename Fixed>
Fixed Filled(char byte) {
  return *Fixed::FromBytes(std::string(Fixed::kSize, byte));
}

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_TESTING_STRUCTURE_SAMPLES_H_

// Internal to the *_structures.cc: how the parts that several structures share
// are written and read. Failures stick to the writer and the reader.
#ifndef SEALBOOK_KEYTRANS_STRUCTURE_CODEC_H_
#define SEALBOOK_KEYTRANS_STRUCTURE_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "crypto/types.h"
#include "keytrans/structures.h"
#include "keytrans/tls_codec.h"
#include "merkle/prefix_proof.h"

namespace sealbook::keytrans {

inline constexpr size_t kPrefixLeafSize =
    crypto::VrfOutput::kSize + crypto::Commitment::kSize;

void Write(TlsWriter& writer, const std::optional<uint64_t>& value);
void Write(TlsWriter& writer, const std::optional<uint32_t>& value);
std::optional<uint64_t> ReadOptionalU64(TlsReader& reader);
std::optional<uint32_t> ReadOptionalU32(TlsReader& reader);

// opaque<0..2^(8 * width) - 1>.
std::string ReadString(TlsReader& reader, size_t width);

// HashValue<0..2^(8 * width) - 1>.
void Write(TlsWriter& writer, const std::vector<crypto::Hash>& hashes,
           size_t width, absl::string_view what);
std::vector<crypto::Hash> ReadHashes(TlsReader& reader, size_t width);

void Write(TlsWriter& writer, const TreeHead& head);
TreeHead ReadTreeHead(TlsReader& reader);

void Write(TlsWriter& writer, const AuditorTreeHead& head);
AuditorTreeHead ReadAuditorTreeHead(TlsReader& reader);

void Write(TlsWriter& writer, const FullTreeHead& head);
FullTreeHead ReadFullTreeHead(TlsReader& reader,
                              const Configuration& configuration);

void Write(TlsWriter& writer, const UpdateSuffix& suffix);
UpdateSuffix ReadUpdateSuffix(TlsReader& reader,
                              const Configuration& configuration);

void Write(TlsWriter& writer, const merkle::PrefixLeaf& leaf);
merkle::PrefixLeaf ReadPrefixLeaf(TlsReader& reader);

void Write(TlsWriter& writer, const merkle::PrefixProof& proof);
merkle::PrefixProof ReadPrefixProof(TlsReader& reader);

void Write(TlsWriter& writer, const CombinedTreeProof& proof);
CombinedTreeProof ReadCombinedTreeProof(TlsReader& reader);

// BinaryLadderStep<0..2^(8 * width) - 1>.
void Write(TlsWriter& writer, const std::vector<BinaryLadderStep>& ladder,
           size_t width);
std::vector<BinaryLadderStep> ReadBinaryLadder(
    TlsReader& reader, const Configuration& configuration, size_t width);

// Reads a vector whose elements take at least `min_element_size` bytes, each
// with `read`, and stops at the first failure.
template <typename Read>
auto ReadVector(TlsReader& reader, size_t width, size_t min_element_size,
                Read read) {
  std::vector<decltype(read())> elements;
  const size_t count = reader.Count(width, min_element_size);
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    elements.push_back(read());
  }
  return elements;
}

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_STRUCTURE_CODEC_H_

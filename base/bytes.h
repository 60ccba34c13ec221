// Byte strings of one fixed length, each kind its own type: a Commitment cannot
// be passed where a Hash is meant.
//
//   using Hash = FixedBytes<struct HashTag, 32>;
//   absl::StatusOr<Hash> hash = Hash::FromBytes(view);
//   absl::string_view bytes = hash->view();
//
// A value type: copyable, comparable, hashable; all zero by default. Thread-
// compatible.
#ifndef SEALBOOK_BASE_BYTES_H_
#define SEALBOOK_BASE_BYTES_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sealbook {

template <typename Tag, size_t N>
class FixedBytes {
 public:
  static constexpr size_t kSize = N;

  constexpr FixedBytes() = default;
  constexpr explicit FixedBytes(const std::array<uint8_t, N>& bytes)
      : bytes_(bytes) {}

  // INVALID_ARGUMENT unless `bytes` is exactly kSize long.
  static absl::StatusOr<FixedBytes> FromBytes(absl::string_view bytes) {
    if (bytes.size() != N) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected ", N, " bytes, got ", bytes.size()));
    }
    FixedBytes result;
    std::memcpy(result.data(), bytes.data(), N);
    return result;
  }

  uint8_t* data() { return bytes_.data(); }
  const uint8_t* data() const { return bytes_.data(); }
  static constexpr size_t size() { return N; }
  absl::string_view view() const {
    return absl::string_view(reinterpret_cast<const char*>(bytes_.data()), N);
  }
  std::string ToString() const { return std::string(view()); }
  // Lower-case hexadecimal, 2 * kSize digits.
  std::string ToHex() const { return absl::BytesToHexString(view()); }

  // The bit at `index`, counted from the most significant bit of the first
  // byte. Requires index < 8 * kSize.
  bool Bit(size_t index) const {
    return (bytes_[index / 8] >> (7 - index % 8)) & 1;
  }

  friend bool operator==(const FixedBytes& a, const FixedBytes& b) {
    return a.bytes_ == b.bytes_;
  }
  friend std::strong_ordering operator<=>(const FixedBytes& a,
                                          const FixedBytes& b) {
    return std::memcmp(a.data(), b.data(), N) <=> 0;
  }
  template <typename H>
  friend H AbslHashValue(H h, const FixedBytes& value) {
    return H::combine(std::move(h), value.bytes_);
  }

 private:
  std::array<uint8_t, N> bytes_{};
};

}  // namespace sealbook

#endif  // SEALBOOK_BASE_BYTES_H_

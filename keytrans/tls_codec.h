// The TLS presentation language (RFC 8446, Section 3) as the draft uses it: the
// length prefix of a vector counts ELEMENTS, and its width comes from the
// vector's ceiling ("Variable-Length Vectors"; KEYTRANS rule 1).
#ifndef SEALBOOK_KEYTRANS_TLS_CODEC_H_
#define SEALBOOK_KEYTRANS_TLS_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/bytes.h"

namespace sealbook::keytrans {

// Appends big-endian integers and byte strings. The first failure sticks, and
// Finish() reports it.
class TlsWriter {
 public:
  void U8(uint8_t value) { Integer(value, 1); }
  void U16(uint16_t value) { Integer(value, 2); }
  void U32(uint32_t value) { Integer(value, 4); }
  void U64(uint64_t value) { Integer(value, 8); }
  void Bytes(absl::string_view bytes) {
    out_.append(bytes.data(), bytes.size());
  }
  template <typename Tag, size_t N>
  void Bytes(const FixedBytes<Tag, N>& bytes) {
    Bytes(bytes.view());
  }
  // The element count of the vector `what`; `width` is 1, 2 or 4. A count above
  // the ceiling 2^(8 * width) - 1 fails: RESOURCE_EXHAUSTED.
  void Count(size_t count, size_t width, absl::string_view what = "a vector");
  // opaque<0..2^(8 * width) - 1>; fails like Count.
  void Opaque(absl::string_view bytes, size_t width,
              absl::string_view what = "a vector") {
    Count(bytes.size(), width, what);
    Bytes(bytes);
  }
  // The presence octet of an optional.
  void Present(bool present) { U8(present ? 1 : 0); }

  // Records a failure found by the caller.
  void Fail(absl::Status status);

  // The bytes. Requires: nothing failed.
  std::string Take();
  // The bytes, or the first failure with `structure` named.
  absl::StatusOr<std::string> Finish(absl::string_view structure);

 private:
  void Integer(uint64_t value, size_t width) {
    for (size_t i = width; i > 0; --i) {
      out_.push_back(static_cast<char>(value >> (8 * (i - 1))));
    }
  }

  std::string out_;
  absl::Status status_;
};

// Reads what TlsWriter writes. The first failure sticks: later reads return
// zeros, and Finish() reports it.
//
//   TlsReader reader(bytes);
//   uint64_t size = reader.U64();
//   SEALBOOK_RETURN_IF_ERROR(reader.Finish("TreeHead"));
class TlsReader {
 public:
  explicit TlsReader(absl::string_view bytes)
      : rest_(bytes), size_(bytes.size()) {}

  uint8_t U8() { return static_cast<uint8_t>(Integer(1)); }
  uint16_t U16() { return static_cast<uint16_t>(Integer(2)); }
  uint32_t U32() { return static_cast<uint32_t>(Integer(4)); }
  uint64_t U64() { return Integer(8); }
  // A view into the input.
  absl::string_view Bytes(size_t size);
  template <typename Fixed>
  Fixed Get() {
    auto value = Fixed::FromBytes(Bytes(Fixed::kSize));
    return value.ok() ? *value : Fixed();
  }
  absl::string_view Opaque(size_t width) { return Bytes(Integer(width)); }
  // The element count of a vector whose elements take at least
  // `min_element_size` bytes: a count that the remaining input cannot hold
  // fails here, before anything is allocated.
  size_t Count(size_t width, size_t min_element_size);
  // The presence octet of an optional; anything but 0 and 1 fails ("Optional
  // Values").
  bool Present();

  // Records a failure found by the caller, such as an unknown enum value.
  void Fail(absl::string_view why);
  bool ok() const { return status_.ok(); }

  // INVALID_ARGUMENT, naming `structure`: a failure, or trailing bytes.
  absl::Status Finish(absl::string_view structure) const;

 private:
  uint64_t Integer(size_t width);

  absl::string_view rest_;
  size_t size_;
  absl::Status status_;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_TLS_CODEC_H_

#include "keytrans/tls_codec.h"

#include <utility>

#include "absl/base/internal/raw_logging.h"
#include "absl/strings/str_cat.h"

namespace sealbook::keytrans {

void TlsWriter::Count(size_t count, size_t width, absl::string_view what) {
  const uint64_t ceiling = (uint64_t{1} << (8 * width)) - 1;
  if (count > ceiling) {
    Fail(absl::ResourceExhaustedError(absl::StrCat(
        what, " has ", count, " elements, the draft allows ", ceiling)));
  }
  Integer(count, width);
}

void TlsWriter::Fail(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
}

std::string TlsWriter::Take() {
  // Bytes whose counts were cut short may stand for something else, signed.
  ABSL_RAW_CHECK(status_.ok(), "a vector is longer than its ceiling");
  return std::move(out_);
}

absl::StatusOr<std::string> TlsWriter::Finish(absl::string_view structure) {
  if (status_.ok()) return std::move(out_);
  return absl::Status(status_.code(),
                      absl::StrCat(structure, ": ", status_.message()));
}

uint64_t TlsReader::Integer(size_t width) {
  uint64_t value = 0;
  for (char byte : Bytes(width)) {
    value = value << 8 | static_cast<uint8_t>(byte);
  }
  return value;
}

absl::string_view TlsReader::Bytes(size_t size) {
  if (!status_.ok()) return {};
  if (size > rest_.size()) {
    Fail(absl::StrCat("needs ", size, " bytes, ", rest_.size(), " are left"));
    return {};
  }
  absl::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

size_t TlsReader::Count(size_t width, size_t min_element_size) {
  uint64_t count = Integer(width);
  if (status_.ok() && count * min_element_size > rest_.size()) {
    Fail(absl::StrCat("says ", count, " elements of at least ",
                      min_element_size, " bytes, ", rest_.size(),
                      " bytes are left"));
  }
  return status_.ok() ? count : 0;
}

bool TlsReader::Present() {
  uint8_t octet = U8();
  if (octet > 1) Fail(absl::StrCat("presence octet is ", octet));
  return octet == 1;
}

void TlsReader::Fail(absl::string_view why) {
  if (!status_.ok()) return;
  status_ = absl::InvalidArgumentError(
      absl::StrCat("malformed at byte ", size_ - rest_.size(), ": ", why));
}

absl::Status TlsReader::Finish(absl::string_view structure) const {
  if (!status_.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(structure, " is ", status_.message()));
  }
  if (!rest_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        structure, " is malformed: ", rest_.size(), " trailing bytes"));
  }
  return absl::OkStatus();
}

}  // namespace sealbook::keytrans

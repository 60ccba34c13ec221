#include "client/ldap/ber.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::client::ldap {
namespace {

// A tag, a byte that says how many follow, and as many as a 32-bit length has.
constexpr size_t kMaxHeaderBytes = 6;

berval ToBerval(absl::string_view bytes) {
  // liblber takes no const; ber_skip_element only reads.
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

absl::Status NoMemory() {
  return absl::ResourceExhaustedError("no memory for an LDAP message");
}

}  // namespace

BerReader::BerReader(absl::string_view bytes)
    : element_(ber_alloc_t(0)), rest_(bytes) {
  berval value = ToBerval(bytes);
  if (element_ != nullptr) ber_init2(element_.get(), &value, 0);
}

absl::StatusOr<BerItem> BerReader::Read() {
  if (element_ == nullptr) return NoMemory();
  // liblber asserts that there are bytes.
  if (rest_.empty()) return absl::InvalidArgumentError("an element is missing");
  berval content = {0, nullptr};
  const BerTag tag = ber_skip_element(element_.get(), &content);
  if (tag == LBER_DEFAULT) {
    return absl::InvalidArgumentError(
        "an element is not whole, or its length is not definite");
  }
  rest_.remove_prefix(static_cast<size_t>(content.bv_val - rest_.data()) +
                      content.bv_len);
  return BerItem{.tag = tag, .content = {content.bv_val, content.bv_len}};
}

absl::StatusOr<absl::string_view> BerReader::Read(BerTag tag) {
  SEALBOOK_ASSIGN_OR_RETURN(BerItem item, Read());
  if (item.tag != tag) {
    return absl::InvalidArgumentError(absl::StrCat(
        "an element has the tag 0x", absl::Hex(item.tag, absl::kZeroPad2),
        ", expected 0x", absl::Hex(tag, absl::kZeroPad2)));
  }
  return item.content;
}

absl::StatusOr<int32_t> DecodeBerInt(absl::string_view content) {
  const berval bytes = ToBerval(content);
  ber_int_t value = 0;
  if (content.empty() || ber_decode_int(&bytes, &value) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("an integer of ", content.size(), " bytes"));
  }
  return value;
}

absl::StatusOr<int32_t> BerReader::ReadInt(BerTag tag) {
  SEALBOOK_ASSIGN_OR_RETURN(absl::string_view content, Read(tag));
  return DecodeBerInt(content);
}

absl::StatusOr<bool> BerReader::ReadBool() {
  SEALBOOK_ASSIGN_OR_RETURN(absl::string_view content, Read(kBerBoolean));
  if (content.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("a boolean of ", content.size(), " bytes"));
  }
  return content[0] != 0;
}

absl::StatusOr<size_t> BerMessageSize(absl::string_view bytes) {
  if (bytes.empty()) return 0;
  if (static_cast<uint8_t>(bytes[0]) != kBerSequence) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no LDAP message starts with the byte 0x",
        absl::Hex(static_cast<uint8_t>(bytes[0]), absl::kZeroPad2)));
  }
  if (bytes.size() < 2) return 0;
  const auto first = static_cast<uint8_t>(bytes[1]);
  if (first < 0x80) return size_t{2} + first;
  const size_t count = first & 0x7f;
  if (count == 0 || count > kMaxHeaderBytes - 2) {
    return absl::InvalidArgumentError(
        "the length of the LDAP message is indefinite, or has more than 32 "
        "bits");
  }
  if (bytes.size() < 2 + count) return 0;
  size_t length = 0;
  for (size_t i = 0; i < count; ++i) {
    length = length << 8 | static_cast<uint8_t>(bytes[2 + i]);
  }
  return 2 + count + length;
}

BerWriter::BerWriter() : element_(ber_alloc_t(LBER_USE_DER)) {
  failed_ = element_ == nullptr;
}

BerWriter& BerWriter::Begin(BerTag tag) {
  failed_ = failed_ || ber_start_seq(element_.get(), tag) < 0;
  return *this;
}

BerWriter& BerWriter::End() {
  failed_ = failed_ || ber_put_seq(element_.get()) < 0;
  return *this;
}

BerWriter& BerWriter::AddInt(int32_t value, BerTag tag) {
  // As ENUMERATED or with a tag of its own, the content is the same.
  failed_ = failed_ || ber_put_int(element_.get(), value, tag) < 0;
  return *this;
}

BerWriter& BerWriter::AddString(absl::string_view value, BerTag tag) {
  // liblber asserts that there is a pointer, even to nothing.
  const char* data = value.empty() ? "" : value.data();
  failed_ =
      failed_ || ber_put_ostring(element_.get(), data, value.size(), tag) < 0;
  return *this;
}

absl::StatusOr<std::string> BerWriter::Finish() {
  berval bytes = {0, nullptr};
  if (failed_ || ber_flatten2(element_.get(), &bytes, 0) < 0) {
    return NoMemory();
  }
  return std::string(bytes.bv_val, bytes.bv_len);
}

}  // namespace sealbook::client::ldap

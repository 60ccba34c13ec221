// BER as LDAP uses it (RFC 4511, 5.1), read and written by liblber.
//
//   BerReader reader(bytes);
//   SEALBOOK_ASSIGN_OR_RETURN(absl::string_view content,
//                             reader.Read(kBerSequence));
//   BerReader inner(content);
//
// liblber's own way down into a sequence lets an element inside reach beyond
// its end, writes a NUL behind each string that it hands out in place, and
// stops at no depth. So only one level is read at a time here: whoever goes
// down opens a reader over the content, which ends where the element ends, and
// counts its depth. The bytes are never written to.
#ifndef SEALBOOK_CLIENT_LDAP_BER_H_
#define SEALBOOK_CLIENT_LDAP_BER_H_

#include <lber.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sealbook::client::ldap {

// Tags with class and form, as liblber gives them.
using BerTag = ber_tag_t;
inline constexpr BerTag kBerBoolean = 0x01;
inline constexpr BerTag kBerInteger = 0x02;
inline constexpr BerTag kBerString = 0x04;
inline constexpr BerTag kBerEnumerated = 0x0a;
inline constexpr BerTag kBerSequence = 0x30;
inline constexpr BerTag kBerSet = 0x31;

struct BerItem {
  BerTag tag = 0;
  // Within the bytes that were read.
  absl::string_view content;
};

struct BerFree {
  // The bytes are another's.
  void operator()(BerElement* element) const { ber_free(element, 0); }
};

// The elements of one level, in order. Not thread-safe.
class BerReader {
 public:
  // `bytes` outlive this.
  explicit BerReader(absl::string_view bytes);

  bool AtEnd() const { return rest_.empty(); }

  // The next element. INVALID_ARGUMENT: there is none, it is not whole, or its
  // length is indefinite. After an error nothing more is to be read.
  absl::StatusOr<BerItem> Read();
  // The content of the next element, which has this tag. INVALID_ARGUMENT as
  // above, or another tag.
  absl::StatusOr<absl::string_view> Read(BerTag tag);
  // INVALID_ARGUMENT as above, or more than 32 bits.
  absl::StatusOr<int32_t> ReadInt(BerTag tag = kBerInteger);
  absl::StatusOr<bool> ReadBool();

 private:
  std::unique_ptr<BerElement, BerFree> element_;
  // What was not read yet.
  absl::string_view rest_;
};

// An integer's content. INVALID_ARGUMENT: none, or more than 32 bits.
absl::StatusOr<int32_t> DecodeBerInt(absl::string_view content);

// The size of the message (RFC 4511, 4.1.1) that starts with `bytes`, header
// included; 0: more bytes are needed to say. INVALID_ARGUMENT: no message
// starts so.
absl::StatusOr<size_t> BerMessageSize(absl::string_view bytes);

// Writes definite, shortest lengths. Not thread-safe.
class BerWriter {
 public:
  BerWriter();

  // A constructed element; what is added up to its End() is its content.
  BerWriter& Begin(BerTag tag = kBerSequence);
  BerWriter& End();
  BerWriter& AddInt(int32_t value, BerTag tag = kBerInteger);
  BerWriter& AddString(absl::string_view value, BerTag tag = kBerString);

  // What was written; each Begin has its End. RESOURCE_EXHAUSTED: there was no
  // memory for it.
  absl::StatusOr<std::string> Finish();

 private:
  struct Free {
    void operator()(BerElement* element) const { ber_free(element, 1); }
  };
  std::unique_ptr<BerElement, Free> element_;
  bool failed_ = false;
};

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_BER_H_

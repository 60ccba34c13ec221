// E-mail addresses and their canonical form, the label.
//
//   auto address = Address::Parse("Alice@B\xc3\xbc""cher.example");
//   address->label() == "alice@xn--bcher-kva.example";
//
// RFC 9598 forbids transforming local parts, yet mail clients and LDAP fold
// ASCII case. So the label folds ONLY A-Z of the local part and brings the
// domain to lower-case A-labels; whoever needs to know whether the case of the
// local part agreed asks MatchAddresses. Nothing else is mapped: no dots or
// +tags are removed, no Unicode is normalized or folded in the local part.
//
// Thread-compatible values.
#ifndef SEALBOOK_SMIME_ADDRESS_H_
#define SEALBOOK_SMIME_ADDRESS_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sealbook::smime {

class Address {
 public:
  // RFC 5321, 4.5.3.1.1, counted in the canonical form.
  static constexpr size_t kMaxLocalPartBytes = 64;
  // [KT] labels are at most 2^8-1 bytes.
  static constexpr size_t kMaxLabelBytes = 255;

  // Reads a mailbox (RFC 5321, 4.1.2; RFC 6531, 3.3): local part, "@", domain.
  //
  // The local part is a dot-atom or a quoted string; a quoted string whose
  // content is a dot-atom is unquoted, any other is kept quoted with the least
  // escaping. A non-ASCII local part must be UTF-8 in NFC, before and after
  // folding, and hold assigned characters only (so that it stays canonical
  // under any later Unicode). In the domain one trailing dot is dropped, and
  // letters outside ASCII are lowered only where upper and lower case are one
  // to one (so the Kelvin sign and U+0130 are refused); A-labels must be valid
  // IDNA2008 (RFC 5891, 5).
  //
  // INVALID_ARGUMENT for anything else, domain literals included; the message
  // names the check (`address-...`), its section, and the value, escaped and
  // cut.
  static absl::StatusOr<Address> Parse(absl::string_view text);

  // The canonical address, at most kMaxLabelBytes bytes.
  const std::string& label() const { return label_; }
  // The two sides of the label.
  absl::string_view local_part() const {
    return absl::string_view(label_).substr(0, at_);
  }
  absl::string_view domain() const {
    return absl::string_view(label_).substr(at_ + 1);
  }
  // The local part with its case as it was written (unquoted as in the label).
  const std::string& exact_local_part() const { return exact_local_part_; }

 private:
  Address() = default;

  std::string label_;
  std::string exact_local_part_;
  size_t at_ = 0;
};

// True when `label` is the label of some address: Parse(label)->label() ==
// label.
bool IsCanonical(absl::string_view label);

// The canonical form of a mail domain alone, as in Address::domain().
// INVALID_ARGUMENT as Address::Parse.
absl::StatusOr<std::string> CanonicalDomain(absl::string_view text);

// How a looked-up address agrees with one that a certificate names.
enum class AddressMatch {
  kNone,
  // Only the case of ASCII letters in the local part differs.
  kCaseFolded,
  // RFC 5280, 7.5: equal local parts, equal domains without regard to case.
  kExact,
};

AddressMatch MatchAddresses(const Address& looked_up, const Address& certified);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_ADDRESS_H_

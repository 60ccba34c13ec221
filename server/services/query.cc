#include "server/services/query.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/directory_entry.h"
#include "smime/address.h"

namespace sealbook::server {

absl::Status CheckCanonical(absl::string_view label) {
  absl::StatusOr<smime::Address> address = smime::Address::Parse(label);
  if (!address.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the label is not an e-mail address: ", address.status().message()));
  }
  if (address->label() != label) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the label \"", absl::CHexEscape(label),
        "\" is not canonical: A-Z in lower case, the domain in lower-case "
        "A-labels without a trailing dot; ask for \"",
        absl::CHexEscape(address->label()), "\""));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const SignedHead>> ReadHead(
    const QueryParts& parts) {
  std::shared_ptr<const SignedHead> head = parts.visible_head->Get();
  if (head == nullptr) {
    return absl::UnavailableError("no tree head has been signed yet");
  }
  return head;
}

absl::Status CheckSeen(std::optional<uint64_t> last, const SignedHead& head) {
  if (last == uint64_t{0}) {
    return absl::InvalidArgumentError(
        "last is 0: leave it out where no tree head was observed");
  }
  if (!last.has_value() || *last <= head.tree_size) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the request says that a tree of size ", *last,
      " was seen, but the newest tree here has size ", head.tree_size));
}

absl::Status AddIssuers(const QueryParts& parts, absl::string_view value,
                        std::set<smime::CertificateHash>& sent,
                        google::protobuf::RepeatedPtrField<std::string>& out) {
  absl::StatusOr<v1::DirectoryEntry> entry = ParseDirectoryEntry(value);
  if (!entry.ok()) {
    // The value is stored, so its damage is ours and not the caller's.
    return absl::DataLossError(absl::StrCat("a stored value does not decode: ",
                                            entry.status().message()));
  }
  std::vector<smime::CertificateHash> missing;
  for (const smime::CertificateHash& hash : IssuersOf(*entry)) {
    if (sent.insert(hash).second) missing.push_back(hash);
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      std::vector<std::shared_ptr<const std::string>> issuers,
      parts.issuers->Read(missing));
  for (const std::shared_ptr<const std::string>& der : issuers)
    *out.Add() = *der;
  return absl::OkStatus();
}

}  // namespace sealbook::server

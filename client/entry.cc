#include "client/entry.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "keytrans/refusal.h"

namespace sealbook::client {
namespace {

constexpr uint32_t kFormat = 1;

}  // namespace

absl::StatusOr<v1::DirectoryEntry> DecodeEntry(absl::string_view value) {
  v1::DirectoryEntry entry;
  if (!entry.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the value (", value.size(), " bytes) is not a DirectoryEntry"));
  }
  if (entry.format() > kFormat) {
    return absl::UnimplementedError(
        absl::StrCat("the DirectoryEntry has format ", entry.format(),
                     ", this program reads ", kFormat, ": update it"));
  }
  if (entry.format() != kFormat) {
    return absl::InvalidArgumentError(
        "the value is not a DirectoryEntry: it has no format number");
  }
  for (const v1::CertificateInForce& certificate : entry.certificates()) {
    for (const std::string& hash : certificate.issuer_sha256()) {
      if (hash.size() == crypto::Hash::kSize) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("the DirectoryEntry names an issuer by ", hash.size(),
                       " bytes, a SHA-256 has ", crypto::Hash::kSize));
    }
  }
  return entry;
}

std::vector<std::string> IssuersOf(const v1::DirectoryEntry& entry,
                                   absl::Span<const std::string> sent) {
  std::set<std::string> listed;
  for (const v1::CertificateInForce& certificate : entry.certificates()) {
    listed.insert(certificate.issuer_sha256().begin(),
                  certificate.issuer_sha256().end());
  }
  std::vector<std::string> issuers;
  for (const std::string& der : sent) {
    // Erased once found, so that a repetition is dropped, too.
    if (listed.erase(crypto::Sha256(der).ToString()) > 0) {
      issuers.push_back(der);
    }
  }
  return issuers;
}

absl::StatusOr<ProvenEntry> DecodeProvenEntry(
    absl::string_view value, absl::Span<const std::string> sent) {
  absl::StatusOr<v1::DirectoryEntry> entry = DecodeEntry(value);
  if (absl::IsInvalidArgument(entry.status())) {
    return keytrans::Refuse(keytrans::RefusalReason::kMalformed,
                            entry.status().message());
  }
  SEALBOOK_RETURN_IF_ERROR(entry.status());
  ProvenEntry proven{*std::move(entry), {}};
  proven.issuers = IssuersOf(proven.entry, sent);
  return proven;
}

}  // namespace sealbook::client

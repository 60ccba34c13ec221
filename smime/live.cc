#include "smime/live.h"

#include "absl/strings/str_cat.h"
#include "smime/refusal.h"

namespace sealbook::smime {

bool IsLive(int64_t not_after_ms, int64_t now_ms) {
  return now_ms < not_after_ms + 1000;
}

absl::Status CheckLiveCertificates(absl::string_view label,
                                   absl::Span<const InForce> in_force,
                                   const InForce& added, int64_t now_ms) {
  size_t live = 0;
  for (const InForce& certificate : in_force) {
    if (certificate.sha256 == added.sha256) return absl::OkStatus();
    if (certificate.issuer_key_sha256 == added.issuer_key_sha256 &&
        IsLive(certificate.not_after_ms, now_ms)) {
      ++live;
    }
  }
  if (live < kMaxLiveCertificates) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "live-certificates (limit of this directory): ", Quoted(label), " has ",
      live, " live certificates of the issuing key ",
      added.issuer_key_sha256.ToHex(), ", at most ", kMaxLiveCertificates));
}

}  // namespace sealbook::smime

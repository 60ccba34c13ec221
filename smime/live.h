// How many certificates of one address may be live at once.
//
// The limit counts for an address AND an issuing key, so that no CA can lock
// another one out of an address. Pure arithmetic: the sequencer calls it with
// the certificates in force, because only it knows them.
#ifndef SEALBOOK_SMIME_LIVE_H_
#define SEALBOOK_SMIME_LIVE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "smime/types.h"

namespace sealbook::smime {

inline constexpr size_t kMaxLiveCertificates = 16;

// How far ahead of now a certificate's notBefore may lie when it is published.
inline constexpr int64_t kMaxNotBeforeAheadMs = 48LL * 3600 * 1000;

// A certificate in force for some address.
struct InForce {
  CertificateHash sha256;
  // Of the certificate's issuer.
  KeyHash issuer_key_sha256;
  // Milliseconds since the Unix epoch.
  int64_t not_after_ms = 0;
};

// True until the end of the certificate's last second: a certificate that is
// not valid yet is live, an expired one is not.
bool IsLive(int64_t not_after_ms, int64_t now_ms);

// FAILED_PRECONDITION when adding `added` to `in_force` would make more than
// kMaxLiveCertificates live ones of its issuing key; the message names the
// check `live-certificates`, the label and the count. OK when `added` is in
// force already: nothing is added.
absl::Status CheckLiveCertificates(absl::string_view label,
                                   absl::Span<const InForce> in_force,
                                   const InForce& added, int64_t now_ms);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_LIVE_H_

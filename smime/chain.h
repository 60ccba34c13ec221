// Certification paths (RFC 5280, 6) from an end-entity certificate to a trust
// anchor: signatures, validity, basicConstraints, path lengths, name
// constraints (rfc822Name, SmtpUTF8Mailbox), policies, keys and digests of at
// least 112 bits, and emailProtection in every issuer that limits its extended
// key usage.
//
//   SEALBOOK_ASSIGN_OR_RETURN(TrustAnchors anchors, TrustAnchors::Read(pem));
//   SEALBOOK_ASSIGN_OR_RETURN(
//       std::shared_ptr<const Chain> chain,
//       anchors.Verify(certificate, {intermediate}, now_ms));
//
// Refusals are INVALID_ARGUMENT; the message names the check (`chain-...`), its
// section, and which certificate failed.
#ifndef SEALBOOK_SMIME_CHAIN_H_
#define SEALBOOK_SMIME_CHAIN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "smime/types.h"

namespace sealbook::smime {

// The parsed anchors (smime/path.h).
struct AnchorSet;

// A set of trust anchors, parsed once. Immutable: thread-safe, cheap to copy.
class TrustAnchors {
 public:
  // `contents` as for ReadCertificates (smime/certificate.h). INVALID_ARGUMENT:
  // not certificates, or one that is no CA (named by its subject). An anchor
  // need not be self-signed.
  static absl::StatusOr<TrustAnchors> Read(absl::string_view contents);

  size_t size() const;

  // Builds and checks a path from `certificate` through some of `intermediates`
  // (DER, any order, unneeded ones ignored) to an anchor, at `time_ms`
  // (milliseconds since the Unix epoch). INVALID_ARGUMENT: no such path, bytes
  // that are no certificate, too many intermediates.
  absl::StatusOr<std::shared_ptr<const Chain>> Verify(
      absl::string_view certificate,
      absl::Span<const absl::string_view> intermediates, int64_t time_ms) const;

  // For this folder.
  const AnchorSet& anchors() const { return *anchors_; }

 private:
  explicit TrustAnchors(std::shared_ptr<const AnchorSet> anchors);

  std::shared_ptr<const AnchorSet> anchors_;
};

// Checks that `certificate` chains through exactly `issuers` (DER, issuer
// first, trust anchor last), taking the last one for the anchor: what a client
// does with the issuers whose hashes a verified entry lists. Says nothing of
// whether the anchor deserves trust. INVALID_ARGUMENT as above.
absl::Status VerifyThroughIssuers(absl::string_view certificate,
                                  absl::Span<const absl::string_view> issuers,
                                  int64_t time_ms);

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_CHAIN_H_

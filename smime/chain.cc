#include "smime/chain.h"

#include <openssl/x509v3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "smime/certificate.h"
#include "smime/path.h"
#include "smime/refusal.h"
#include "smime/x509.h"

namespace sealbook::smime {

TrustAnchors::TrustAnchors(std::shared_ptr<const AnchorSet> anchors)
    : anchors_(std::move(anchors)) {}

absl::StatusOr<TrustAnchors> TrustAnchors::Read(absl::string_view contents) {
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<std::string> ders,
                            ReadCertificates(contents));
  auto anchors = std::make_shared<AnchorSet>();
  anchors->certificates.reset(sk_X509_new_null());
  crypto::RequireOpenSsl(anchors->certificates != nullptr, "sk_X509_new_null");
  for (const std::string& der : ders) {
    SEALBOOK_ASSIGN_OR_RETURN(crypto::X509Ptr anchor, ParseX509(der));
    if (X509_check_ca(anchor.get()) == 0) {
      return Refusal(
          "anchor-ca", "RFC 5280, 4.2.1.9",
          absl::StrCat("trust anchor that is no CA: ",
                       Quoted(NameText(X509_get_subject_name(anchor.get())))));
    }
    crypto::RequireOpenSsl(
        sk_X509_push(anchors->certificates.get(), anchor.get()) > 0,
        "sk_X509_push");
    static_cast<void>(anchor.release());  // The stack owns it.
  }
  return TrustAnchors(std::move(anchors));
}

size_t TrustAnchors::size() const {
  return sk_X509_num(anchors_->certificates.get());
}

absl::StatusOr<std::shared_ptr<const Chain>> TrustAnchors::Verify(
    absl::string_view certificate,
    absl::Span<const absl::string_view> intermediates, int64_t time_ms) const {
  SEALBOOK_ASSIGN_OR_RETURN(crypto::X509Ptr parsed, ParseX509(certificate));
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<SharedX509> between,
                            ParseIntermediates(intermediates));
  SEALBOOK_ASSIGN_OR_RETURN(
      crypto::X509StackPtr path,
      FindPath(parsed.get(), anchors_->certificates.get(), between, time_ms));
  return ChainOf(path.get());
}

absl::Status VerifyThroughIssuers(absl::string_view certificate,
                                  absl::Span<const absl::string_view> issuers,
                                  int64_t time_ms) {
  if (issuers.empty()) {
    return Refusal("chain-anchor", "RFC 5280, 6.1", "no issuers");
  }
  absl::StatusOr<TrustAnchors> anchor = TrustAnchors::Read(issuers.back());
  if (!anchor.ok()) return anchor.status();
  SEALBOOK_ASSIGN_OR_RETURN(
      std::shared_ptr<const Chain> chain,
      anchor->Verify(certificate, issuers.subspan(0, issuers.size() - 1),
                     time_ms));
  if (chain->size() != issuers.size()) {
    return Refusal("chain-issuers", "RFC 5280, 6.1",
                   absl::StrCat("path through ", chain->size(), " of ",
                                issuers.size(), " issuers"));
  }
  for (size_t i = 0; i < issuers.size(); ++i) {
    if ((*chain)[i].der != issuers[i]) {
      return Refusal("chain-issuers", "RFC 5280, 6.1",
                     absl::StrCat("issuer ", i, " is not the one on the path"));
    }
  }
  return absl::OkStatus();
}

}  // namespace sealbook::smime

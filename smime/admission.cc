#include "smime/admission.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "smime/address.h"
#include "smime/certificate.h"
#include "smime/end_entity.h"
#include "smime/form.h"
#include "smime/issuer_cache.h"
#include "smime/live.h"
#include "smime/path.h"
#include "smime/public_profile.h"
#include "smime/refusal.h"
#include "smime/x509.h"

namespace sealbook::smime {
namespace {

constexpr size_t kMaxKnownIssuers = 4096;
// Bounds the search for a path among the known; a real path has two or three.
constexpr size_t kMaxPathCandidates = 32;

using Known = std::shared_ptr<const KnownIssuer>;

std::string Named(X509* certificate) {
  return Quoted(NameText(X509_get_subject_name(certificate)));
}

// `supplied`, and what is known on the way up from `certificate` and them.
std::vector<SharedX509> WithKnown(X509* certificate,
                                  std::vector<SharedX509> supplied,
                                  const IssuerCache& known) {
  std::vector<SharedX509> found = std::move(supplied);
  std::vector<X509*> below = {certificate};
  for (const SharedX509& one : found) below.push_back(one.get());
  for (size_t i = 0; i < below.size(); ++i) {
    for (const Known& issuer :
         known.Find(NameDer(X509_get_issuer_name(below[i])))) {
      X509* candidate = issuer->certificate.get();
      if (found.size() >= kMaxPathCandidates) return found;
      if (std::any_of(below.begin(), below.end(), [&](X509* other) {
            return X509_cmp(other, candidate) == 0;
          })) {
        continue;
      }
      found.push_back(issuer->certificate);
      below.push_back(candidate);
    }
  }
  return found;
}

SharedX509 ShareElement(STACK_OF(X509) * path, int index) {
  X509* certificate = sk_X509_value(path, index);
  X509_up_ref(certificate);
  return Share(crypto::X509Ptr(certificate));
}

// Enters the issuers of `path` as known, and the first of them as verified.
std::shared_ptr<const Chain> Learn(STACK_OF(X509) * path, IssuerCache& cache) {
  std::shared_ptr<const Chain> chain = ChainOf(path);
  auto issuer = std::make_shared<KnownIssuer>();
  issuer->certificate = ShareElement(path, 1);
  issuer->sha256 = chain->front().sha256;
  issuer->chain = chain;
  issuer->valid_from_ms = std::numeric_limits<int64_t>::min();
  issuer->valid_until_ms = std::numeric_limits<int64_t>::max();
  issuer->shortcut = ShortcutAllowed(path);
  for (int i = 1; i < sk_X509_num(path); ++i) {
    const X509* one = sk_X509_value(path, i);
    absl::StatusOr<int64_t> from = TimeMs(X509_get0_notBefore(one));
    absl::StatusOr<int64_t> until = TimeMs(X509_get0_notAfter(one));
    if (!from.ok() || !until.ok()) return chain;  // Nothing to reckon with.
    issuer->valid_from_ms = std::max(issuer->valid_from_ms, *from);
    issuer->valid_until_ms = std::min(issuer->valid_until_ms, *until);
  }
  cache.Add(std::move(issuer));
  // The anchor is at hand anyway.
  for (int i = 2; i + 1 < sk_X509_num(path); ++i) {
    auto above = std::make_shared<KnownIssuer>();
    above->certificate = ShareElement(path, i);
    above->sha256 = (*chain)[i - 1].sha256;
    cache.Add(std::move(above));
  }
  return chain;
}

// The chain of a verified issuer that issued `certificate`, or null.
std::shared_ptr<const Chain> Shortcut(X509* certificate, absl::string_view der,
                                      const IssuerCache& cache,
                                      int64_t time_ms) {
  for (const Known& issuer :
       cache.Find(NameDer(X509_get_issuer_name(certificate)))) {
    if (issuer->shortcut && issuer->valid_from_ms <= time_ms &&
        time_ms <= issuer->valid_until_ms &&
        IsIssuedBy(certificate, der, issuer->certificate.get())) {
      return issuer->chain;
    }
  }
  return nullptr;
}

absl::Status CheckPublisher(const PublisherPolicy& publisher,
                            const AdmittedCertificate& certificate) {
  if (!publisher.issuer_keys.contains(certificate.issuer_key_sha256())) {
    return absl::PermissionDeniedError(absl::StrCat(
        "publisher-issuer (publisher record): ", Quoted(publisher.id),
        " does not speak for the issuing key ",
        certificate.issuer_key_sha256().ToHex(), " of ",
        Quoted(certificate.subject)));
  }
  if (publisher.mail_domains.empty()) return absl::OkStatus();
  for (const CertificateAddress& address : certificate.addresses) {
    absl::string_view domain = address.label;
    domain.remove_prefix(domain.rfind('@') + 1);
    if (std::find(publisher.mail_domains.begin(), publisher.mail_domains.end(),
                  domain) == publisher.mail_domains.end()) {
      return absl::PermissionDeniedError(absl::StrCat(
          "publisher-mail-domain (publisher record): ", Quoted(publisher.id),
          " may not publish for the domain of ", Quoted(address.exact)));
    }
  }
  return absl::OkStatus();
}

// Those of `certified` that are asked for; all when none is.
absl::StatusOr<std::vector<CertificateAddress>> SelectAddresses(
    std::vector<CertificateAddress> certified,
    absl::Span<const absl::string_view> wanted) {
  if (wanted.empty()) return certified;
  std::vector<bool> selected(certified.size());
  for (absl::string_view text : wanted) {
    SEALBOOK_ASSIGN_OR_RETURN(Address address, Address::Parse(text));
    size_t i = 0;
    while (i < certified.size() && certified[i].label != address.label()) ++i;
    if (i == certified.size()) {
      return Refusal("published-address", "S/MIME BR 7.1.4.2.1",
                     absl::StrCat("the certificate does not name ",
                                  Quoted(address.label())));
    }
    selected[i] = true;
  }
  std::vector<CertificateAddress> result;
  for (size_t i = 0; i < certified.size(); ++i) {
    if (selected[i]) result.push_back(std::move(certified[i]));
  }
  return result;
}

}  // namespace

struct Admission::State {
  TrustAnchors anchors;
  Profile profile;
  IssuerCache cache{kMaxKnownIssuers};

  // By a verified issuer if there is one, else by FindWholePath.
  absl::StatusOr<std::shared_ptr<const Chain>> FindChain(
      X509* certificate, const Submission& submission, int64_t time_ms);
  absl::StatusOr<crypto::X509StackPtr> FindWholePath(
      const Submission& submission, int64_t time_ms);
};

absl::StatusOr<std::shared_ptr<const Chain>> Admission::State::FindChain(
    X509* certificate, const Submission& submission, int64_t time_ms) {
  std::shared_ptr<const Chain> chain =
      Shortcut(certificate, submission.certificate, cache, time_ms);
  if (chain != nullptr) return chain;
  SEALBOOK_ASSIGN_OR_RETURN(crypto::X509StackPtr path,
                            FindWholePath(submission, time_ms));
  return Learn(path.get(), cache);
}

absl::StatusOr<crypto::X509StackPtr> Admission::State::FindWholePath(
    const Submission& submission, int64_t time_ms) {
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<SharedX509> supplied,
                            ParseIntermediates(submission.intermediates));
  // OpenSSL's path validation wants the public key as well.
  SEALBOOK_ASSIGN_OR_RETURN(crypto::X509Ptr whole,
                            ParseX509(submission.certificate));
  STACK_OF(X509)* trusted = anchors.anchors().certificates.get();
  // OpenSSL settles on one issuer of a name and does not come back to another:
  // what was supplied is tried alone before anything is mixed in.
  absl::StatusOr<crypto::X509StackPtr> path =
      FindPath(whole.get(), trusted, supplied, time_ms);
  if (path.ok()) return path;
  std::vector<SharedX509> more = WithKnown(whole.get(), supplied, cache);
  if (more.size() == supplied.size()) return path;
  absl::StatusOr<crypto::X509StackPtr> second =
      FindPath(whole.get(), trusted, more, time_ms);
  return second.ok() || supplied.empty() ? std::move(second) : std::move(path);
}

Admission::Admission(TrustAnchors anchors, Profile profile)
    : state_(new State{.anchors = std::move(anchors), .profile = profile}) {}

Admission::~Admission() = default;

absl::StatusOr<AdmittedCertificate> Admission::Admit(
    const Submission& submission, const PublisherPolicy& publisher,
    int64_t now_ms) const {
  SEALBOOK_ASSIGN_OR_RETURN(crypto::X509Ptr owned,
                            ParseStrictly(submission.certificate));
  X509* certificate = owned.get();
  SEALBOOK_ASSIGN_OR_RETURN(EndEntityFacts facts,
                            CheckEndEntity(certificate, now_ms));
  if (state_->profile == Profile::kPublic) {
    SEALBOOK_RETURN_IF_ERROR(CheckPublicProfile(certificate, facts));
  }
  AdmittedCertificate admitted;
  admitted.role = facts.role;
  admitted.not_before_ms = facts.not_before_ms;
  admitted.not_after_ms = facts.not_after_ms;
  SEALBOOK_ASSIGN_OR_RETURN(
      admitted.addresses,
      SelectAddresses(std::move(facts.addresses), submission.addresses));
  // A certificate that starts to be valid soon is judged as of then.
  SEALBOOK_ASSIGN_OR_RETURN(
      admitted.chain, state_->FindChain(certificate, submission,
                                        std::max(now_ms, facts.not_before_ms)));
  admitted.subject = NameText(X509_get_subject_name(certificate));
  admitted.serial_hex = SerialText(certificate);
  SEALBOOK_RETURN_IF_ERROR(CheckPublisher(publisher, admitted));
  admitted.der = std::string(submission.certificate);
  admitted.sha256 = HashCertificate(admitted.der);
  admitted.key_sha256 = SubjectKeyHash(certificate);
  return admitted;
}

absl::Status Admission::AddKnownIntermediate(absl::string_view der) {
  SEALBOOK_ASSIGN_OR_RETURN(crypto::X509Ptr certificate, ParseX509(der));
  if (X509_check_ca(certificate.get()) == 0) {
    return Refusal("intermediate-ca", "RFC 5280, 4.2.1.9",
                   absl::StrCat("known intermediate that is no CA: ",
                                Named(certificate.get())));
  }
  auto issuer = std::make_shared<KnownIssuer>();
  issuer->certificate = Share(std::move(certificate));
  issuer->sha256 = HashCertificate(der);
  state_->cache.Add(std::move(issuer));
  return absl::OkStatus();
}

}  // namespace sealbook::smime

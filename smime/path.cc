#include "smime/path.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <ctime>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/openssl_error.h"
#include "smime/certificate.h"
#include "smime/refusal.h"
#include "smime/x509.h"

namespace sealbook::smime {
namespace {

// Issuers that one path may have; real ones have two or three.
constexpr int kMaxPathIssuers = 8;
// OpenSSL's level of 112 bits: RSA 2048, curves of 224 bits, no SHA-1.
constexpr int kSecurityLevel = 2;

// A stack that owns nothing.
struct StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using BorrowedStack = std::unique_ptr<STACK_OF(X509), StackFree>;

BorrowedStack Borrow(absl::Span<const SharedX509> certificates) {
  BorrowedStack stack(sk_X509_new_null());
  crypto::RequireOpenSsl(stack != nullptr, "sk_X509_new_null");
  for (const SharedX509& certificate : certificates) {
    crypto::RequireOpenSsl(sk_X509_push(stack.get(), certificate.get()) > 0,
                           "sk_X509_push");
  }
  return stack;
}

struct Check {
  absl::string_view id;
  absl::string_view section;
};

Check CheckOf(int error) {
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return {"chain-anchor", "RFC 5280, 6.1"};
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
    case X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH:
      return {"chain-signature", "RFC 5280, 6.1.3 (a)(1)"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
      return {"chain-validity", "RFC 5280, 6.1.3 (a)(2)"};
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
      return {"chain-name-constraints", "RFC 5280, 6.1.3 (b)"};
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_NON_CA:
      return {"chain-basic-constraints", "RFC 5280, 6.1.4 (k)"};
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
      return {"chain-path-length", "RFC 5280, 6.1.4 (m)"};
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return {"chain-key-usage", "RFC 5280, 6.1.4 (n)"};
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      return {"chain-critical-extension", "RFC 5280, 6.1.4 (o)"};
    case X509_V_ERR_INVALID_POLICY_EXTENSION:
    case X509_V_ERR_NO_EXPLICIT_POLICY:
      return {"chain-policy", "RFC 5280, 6.1.5 (g)"};
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return {"chain-strength", "S/MIME BR 6.1.5"};
    default:
      return {"chain", "RFC 5280, 6.1"};
  }
}

absl::Status PathRefusal(X509_STORE_CTX* context, X509* certificate) {
  const int error = X509_STORE_CTX_get_error(context);
  X509* failed = X509_STORE_CTX_get_current_cert(context);
  if (failed == nullptr) failed = certificate;
  const Check check = CheckOf(error);
  return Refusal(check.id, check.section,
                 absl::StrCat(X509_verify_cert_error_string(error), ": ",
                              Quoted(NameText(X509_get_subject_name(failed))),
                              ", issued by ",
                              Quoted(NameText(X509_get_issuer_name(failed)))));
}

// RFC 5280, 4.2.1.12 says what an extended key usage in a CA means to those
// that know it: the usages of everything below ("nested").
absl::Status CheckIssuerUsage(X509* issuer) {
  const uint32_t usage = X509_get_extended_key_usage(issuer);
  // UINT32_MAX: it has none and is not limited.
  if ((usage & (XKU_SMIME | XKU_ANYEKU)) != 0) return absl::OkStatus();
  return Refusal("chain-eku-email-protection", "S/MIME BR 7.1.2.2 g",
                 absl::StrCat("an issuer may not issue for emailProtection: ",
                              Quoted(NameText(X509_get_subject_name(issuer)))));
}

// OpenSSL takes a certificate for expired in its last second; RFC 5280, 4.1.2.5
// counts notAfter in.
int CountLastSecond(int ok, X509_STORE_CTX* context) {
  if (ok == 1 ||
      X509_STORE_CTX_get_error(context) != X509_V_ERR_CERT_HAS_EXPIRED) {
    return ok;
  }
  const X509* expired = X509_STORE_CTX_get_current_cert(context);
  time_t second_before =
      X509_VERIFY_PARAM_get_time(X509_STORE_CTX_get0_param(context)) - 1;
  if (X509_cmp_time(X509_get0_notAfter(expired), &second_before) != 1) {
    return ok;
  }
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

absl::StatusOr<crypto::X509StackPtr> Verify(X509* certificate,
                                            STACK_OF(X509) * trusted,
                                            STACK_OF(X509) * untrusted,
                                            int64_t time_ms) {
  crypto::ScopedOpenSslErrors errors;
  crypto::X509StoreCtxPtr context(X509_STORE_CTX_new());
  crypto::RequireOpenSsl(
      context != nullptr && X509_STORE_CTX_init(context.get(), nullptr,
                                                certificate, untrusted) == 1,
      "X509_STORE_CTX_init");
  // A stack instead of a store: reading it takes no lock.
  X509_STORE_CTX_set0_trusted_stack(context.get(), trusted);
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, time_ms / 1000);
  X509_VERIFY_PARAM_set_depth(param, kMaxPathIssuers);
  X509_VERIFY_PARAM_set_auth_level(param, kSecurityLevel);
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN |
                                         X509_V_FLAG_TRUSTED_FIRST |
                                         X509_V_FLAG_POLICY_CHECK);
  // RFC 5280, 6.1.1 (c): any policy will do, where some policy is required.
  crypto::RequireOpenSsl(
      X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy)) == 1,
      "X509_VERIFY_PARAM_add0_policy");
  X509_STORE_CTX_set_verify_cb(context.get(), CountLastSecond);
  if (X509_verify_cert(context.get()) != 1) {
    return PathRefusal(context.get(), certificate);
  }
  crypto::X509StackPtr path(X509_STORE_CTX_get1_chain(context.get()));
  crypto::RequireOpenSsl(path != nullptr, "X509_STORE_CTX_get1_chain");
  // A trust anchor handed in as the certificate to judge.
  if (sk_X509_num(path.get()) < 2) {
    return Refusal(
        "chain-anchor", "RFC 5280, 6.1",
        absl::StrCat("the certificate is a trust anchor itself: ",
                     Quoted(NameText(X509_get_subject_name(certificate)))));
  }
  return path;
}

}  // namespace

SharedX509 Share(crypto::X509Ptr certificate) {
  // Decodes the extensions now, not under the first verification's lock.
  X509_check_purpose(certificate.get(), -1, 0);
  return SharedX509(std::move(certificate));
}

absl::StatusOr<std::vector<SharedX509>> ParseIntermediates(
    absl::Span<const absl::string_view> ders) {
  if (ders.size() > kMaxSuppliedIntermediates) {
    return Refusal("chain-intermediates", "RFC 5280, 6.1",
                   absl::StrCat(ders.size(), " intermediates, at most ",
                                kMaxSuppliedIntermediates));
  }
  std::vector<SharedX509> certificates;
  for (size_t i = 0; i < ders.size(); ++i) {
    absl::StatusOr<crypto::X509Ptr> certificate = ParseX509(ders[i]);
    if (!certificate.ok()) {
      return Refusal("chain-intermediates", "RFC 5280, 6.1",
                     absl::StrCat("intermediate ", i, ": ",
                                  certificate.status().message()));
    }
    certificates.push_back(Share(*std::move(certificate)));
  }
  return certificates;
}

absl::StatusOr<crypto::X509StackPtr> FindPath(
    X509* certificate, STACK_OF(X509) * trusted,
    absl::Span<const SharedX509> intermediates, int64_t time_ms) {
  SEALBOOK_ASSIGN_OR_RETURN(
      crypto::X509StackPtr path,
      Verify(certificate, trusted, Borrow(intermediates).get(), time_ms));
  for (int i = 1; i < sk_X509_num(path.get()); ++i) {
    SEALBOOK_RETURN_IF_ERROR(CheckIssuerUsage(sk_X509_value(path.get(), i)));
  }
  return path;
}

bool IsIssuedBy(X509* certificate, absl::string_view der, X509* issuer) {
  crypto::ScopedOpenSslErrors errors;
  const AuthorityKeyIdPtr key_id = AuthorityKeyIdOf(certificate);
  if (X509_NAME_cmp(X509_get_subject_name(issuer),
                    X509_get_issuer_name(certificate)) != 0 ||
      X509_check_akid(issuer, key_id.get()) != X509_V_OK) {
    return false;
  }
  const auto* next = reinterpret_cast<const unsigned char*>(der.data());
  Asn1SequencePtr parts(d2i_ASN1_SEQUENCE_ANY(nullptr, &next, der.size()));
  if (parts == nullptr || sk_ASN1_TYPE_num(parts.get()) != 3) return false;
  const ASN1_BIT_STRING* signature = nullptr;
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(&signature, &algorithm, certificate);
  // X509_verify would look for algorithms in the certificate's own library
  // context, which has none (ParseX509WithoutKey).
  return ASN1_item_verify(ASN1_ITEM_rptr(ASN1_ANY), algorithm, signature,
                          sk_ASN1_TYPE_value(parts.get(), 0),
                          X509_get0_pubkey(issuer)) == 1;
}

bool ShortcutAllowed(STACK_OF(X509) * path) {
  for (int i = 1; i < sk_X509_num(path); ++i) {
    const X509* issuer = sk_X509_value(path, i);
    for (int limit : {NID_name_constraints, NID_policy_constraints,
                      NID_inhibit_any_policy}) {
      if (X509_get_ext_by_NID(issuer, limit, -1) >= 0) return false;
    }
  }
  return true;
}

std::shared_ptr<const Chain> ChainOf(STACK_OF(X509) * path) {
  auto chain = std::make_shared<Chain>();
  for (int i = 1; i < sk_X509_num(path); ++i) {
    const X509* issuer = sk_X509_value(path, i);
    std::string der = DerOf(issuer);
    CertificateHash hash = HashCertificate(der);
    chain->push_back({.der = std::move(der),
                      .sha256 = hash,
                      .key_sha256 = SubjectKeyHash(issuer)});
  }
  return chain;
}

}  // namespace sealbook::smime

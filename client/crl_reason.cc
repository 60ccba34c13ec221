#include "client/crl_reason.h"

#include "absl/strings/str_cat.h"

namespace sealbook::client {
namespace {

struct Name {
  v1::CrlReason reason;
  const char* text;
};

constexpr Name kNames[] = {
    {v1::CRL_REASON_UNSPECIFIED, "unspecified"},
    {v1::CRL_REASON_KEY_COMPROMISE, "keyCompromise"},
    {v1::CRL_REASON_CA_COMPROMISE, "cACompromise"},
    {v1::CRL_REASON_AFFILIATION_CHANGED, "affiliationChanged"},
    {v1::CRL_REASON_SUPERSEDED, "superseded"},
    {v1::CRL_REASON_CESSATION_OF_OPERATION, "cessationOfOperation"},
    {v1::CRL_REASON_CERTIFICATE_HOLD, "certificateHold"},
    {v1::CRL_REASON_REMOVE_FROM_CRL, "removeFromCRL"},
    {v1::CRL_REASON_PRIVILEGE_WITHDRAWN, "privilegeWithdrawn"},
    {v1::CRL_REASON_AA_COMPROMISE, "aACompromise"},
};

}  // namespace

absl::string_view CrlReasonName(v1::CrlReason reason) {
  for (const Name& name : kNames) {
    if (name.reason == reason) return name.text;
  }
  return "unknown";
}

absl::StatusOr<v1::CrlReason> CrlReasonOf(absl::string_view name) {
  for (const Name& one : kNames) {
    if (name == one.text) return one.reason;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", name, "\" is no CRLReason"));
}

std::vector<std::string> CrlReasonNames() {
  std::vector<std::string> names;
  for (const Name& name : kNames) names.push_back(name.text);
  return names;
}

}  // namespace sealbook::client

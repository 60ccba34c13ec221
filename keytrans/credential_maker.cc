#include "keytrans/credential_maker.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

// All but the position and the proof.
Credential Begin(const SearchRequest& request, SearchResponse& response) {
  Credential credential;
  credential.label = request.label;
  credential.version = *response.version;
  credential.opening = response.opening;
  credential.value = std::move(response.value);
  credential.suffix = std::move(response.suffix);
  credential.binary_ladder = std::move(response.binary_ladder);
  return credential;
}

absl::StatusOr<SearchResponse> Parse(const Configuration& configuration,
                                     const SearchRequest& request,
                                     const VerifiedVersion& verified,
                                     absl::string_view response) {
  if (request.version.has_value()) {
    return absl::FailedPreconditionError(
        "credentials are made of greatest-version searches");
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      SearchResponse parsed,
      SearchResponse::Parse(configuration, request, response));
  if (*parsed.version != verified.version ||
      parsed.search.prefix_proofs.empty()) {
    return absl::FailedPreconditionError(
        "the response is not the one that was verified");
  }
  return parsed;
}

}  // namespace

absl::StatusOr<Credential> MakeStandardCredential(
    const Configuration& configuration, const SearchRequest& request,
    const VerifiedVersion& verified, absl::string_view response) {
  SEALBOOK_ASSIGN_OR_RETURN(SearchResponse parsed,
                            Parse(configuration, request, verified, response));
  const std::optional<uint64_t> base =
      RightmostDistinguished(configuration, verified.view);
  if (!base.has_value() || verified.terminal > *base) {
    return absl::FailedPreconditionError(absl::StrCat(
        "version ", verified.version,
        " is not in a distinguished log entry yet: make a provisional "
        "credential, or wait"));
  }
  Credential credential = Begin(request, parsed);
  credential.position = *base;
  // The search has begun there, so that its ladder leaves nothing out.
  credential.proof =
      StandardCredential{std::move(parsed.search.prefix_proofs[0])};
  return credential;
}

absl::StatusOr<Credential> MakeProvisionalCredential(
    const Configuration& configuration, const SearchRequest& request,
    const VerifiedVersion& verified, absl::string_view response) {
  SEALBOOK_ASSIGN_OR_RETURN(SearchResponse parsed,
                            Parse(configuration, request, verified, response));
  if (configuration.mode == DeploymentMode::kThirdPartyAuditing) {
    return absl::FailedPreconditionError(
        "the answer's proof has the auditor's tree in it: a provisional "
        "credential cannot be made of it");
  }
  if (!request.last.has_value() || !parsed.full_tree_head.updated.has_value()) {
    return absl::FailedPreconditionError(
        "the answer shows no tree that is larger than that of a distinguished "
        "log entry");
  }
  if (verified.terminal < *request.last) {
    return absl::FailedPreconditionError(
        absl::StrCat("log entry ", *request.last - 1, " holds version ",
                     verified.version, " already: make a standard credential"));
  }
  Credential credential = Begin(request, parsed);
  credential.position = *request.last - 1;
  credential.proof = ProvisionalCredential{*parsed.full_tree_head.updated,
                                           std::move(parsed.search)};
  return credential;
}

}  // namespace sealbook::keytrans

// Credentials of what a user has looked up ([KT] "Credentials"): made of an
// answer of the log, to be sent to others.
#ifndef SEALBOOK_KEYTRANS_CREDENTIAL_MAKER_H_
#define SEALBOOK_KEYTRANS_CREDENTIAL_MAKER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "keytrans/credential_structures.h"
#include "keytrans/structures.h"
#include "keytrans/verified.h"

namespace sealbook::keytrans {

// `response`: the bytes that answered `request`, a greatest-version search;
// `verified`: what they were verified to be, in the log of `configuration`.
// FAILED_PRECONDITION: the request was for one version, or the two do not
// belong together.

// Based on the rightmost distinguished log entry. FAILED_PRECONDITION: that one
// does not hold the version yet.
absl::StatusOr<Credential> MakeStandardCredential(
    const Configuration& configuration, const SearchRequest& request,
    const VerifiedVersion& verified, absl::string_view response);

// Based on the log entry request.last - 1, which is a distinguished one that
// others know of: the request has advertised the tree that ended there
// (DistinguishedEntry::Tree). FAILED_PRECONDITION: it holds the version
// already, so that a standard credential shows it; the response shows no larger
// tree; or the log has an auditor, whose tree is in the proof as well, as it
// must not be in a credential's.
absl::StatusOr<Credential> MakeProvisionalCredential(
    const Configuration& configuration, const SearchRequest& request,
    const VerifiedVersion& verified, absl::string_view response);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_CREDENTIAL_MAKER_H_

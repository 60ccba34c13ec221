// Reasons of a revocation by the names of RFC 5280, 5.3.1.
#ifndef SEALBOOK_CLIENT_CRL_REASON_H_
#define SEALBOOK_CLIENT_CRL_REASON_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/sealbook/v1/records.pb.h"

namespace sealbook::client {

// "keyCompromise"; "unspecified" for 0; "unknown" for what a newer version may
// add.
absl::string_view CrlReasonName(v1::CrlReason reason);
// INVALID_ARGUMENT: no such name.
absl::StatusOr<v1::CrlReason> CrlReasonOf(absl::string_view name);
// All names, in the order of their numbers.
std::vector<std::string> CrlReasonNames();

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CRL_REASON_H_

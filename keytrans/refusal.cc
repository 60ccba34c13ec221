#include "keytrans/refusal.h"

#include <array>
#include <string>
#include <utility>

#include "absl/strings/cord.h"

namespace sealbook::keytrans {
namespace {

constexpr char kPayloadUrl[] = "sealbook.dev/refusal";

constexpr std::array<std::pair<RefusalReason, const char*>, 16> kNames = {{
    {RefusalReason::kMalformed, "malformed"},
    {RefusalReason::kElementCount, "element-count"},
    {RefusalReason::kVrfProof, "vrf-proof"},
    {RefusalReason::kLadder, "ladder"},
    {RefusalReason::kPrefixProof, "prefix-proof"},
    {RefusalReason::kRootMismatch, "root-mismatch"},
    {RefusalReason::kTimestampOrder, "timestamp-order"},
    {RefusalReason::kStaleHead, "stale-head"},
    {RefusalReason::kFutureHead, "future-head"},
    {RefusalReason::kTreeSize, "tree-size"},
    {RefusalReason::kSignature, "signature"},
    {RefusalReason::kValueSignature, "value-signature"},
    {RefusalReason::kAuditor, "auditor"},
    {RefusalReason::kFork, "fork"},
    {RefusalReason::kExpired, "expired"},
    {RefusalReason::kRemoval, "removal"},
}};

}  // namespace

absl::string_view RefusalName(RefusalReason reason) {
  for (const auto& [value, name] : kNames) {
    if (value == reason) return name;
  }
  return "unknown";
}

absl::Status Refuse(RefusalReason reason, absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kPayloadUrl, absl::Cord(RefusalName(reason)));
  return status;
}

absl::Status RefuseIfError(RefusalReason reason, const absl::Status& status) {
  return status.ok() ? status : Refuse(reason, status.message());
}

std::optional<RefusalReason> RefusalOf(const absl::Status& status) {
  auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return std::nullopt;
  std::string text(*payload);
  for (const auto& [value, name] : kNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

}  // namespace sealbook::keytrans

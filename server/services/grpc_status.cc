#include "server/services/grpc_status.h"

#include <spdlog/spdlog.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/redaction.h"

namespace sealbook::server {

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  std::string message(status.message().substr(0, kMaxStatusMessageBytes));
  for (char& c : message) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '?';
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message);
}

void AddRetryHint(grpc::CallbackServerContext& context,
                  uint64_t retry_after_ms) {
  context.AddTrailingMetadata("grpc-retry-pushback-ms",
                              absl::StrCat(retry_after_ms));
}

grpc::Status Overloaded(grpc::CallbackServerContext& context,
                        absl::string_view what, uint64_t retry_after_ms) {
  AddRetryHint(context, retry_after_ms);
  return grpc::Status(
      grpc::StatusCode::RESOURCE_EXHAUSTED,
      absl::StrCat(what, "; try again after ", retry_after_ms, " ms"));
}

void LogFailure(absl::string_view rpc, absl::string_view address,
                const absl::Status& status) {
  const std::string name(rpc);
  const bool ours = status.code() == absl::StatusCode::kDataLoss ||
                    status.code() == absl::StatusCode::kInternal ||
                    status.code() == absl::StatusCode::kUnknown;
  if (!ours) {
    spdlog::debug("{}: {}", name, status.ToString());
    return;
  }
  std::string text = status.ToString();
  if (!address.empty()) {
    text = absl::StrReplaceAll(text, {{address, "<address>"}});
  }
  spdlog::error("{}: {}", name, WithoutAddresses(text));
  spdlog::debug("{}: {}", name, status.ToString());
}

}  // namespace sealbook::server

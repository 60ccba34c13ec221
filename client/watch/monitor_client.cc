#include "client/watch/monitor_client.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/watch/withheld.h"
#include "keytrans/refusal.h"

namespace sealbook::client {
namespace {

constexpr char kWithheldUrl[] = "sealbook.dev/withheld";

}  // namespace

absl::Status Withheld(const std::string& label, absl::string_view what) {
  absl::Status status = absl::DataLossError(
      absl::StrCat(label, ": the server does not show ", what));
  status.SetPayload(kWithheldUrl, absl::Cord());
  return status;
}

bool IsWithheld(const absl::Status& status) {
  return status.GetPayload(kWithheldUrl).has_value();
}

MonitorClient::MonitorClient(
    State& state, Endpoint endpoint,
    const std::shared_ptr<grpc::ChannelInterface>& channel, Clock clock,
    MonitorOptions options)
    : state_(state),
      endpoint_(std::move(endpoint)),
      channel_(channel),
      stub_(v1::KeyTransparency::NewStub(channel)),
      clock_(std::move(clock)),
      options_(std::move(options)),
      patience_(options_.patience) {
  options_.patience.stop = options_.stop;
  BeginRound();
}

void MonitorClient::BeginRound() { patience_ = Patience(options_.patience); }

std::optional<uint64_t> MonitorClient::Ground::last() const {
  if (!view.has_value()) return std::nullopt;
  return view->size();
}

absl::StatusOr<MonitorClient::Ground> MonitorClient::ReadGround(
    const crypto::Hash& fingerprint) {
  SEALBOOK_ASSIGN_OR_RETURN(LogRecord log, state_.ReadLog(fingerprint));
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::Verifier verifier,
                            keytrans::Verifier::Create(log.configuration));
  return Ground{fingerprint, std::move(log.configuration), std::move(verifier),
                std::move(log.view)};
}

absl::StatusOr<VerifiedAnswer> MonitorClient::Judge(const Ground& ground,
                                                    Exchange& exchange) {
  exchange.configuration = ground.configuration.Encode();
  exchange.time_ms = clock_();
  if (ground.view.has_value()) exchange.view = ground.view->Encode();
  absl::StatusOr<VerifiedAnswer> answer =
      VerifyExchange(ground.verifier, exchange);
  if (!keytrans::RefusalOf(answer.status()).has_value()) return answer;
  return KeepEvidence(state_.evidence_folder(), exchange, answer.status());
}

absl::StatusOr<Lookup> MonitorClient::LookUp(const crypto::Hash& fingerprint,
                                             const std::string& label,
                                             std::optional<uint32_t> version) {
  LookupOptions options;
  options.timeout_ms = options_.timeout_ms;
  options.max_moves = options_.max_moves;
  options.version = version;
  options.keep_unreadable = true;
  options.stop = options_.stop;
  // All calls wait together.
  options.patience.max_waits = 0;
  DirectoryClient client(state_, endpoint_, channel_, clock_, options);
  std::optional<Lookup> found;
  SEALBOOK_RETURN_IF_ERROR(Persist([&]() -> absl::Status {
    SEALBOOK_ASSIGN_OR_RETURN(auto answers,
                              client.LookUp(fingerprint, {label}));
    SEALBOOK_ASSIGN_OR_RETURN(found, std::move(answers[0]));
    patience_.Answered();
    return absl::OkStatus();
  }));
  return *std::move(found);
}

absl::Status MonitorClient::Failure(const grpc::ClientContext& context,
                                    const grpc::Status& status) const {
  return WithRetryHint(ExplainRpc(status, endpoint_), RetryHintMs(context));
}

absl::Status MonitorClient::Persist(const std::function<absl::Status()>& step) {
  while (true) {
    const absl::Status status = step();
    const uint64_t hint = RetryHintMs(status);
    if (hint == 0 || !patience_.Wait(hint)) return status;
  }
}

absl::Status MonitorClient::Retry(const std::function<absl::Status()>& step) {
  absl::Status status;
  for (int moves = 0; moves < options_.max_moves; ++moves) {
    status = Persist(step);
    if (!absl::IsAborted(status)) break;
  }
  return status;
}

}  // namespace sealbook::client

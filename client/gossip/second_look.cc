#include "client/gossip/second_look.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "client/channel.h"
#include "client/exchange.h"

namespace sealbook::client {
namespace {

absl::StatusOr<RecentHeads> LookByAnotherWay(const State& state,
                                             const LogRecord& log,
                                             const Via& via,
                                             const SecondLookOptions& options,
                                             const Clock& clock,
                                             crypto::RandomSource& random) {
  Endpoint endpoint{.server = log.server};
  if (!options.ca_file.empty()) endpoint.server.ca_file = options.ca_file;
  SEALBOOK_ASSIGN_OR_RETURN(SecondChannel second,
                            OpenSecondChannel(via, endpoint, options.timeout_ms,
                                              random, options.stop));
  return ReadHeadsUnknown(log.configuration, second.endpoint(),
                          second.channel(), clock, options.timeout_ms,
                          state.evidence_folder(), options.stop);
}

// Whose error it is.
absl::Status ByAnotherWay(const absl::Status& status) {
  absl::Status result(status.code(),
                      absl::StrCat("by the other way: ", status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    result.SetPayload(url, payload);
  });
  return result;
}

}  // namespace

absl::Status KeepFork(const std::string& evidence_folder, const AskedLog& asked,
                      const RecentHeads& ours, const RecentHeads& theirs) {
  Exchange evidence = ours.exchange;
  Comparison comparison = CompareAnswers(ours.seen, theirs.seen);
  if (evidence.view.has_value()) {
    const absl::StatusOr<RecentHeads> anew = ReadHeadsUnknown(
        asked.log.configuration, asked.endpoint, asked.channel, asked.clock,
        asked.timeout_ms, evidence_folder, asked.stop);
    // One that shows something else to whoever it does not know proves less.
    if (anew.ok()) {
      Comparison again = CompareAnswers(anew->seen, theirs.seen);
      if (again.verdict == Verdict::kFork) {
        evidence = anew->exchange;
        comparison = std::move(again);
      }
    }
  }
  evidence.other = OtherAnswer{.request = theirs.exchange.request,
                               .response = theirs.exchange.response,
                               .time_ms = theirs.exchange.time_ms};
  return KeepEvidence(evidence_folder, evidence, RefuseFork(comparison));
}

absl::StatusOr<SecondLook> LookTwice(State& state, const LogRecord& log,
                                     const Via& via,
                                     const SecondLookOptions& options,
                                     const Clock& clock,
                                     crypto::RandomSource& random) {
  absl::StatusOr<RecentHeads> theirs =
      LookByAnotherWay(state, log, via, options, clock, random);
  if (!theirs.ok()) return ByAnotherWay(theirs.status());
  const Endpoint endpoint{.server = log.server};
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(endpoint));
  DistinguishedClient client(
      state, endpoint, channel, clock,
      {.timeout_ms = options.timeout_ms, .stop = options.stop});
  SEALBOOK_ASSIGN_OR_RETURN(RecentHeads ours,
                            client.ReadHeads(log.fingerprint));
  SecondLook look{.ours = std::move(ours),
                  .theirs = *std::move(theirs),
                  .comparison = {},
                  .fork = absl::OkStatus()};
  look.comparison = CompareAnswers(look.ours.seen, look.theirs.seen);
  if (look.comparison.verdict == Verdict::kFork) {
    look.fork = KeepFork(
        state.evidence_folder(),
        {log, endpoint, channel, clock, options.timeout_ms, options.stop},
        look.ours, look.theirs);
  }
  return look;
}

}  // namespace sealbook::client

// One question to the log and its answer, to the byte, as files that can be
// verified (`sealbook verify --from FOLDER`) by whoever trusts the
// configuration and has verified the view:
//
//   configuration.tls  Configuration ([KT] "Tree Head Signature")
//   request.tls        SearchRequest or another request of those below
//   and the answer, named by its kind:
//   response.tls       SearchResponse
//   absence.tls        AbsenceResponse
//   greatest.tls       SearchResponse to the request without its version, which
//                      does not exist
//   history.tls        HistoryResponse
//   as-of.tls          AsOfResponse
//   contact-monitor.tls, owner-init.tls, owner-monitor.tls, update.tls
//                      ContactMonitorResponse, OwnerInitResponse,
//                      OwnerMonitorResponse, UpdateResponse
//   distinguished.tls  DistinguishedResponse
//   time               when the answer was received: milliseconds since the
//                      Unix epoch, decimal
//   view.tls           TreeView that the request advertised; missing when it
//                      advertised none
//   owner.tls          of owner-monitor.tls and update.tls: the OwnerState that
//                      the request advertised (keytrans/owner_state.h)
//   keys.tls           of contact-monitor.tls: the LadderKeys retained
//   issuers/HASH.der   issuing certificates that came with the answer, each
//                      named by its SHA-256
//
// Evidence is the same, with
//   refusal.txt        the typed reason and the message, a line each
//   retained.tls       of a rollback or a fork: a TreeView that the log
//                      signed, too, and that the answer contradicts
//   other/             of a fork that two answers show: request.tls,
//                      distinguished.tls and time of the other one, which
//                      advertised no tree
//   heads.txt          of a fork that somebody else's heads show: their text,
//   heads.tls          or their DistinguishedHead
#ifndef SEALBOOK_CLIENT_EXCHANGE_H_
#define SEALBOOK_CLIENT_EXCHANGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sealbook::client {

// What kind of answer it is.
enum class AnswerKind {
  kFound,
  kAbsent,
  kNoSuchVersion,
  kHistory,
  kAsOf,
  kContactMonitor,
  kOwnerInit,
  kOwnerMonitor,
  kUpdate,
  kDistinguished,
};

// A DistinguishedRequest that advertised nothing, and its answer.
struct OtherAnswer {
  std::string request;
  std::string response;
  uint64_t time_ms = 0;

  friend bool operator==(const OtherAnswer&, const OtherAnswer&) = default;
};

// Bytes, parsed by nobody yet.
struct Exchange {
  std::string configuration;
  std::string request;
  std::string response;
  AnswerKind kind = AnswerKind::kFound;
  uint64_t time_ms = 0;
  std::optional<std::string> view;
  // Encoded; of the kinds that need them.
  std::optional<std::string> owner;
  std::optional<std::string> keys;
  std::vector<std::string> issuers;
  // Of evidence only: an encoded TreeView that had been verified before.
  std::optional<std::string> retained;
  // Of evidence of kDistinguished only: what contradicts it.
  std::optional<OtherAnswer> other;
  std::optional<std::string> heads_text;
  std::optional<std::string> bare_heads;

  friend bool operator==(const Exchange&, const Exchange&) = default;
};

// Makes `folder`, which must be empty if it exists. ALREADY_EXISTS: it is not.
// Others: as client/files.h.
absl::Status WriteExchange(const std::string& folder, const Exchange& exchange);

// Issuers in the order of their file names; one whose name is not its hash is
// INVALID_ARGUMENT, as is a folder with two answers, or a time that is no
// number. NOT_FOUND: a file is missing.
absl::StatusOr<Exchange> ReadExchange(const std::string& folder);

// The time in a `time` file, white space around it allowed. INVALID_ARGUMENT
// otherwise.
absl::StatusOr<uint64_t> ParseTime(const std::string& text);

// Keeps a refused answer below `folder`/REASON/, and returns `refusal` with the
// place in its message and as payload (EvidenceOf). The same answer is kept
// once, and at most kMaxEvidence a reason, so that a server cannot fill the
// disk. What goes wrong here is said in the message; the refusal stays.
// Requires: `refusal` carries a keytrans::RefusalReason.
inline constexpr int kMaxEvidence = 100;
absl::Status KeepEvidence(const std::string& folder, const Exchange& exchange,
                          const absl::Status& refusal);

// The folder of the evidence; absent when none was kept.
std::optional<std::string> EvidenceOf(const absl::Status& status);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_EXCHANGE_H_

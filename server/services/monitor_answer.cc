#include "server/services/monitor_answer.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/monitor_prover.h"
#include "server/services/raw_message.h"

namespace sealbook::server {
namespace {

// The draft's structure in the `request` of a Call.
template <typename Call, typename Request>
absl::StatusOr<Request> ReadCall(const grpc::ByteBuffer& bytes, Call& call) {
  SEALBOOK_RETURN_IF_ERROR(ReadMessage(bytes, call));
  SEALBOOK_ASSIGN_OR_RETURN(Request request, Request::Parse(call.request()));
  SEALBOOK_RETURN_IF_ERROR(CheckCanonical(request.label));
  return request;
}

// The caller could look the versions up: nobody else knows their openings. Who
// sends some is not counted among those who look addresses up, so that a wrong
// one must not tell whether there is such a version.
absl::Status CheckOpenings(const QueryParts& parts,
                           const ContactMonitorQuery& query) {
  if (query.openings.empty()) return absl::OkStatus();
  const keytrans::ContactMonitorRequest& request = query.request;
  std::vector<uint32_t> versions;
  versions.reserve(request.entries.size());
  for (const keytrans::MonitorMapEntry& entry : request.entries) {
    versions.push_back(entry.version);
  }
  SEALBOOK_ASSIGN_OR_RETURN(auto facts,
                            parts.log->ReadVersions(request.label, versions));
  for (size_t i = 0; i < versions.size(); ++i) {
    bool right = false;
    if (facts[i].has_value()) {
      SEALBOOK_ASSIGN_OR_RETURN(
          const keytrans::OpenedValue value,
          parts.log->ReadValue(request.label, versions[i], *facts[i]));
      right = value.opening == query.openings[i];
    }
    if (!right) {
      return absl::PermissionDeniedError(absl::StrCat(
          "openings[", i, "] is not the opening of version ", versions[i]));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ContactMonitorQuery> ReadContactMonitorCall(
    const grpc::ByteBuffer& bytes) {
  v1::ContactMonitorCall call;
  ContactMonitorQuery query;
  SEALBOOK_ASSIGN_OR_RETURN(
      query.request,
      (ReadCall<v1::ContactMonitorCall, keytrans::ContactMonitorRequest>(
          bytes, call)));
  const size_t expected = query.request.entries.size();
  if (call.openings_size() != 0 &&
      static_cast<size_t>(call.openings_size()) != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat("there are ", call.openings_size(), " openings for ",
                     expected, " entries: send one for each, or none"));
  }
  for (const std::string& opening : call.openings()) {
    SEALBOOK_ASSIGN_OR_RETURN(query.openings.emplace_back(),
                              crypto::Opening::FromBytes(opening));
  }
  return query;
}

absl::StatusOr<keytrans::OwnerInitRequest> ReadOwnerInitCall(
    const grpc::ByteBuffer& bytes) {
  v1::OwnerInitCall call;
  return ReadCall<v1::OwnerInitCall, keytrans::OwnerInitRequest>(bytes, call);
}

absl::StatusOr<keytrans::OwnerMonitorRequest> ReadOwnerMonitorCall(
    const grpc::ByteBuffer& bytes) {
  v1::OwnerMonitorCall call;
  return ReadCall<v1::OwnerMonitorCall, keytrans::OwnerMonitorRequest>(bytes,
                                                                       call);
}

absl::StatusOr<v1::ContactMonitorAnswer> AnswerContactMonitor(
    const QueryParts& parts, const SignedHead& head,
    const ContactMonitorQuery& query) {
  SEALBOOK_RETURN_IF_ERROR(CheckSeen(query.request.last, head));
  SEALBOOK_RETURN_IF_ERROR(CheckOpenings(parts, query));
  v1::ContactMonitorAnswer answer;
  SEALBOOK_ASSIGN_OR_RETURN(
      *answer.mutable_response(),
      keytrans::AnswerContactMonitor(*parts.log, *parts.configuration,
                                     head.TreeHead(), query.request));
  return answer;
}

absl::StatusOr<v1::OwnerInitAnswer> AnswerOwnerInit(
    const QueryParts& parts, const SignedHead& head,
    const keytrans::OwnerInitRequest& request) {
  SEALBOOK_RETURN_IF_ERROR(CheckSeen(request.last, head));
  v1::OwnerInitAnswer answer;
  SEALBOOK_ASSIGN_OR_RETURN(
      *answer.mutable_response(),
      keytrans::AnswerOwnerInit(*parts.log, *parts.configuration,
                                head.TreeHead(), request));
  return answer;
}

absl::StatusOr<v1::OwnerMonitorAnswer> AnswerOwnerMonitor(
    const QueryParts& parts, const SignedHead& head,
    const keytrans::OwnerMonitorRequest& request) {
  SEALBOOK_RETURN_IF_ERROR(CheckSeen(request.last, head));
  v1::OwnerMonitorAnswer answer;
  SEALBOOK_ASSIGN_OR_RETURN(
      *answer.mutable_response(),
      keytrans::AnswerOwnerMonitor(*parts.log, *parts.configuration,
                                   head.TreeHead(), request));
  return answer;
}

}  // namespace sealbook::server

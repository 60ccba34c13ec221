#include "server/services/search_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/directory_entry.h"
#include "server/services/grpc_status.h"
#include "server/services/raw_message.h"
#include "smime/address.h"

namespace sealbook::server {
namespace {

constexpr uint64_t kRetryAfterMs = 500;

// Only canonical addresses are labels. Folding here would hide from the caller
// under which label the answer was proved.
absl::Status CheckCanonical(absl::string_view label) {
  absl::StatusOr<smime::Address> address = smime::Address::Parse(label);
  if (!address.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the label is not an e-mail address: ", address.status().message()));
  }
  if (address->label() != label) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the label \"", absl::CHexEscape(label),
        "\" is not canonical: A-Z in lower case, the domain in lower-case "
        "A-labels without a trailing dot; ask for \"",
        absl::CHexEscape(address->label()), "\""));
  }
  return absl::OkStatus();
}

absl::StatusOr<keytrans::SearchRequest> ReadRequest(
    const grpc::ByteBuffer& bytes) {
  v1::SearchCall call;
  SEALBOOK_RETURN_IF_ERROR(ReadMessage(bytes, call));
  SEALBOOK_ASSIGN_OR_RETURN(keytrans::SearchRequest request,
                            keytrans::SearchRequest::Parse(call.request()));
  SEALBOOK_RETURN_IF_ERROR(CheckCanonical(request.label));
  return request;
}

}  // namespace

grpc::ServerUnaryReactor* SearchService::Search(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* call,
    grpc::ByteBuffer* answer) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<keytrans::SearchRequest> request = ReadRequest(*call);
  if (!request.ok()) {
    reactor->Finish(ToGrpcStatus(request.status()));
    return reactor;
  }

  auto task = [this, context, reactor, answer,
               request = *std::move(request)]() {
    // Nobody waits for the answer any more: the deadline passed in the queue.
    if (context->IsCancelled()) {
      reactor->Finish(grpc::Status::CANCELLED);
      return;
    }
    v1::SearchAnswer message;
    const absl::Status status = Answer(request, message);
    if (!status.ok()) LogFailure("Search", request.label, status);
    reactor->Finish(status.ok() ? WriteMessage(message, *answer)
                                : ToGrpcStatus(status));
  };
  if (!parts_.queue->TryPost(std::move(task))) {
    reactor->Finish(
        Overloaded(*context, "too many look-ups are waiting", kRetryAfterMs));
  }
  return reactor;
}

absl::Status SearchService::Answer(const keytrans::SearchRequest& request,
                                   v1::SearchAnswer& answer) {
  // Held while this request is answered, whatever is published meanwhile.
  const std::shared_ptr<const SignedHead> head = parts_.visible_head->Get();
  if (head == nullptr) {
    return absl::UnavailableError("no tree head has been signed yet");
  }
  if (request.last.has_value() && *request.last > head->tree_size) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the request says that a tree of size ", *request.last,
        " was seen, but the newest tree here has size ", head->tree_size));
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::SearchAnswer found,
      keytrans::AnswerSearch(*parts_.log, *parts_.configuration,
                             head->TreeHead(), request));
  if (!found.found) {
    *answer.mutable_absence() = std::move(found.bytes);
    return absl::OkStatus();
  }
  *answer.mutable_response() = std::move(found.bytes);
  return AddIssuers(found.value, answer);
}

absl::Status SearchService::AddIssuers(absl::string_view value,
                                       v1::SearchAnswer& answer) {
  absl::StatusOr<v1::DirectoryEntry> entry = ParseDirectoryEntry(value);
  if (!entry.ok()) {
    // The value is stored, so its damage is ours and not the caller's.
    return absl::DataLossError(absl::StrCat("a stored value does not decode: ",
                                            entry.status().message()));
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      std::vector<std::shared_ptr<const std::string>> issuers,
      parts_.issuers->Read(IssuersOf(*entry)));
  for (const std::shared_ptr<const std::string>& der : issuers) {
    answer.add_issuers(*der);
  }
  return absl::OkStatus();
}

}  // namespace sealbook::server

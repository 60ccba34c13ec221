#include "client/ldap/session.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "client/ldap/entries.h"
#include "client/ldap/trouble.h"
#include "client/ldap/usable.h"
#include "client/words.h"

namespace sealbook::client::ldap {
namespace {

absl::Status SendResult(int32_t id, BerTag tag, const Result& result,
                        const Session::Send& send) {
  SEALBOOK_ASSIGN_OR_RETURN(std::string bytes, EncodeResult(id, tag, result));
  return send(bytes);
}

// Says why the connection ends; it ends in any case.
void SendDisconnection(const Result& result, const Session::Send& send) {
  absl::StatusOr<std::string> bytes = EncodeDisconnection(result);
  if (bytes.ok()) (void)send(*bytes);
}

// The first control that must not be left out of account.
const Control* FindCritical(const std::vector<Control>& controls) {
  const auto found =
      std::find_if(controls.begin(), controls.end(),
                   [](const Control& control) { return control.critical; });
  return found == controls.end() ? nullptr : &*found;
}

bool HasControls(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char byte) {
    return byte < 0x20 || byte == 0x7f;
  });
}

// The directory itself or its schema, if that is what is searched.
const Entry* FindOwnEntry(const SearchRequest& search) {
  static const Entry* const kRoot = new Entry(RootEntry(kSealbookVersion));
  static const Entry* const kSubschema = new Entry(SubschemaEntry());
  if (search.scope != Scope::kBase) return nullptr;
  if (search.base.empty()) return kRoot;
  if (absl::EqualsIgnoreCase(search.base, kSubschemaDn)) return kSubschema;
  return nullptr;
}

// What is to be known of an answer without a certificate.
std::string WhyEmpty(const Proven& proven) {
  return absl::StrCat(
      proven.label, ": proven, in a log of ", proven.tree_size, " entries: ",
      !proven.entry.has_value() ? "no certificate, and never had one"
      : proven.entry->certificates().empty()
          ? "no certificate now"
          : "no certificate that may be used now (see `sealbook lookup`)");
}

}  // namespace

bool Session::Answer(absl::string_view bytes, const Send& send) {
  absl::StatusOr<Message> message = ParseMessage(bytes);
  if (!message.ok()) {
    SendDisconnection(
        {ResultCode::kProtocolError, std::string(message.status().message())},
        send);
    return false;
  }
  if (std::holds_alternative<UnbindRequest>(message->operation)) return false;
  return Handle(*message, send).ok();
}

bool Session::AnswerTooLarge(absl::string_view start, size_t size,
                             const Send& send) {
  const Result result = {
      ResultCode::kAdminLimitExceeded,
      absl::StrCat("the request has ", size, " bytes, which is too many")};
  absl::StatusOr<Message> message = RefuseByStart(start, result);
  if (!message.ok()) {
    SendDisconnection({ResultCode::kProtocolError, result.text}, send);
    return false;
  }
  return Handle(*message, send).ok();
}

absl::Status Session::Handle(const Message& message, const Send& send) {
  const Control* critical = FindCritical(message.controls);
  return std::visit(
      [&](const auto& operation) -> absl::Status {
        using Operation = std::decay_t<decltype(operation)>;
        const auto refuse_control = [&](BerTag tag) {
          return SendResult(
              message.id, tag,
              {ResultCode::kUnavailableCriticalExtension,
               absl::StrCat("there is no control ", Printable(critical->oid))},
              send);
        };
        if constexpr (std::is_same_v<Operation, BindRequest>) {
          if (critical != nullptr) return refuse_control(kBindResponseTag);
          return HandleBind(message.id, operation, send);
        } else if constexpr (std::is_same_v<Operation, SearchRequest>) {
          if (critical != nullptr) return refuse_control(kSearchDoneTag);
          return HandleSearch(message.id, operation, send);
        } else if constexpr (std::is_same_v<Operation, ExtendedRequest>) {
          if (critical != nullptr) return refuse_control(kExtendedResponseTag);
          return HandleExtended(message.id, operation, send);
        } else if constexpr (std::is_same_v<Operation, RefusedRequest>) {
          return SendResult(message.id, operation.response_tag,
                            operation.result, send);
        } else {
          // An abandoned search was answered before this was read.
          return absl::OkStatus();
        }
      },
      message.operation);
}

absl::Status Session::HandleBind(int32_t id, const BindRequest& bind,
                                 const Send& send) {
  Result result;
  if (bind.version != 3) {
    result = {ResultCode::kProtocolError,
              absl::StrCat("this is LDAP version 3, not ", bind.version)};
  } else if (!bind.simple) {
    result = {ResultCode::kAuthMethodNotSupported,
              "there are no accounts here: bind anonymously, without SASL"};
  } else if (bind.has_password) {
    result = {ResultCode::kInvalidCredentials,
              "there are no accounts here: bind anonymously"};
  } else if (!bind.name.empty()) {
    // RFC 4513, 5.1.2: a name without a password is a mistake.
    result = {ResultCode::kUnwillingToPerform,
              "there are no accounts here: bind anonymously, without a name"};
  }
  return SendResult(id, kBindResponseTag, result, send);
}

absl::Status Session::HandleExtended(int32_t id, const ExtendedRequest& request,
                                     const Send& send) {
  if (request.oid == kWhoAmIOid) {
    // RFC 4532: nobody.
    SEALBOOK_ASSIGN_OR_RETURN(std::string bytes, EncodeExtendedValue(id, ""));
    return send(bytes);
  }
  return SendResult(
      id, kExtendedResponseTag,
      {ResultCode::kProtocolError,
       absl::StrCat("there is no operation ", Printable(request.oid),
                    "; for TLS there is ldaps")},
      send);
}

absl::Status Session::HandleSearch(int32_t id, const SearchRequest& search,
                                   const Send& send) {
  std::vector<Entry> entries;
  Result result;
  absl::StatusOr<Question> question = QuestionOf(search.filter);
  if (!question.ok()) {
    result = {ResultCode::kAdminLimitExceeded,
              std::string(question.status().message())};
  } else if (const Entry* own = FindOwnEntry(search);
             own != nullptr && question->addresses.empty()) {
    entries.push_back(*own);
  } else if (HasControls(search.base)) {
    result = {ResultCode::kInvalidDnSyntax,
              "the base of the search holds control characters"};
  } else if (!question->addresses.empty()) {
    result = LookUp(search, *question, entries);
  } else if (search.scope == Scope::kBase && question->Empty()) {
    entries = MakeIssuerEntries(search.base, issuers_.Find(search.base));
  } else if (!question->not_addresses.empty()) {
    result = {ResultCode::kInvalidAttributeSyntax, question->not_addresses[0]};
  }
  if (search.size_limit > 0 && entries.size() > search.size_limit) {
    entries.resize(search.size_limit);
    result.code = ResultCode::kSizeLimitExceeded;
  }
  for (const Entry& entry : entries) {
    SEALBOOK_ASSIGN_OR_RETURN(
        std::string bytes,
        EncodeEntry(id, Select(entry, search.attributes), search.types_only));
    SEALBOOK_RETURN_IF_ERROR(send(bytes));
  }
  return SendResult(id, kSearchDoneTag, result, send);
}

Result Session::LookUp(const SearchRequest& search, const Question& question,
                       std::vector<Entry>& entries) {
  std::vector<std::string> notes = question.not_addresses;
  std::vector<smime::Address> served;
  for (const smime::Address& address : question.addresses) {
    if (lookups_.Serves(address)) {
      served.push_back(address);
    } else {
      notes.push_back(absl::StrCat(address.label(),
                                   ": NOT looked up, there is no directory for "
                                   "its mail domain"));
    }
  }
  if (served.empty()) return {ResultCode::kNoSuchObject, notes.back()};
  const Directory::Answers answers =
      lookups_.LookUp(served, DeadlineOf(search));
  std::vector<std::vector<Entry>> of_each;
  for (size_t i = 0; i < served.size(); ++i) {
    if (!answers[i].ok()) {
      Result result = ResultOf(answers[i].status());
      result.text = absl::StrCat(served[i].label(), ": ", result.text);
      return result;
    }
    of_each.push_back(EntriesOf(served[i], **answers[i], search.base));
    if (of_each.back().empty()) notes.push_back(WhyEmpty(**answers[i]));
  }
  entries = InterleaveEntries(std::move(of_each));
  return {ResultCode::kSuccess, absl::StrJoin(notes, "; ")};
}

std::vector<Entry> Session::EntriesOf(const smime::Address& address,
                                      const Proven& proven,
                                      absl::string_view base) {
  if (!proven.entry.has_value()) return {};
  const auto now_ms = static_cast<int64_t>(clock_());
  const std::shared_ptr<const Usable> usable = judge_.Judge(
      *proven.entry, proven.issuers, address, now_ms, proven.usable);
  for (const UsableCertificate& certificate : usable->certificates) {
    issuers_.Remember(certificate.intermediates);
  }
  return MakeEntries(address, usable->certificates, base);
}

Deadline Session::DeadlineOf(const SearchRequest& search) const {
  std::chrono::milliseconds patience = options_.patience;
  if (search.time_limit_s > 0) {
    patience = std::min<std::chrono::milliseconds>(
        patience, std::chrono::seconds(search.time_limit_s));
  }
  return std::chrono::steady_clock::now() + patience;
}

}  // namespace sealbook::client::ldap

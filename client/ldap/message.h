// LDAP messages (RFC 4511, 4.1.1): requests as they are read, and the answers
// to them.
//
//   SEALBOOK_ASSIGN_OR_RETURN(Message message, ParseMessage(bytes));
//   if (auto* search = std::get_if<SearchRequest>(&message.operation)) ...
//     EncodeEntry(message.id, entry, search->types_only);
//     EncodeResult(message.id, kSearchDoneTag, {ResultCode::kSuccess, ""});
#ifndef SEALBOOK_CLIENT_LDAP_MESSAGE_H_
#define SEALBOOK_CLIENT_LDAP_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/ldap/ber.h"
#include "client/ldap/filter.h"

namespace sealbook::client::ldap {

// RFC 4511, 4.1.9 and appendix A.
enum class ResultCode : int32_t {
  kSuccess = 0,
  kProtocolError = 2,
  kTimeLimitExceeded = 3,
  kSizeLimitExceeded = 4,
  kAuthMethodNotSupported = 7,
  kAdminLimitExceeded = 11,
  kUnavailableCriticalExtension = 12,
  kInvalidAttributeSyntax = 21,
  kNoSuchObject = 32,
  kInvalidDnSyntax = 34,
  kInvalidCredentials = 49,
  kBusy = 51,
  kUnavailable = 52,
  kUnwillingToPerform = 53,
  kOther = 80,
};

struct Result {
  ResultCode code = ResultCode::kSuccess;
  // For people: what is wrong and what to do.
  std::string text;
};

enum class Scope { kBase = 0, kOneLevel = 1, kSubtree = 2 };

struct BindRequest {
  int32_t version = 0;
  std::string name;
  // Else SASL.
  bool simple = false;
  // What it is, nobody needs to know.
  bool has_password = false;
};

struct UnbindRequest {};

struct AbandonRequest {};

struct SearchRequest {
  std::string base;
  Scope scope = Scope::kSubtree;
  // 0: none.
  uint32_t size_limit = 0;
  uint32_t time_limit_s = 0;
  bool types_only = false;
  Filter filter;
  // Empty: all.
  std::vector<std::string> attributes;
};

struct ExtendedRequest {
  std::string oid;
};

// A request that nothing is done about: of an operation that changes
// something, or a search beyond the limits.
struct RefusedRequest {
  BerTag response_tag = 0;
  Result result;
};

struct Control {
  std::string oid;
  bool critical = false;
};

struct Message {
  // 1 to 2^31-1.
  int32_t id = 0;
  std::variant<BindRequest, UnbindRequest, AbandonRequest, SearchRequest,
               ExtendedRequest, RefusedRequest>
      operation;
  std::vector<Control> controls;
};

// Tags of responses.
inline constexpr BerTag kBindResponseTag = 0x61;
inline constexpr BerTag kSearchEntryTag = 0x64;
inline constexpr BerTag kSearchDoneTag = 0x65;
inline constexpr BerTag kExtendedResponseTag = 0x78;

// More attributes of a search are refused.
inline constexpr size_t kMaxAttributes = 200;
inline constexpr size_t kMaxBaseBytes = 8192;

// `bytes`: one whole message. INVALID_ARGUMENT: it cannot be told what is
// asked, or by which id, so that the connection must end (RFC 4511, 4.1.1). A
// known operation that is malformed inside or beyond the limits is a
// RefusedRequest.
absl::StatusOr<Message> ParseMessage(absl::string_view bytes);

// The refusal of a message of which only the `start` was kept. INVALID_ARGUMENT
// as ParseMessage.
absl::StatusOr<Message> RefuseByStart(absl::string_view start, Result result);

// An entry to be sent.
struct Attribute {
  // With options: "userCertificate;binary".
  std::string name;
  std::vector<std::string> values;

  friend bool operator==(const Attribute&, const Attribute&) = default;
};
struct Entry {
  std::string dn;
  std::vector<Attribute> attributes;

  friend bool operator==(const Entry&, const Entry&) = default;
};

absl::StatusOr<std::string> EncodeEntry(int32_t id, const Entry& entry,
                                        bool types_only);
// `tag` is the response's.
absl::StatusOr<std::string> EncodeResult(int32_t id, BerTag tag,
                                         const Result& result);
// An ExtendedResponse with a value (RFC 4532: who somebody is).
absl::StatusOr<std::string> EncodeExtendedValue(int32_t id,
                                                absl::string_view value);
// Says why the connection ends (RFC 4511, 4.4.1).
absl::StatusOr<std::string> EncodeDisconnection(const Result& result);

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_MESSAGE_H_

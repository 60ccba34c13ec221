#include "client/ldap/message.h"

#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/words.h"

namespace sealbook::client::ldap {
namespace {

constexpr BerTag kBindTag = 0x60;
constexpr BerTag kUnbindTag = 0x42;
constexpr BerTag kSearchTag = 0x63;
constexpr BerTag kAbandonTag = 0x50;
constexpr BerTag kExtendedTag = 0x77;
constexpr BerTag kControlsTag = 0xa0;

constexpr char kNoticeOfDisconnection[] = "1.3.6.1.4.1.1466.20036";

// The response to each request that has one.
std::optional<BerTag> ResponseTag(BerTag request) {
  switch (request) {
    case kBindTag:
      return kBindResponseTag;
    case kSearchTag:
      return kSearchDoneTag;
    case 0x66:  // Modify.
      return 0x67;
    case 0x68:  // Add.
      return 0x69;
    case 0x4a:  // Delete.
      return 0x6b;
    case 0x6c:  // Modify DN.
      return 0x6d;
    case 0x6e:  // Compare.
      return 0x6f;
    case kExtendedTag:
      return kExtendedResponseTag;
    default:
      return std::nullopt;
  }
}

using Operation = decltype(Message::operation);

absl::StatusOr<Operation> ParseBind(absl::string_view content) {
  BerReader reader(content);
  BindRequest bind;
  SEALBOOK_ASSIGN_OR_RETURN(bind.version, reader.ReadInt());
  SEALBOOK_ASSIGN_OR_RETURN(absl::string_view name, reader.Read(kBerString));
  SEALBOOK_ASSIGN_OR_RETURN(BerItem credentials, reader.Read());
  bind.name = std::string(name);
  bind.simple = credentials.tag == 0x80;
  bind.has_password = bind.simple && !credentials.content.empty();
  return bind;
}

absl::StatusOr<uint32_t> ReadLimit(BerReader& reader) {
  SEALBOOK_ASSIGN_OR_RETURN(int32_t limit, reader.ReadInt());
  if (limit < 0) {
    return absl::InvalidArgumentError(absl::StrCat("a limit of ", limit));
  }
  return static_cast<uint32_t>(limit);
}

absl::StatusOr<std::vector<std::string>> ParseAttributes(
    absl::string_view content) {
  std::vector<std::string> attributes;
  for (BerReader reader(content); !reader.AtEnd();) {
    SEALBOOK_ASSIGN_OR_RETURN(absl::string_view name, reader.Read(kBerString));
    if (attributes.size() == kMaxAttributes) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "the search names more than ", kMaxAttributes, " attributes"));
    }
    attributes.emplace_back(name);
  }
  return attributes;
}

absl::StatusOr<Operation> ParseSearch(absl::string_view content) {
  BerReader reader(content);
  SearchRequest search;
  SEALBOOK_ASSIGN_OR_RETURN(absl::string_view base, reader.Read(kBerString));
  if (base.size() > kMaxBaseBytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the base of the search has more than ", kMaxBaseBytes, " bytes"));
  }
  search.base = std::string(base);
  SEALBOOK_ASSIGN_OR_RETURN(int32_t scope, reader.ReadInt(kBerEnumerated));
  if (scope < 0 || scope > 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no scope ", scope));
  }
  search.scope = static_cast<Scope>(scope);
  SEALBOOK_RETURN_IF_ERROR(reader.ReadInt(kBerEnumerated).status());
  SEALBOOK_ASSIGN_OR_RETURN(search.size_limit, ReadLimit(reader));
  SEALBOOK_ASSIGN_OR_RETURN(search.time_limit_s, ReadLimit(reader));
  SEALBOOK_ASSIGN_OR_RETURN(search.types_only, reader.ReadBool());
  SEALBOOK_ASSIGN_OR_RETURN(BerItem filter, reader.Read());
  SEALBOOK_ASSIGN_OR_RETURN(search.filter, ParseFilter(filter));
  SEALBOOK_ASSIGN_OR_RETURN(absl::string_view attributes,
                            reader.Read(kBerSequence));
  SEALBOOK_ASSIGN_OR_RETURN(search.attributes, ParseAttributes(attributes));
  return search;
}

absl::StatusOr<Operation> ParseExtended(absl::string_view content) {
  BerReader reader(content);
  SEALBOOK_ASSIGN_OR_RETURN(absl::string_view oid, reader.Read(0x80));
  return ExtendedRequest{.oid = std::string(oid)};
}

absl::StatusOr<Operation> ParseOperation(const BerItem& item) {
  switch (item.tag) {
    case kBindTag:
      return ParseBind(item.content);
    case kUnbindTag:
      return UnbindRequest{};
    case kSearchTag:
      return ParseSearch(item.content);
    case kAbandonTag:
      return AbandonRequest{};
    case kExtendedTag:
      return ParseExtended(item.content);
    default:
      return RefusedRequest{
          .response_tag = *ResponseTag(item.tag),
          .result = {ResultCode::kUnwillingToPerform,
                     "this is a gateway to a log: it can only be searched"}};
  }
}

absl::StatusOr<std::vector<Control>> ParseControls(absl::string_view content) {
  std::vector<Control> controls;
  for (BerReader reader(content); !reader.AtEnd();) {
    SEALBOOK_ASSIGN_OR_RETURN(absl::string_view one, reader.Read(kBerSequence));
    BerReader parts(one);
    SEALBOOK_ASSIGN_OR_RETURN(absl::string_view oid, parts.Read(kBerString));
    Control control{.oid = std::string(oid)};
    if (!parts.AtEnd()) {
      SEALBOOK_ASSIGN_OR_RETURN(BerItem next, parts.Read());
      control.critical = next.tag == kBerBoolean && next.content.size() == 1 &&
                         next.content[0] != 0;
    }
    if (controls.size() == kMaxAttributes) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "the request has more than ", kMaxAttributes, " controls"));
    }
    controls.push_back(std::move(control));
  }
  return controls;
}

// The id of a message, from the start of its content.
absl::StatusOr<int32_t> ReadId(BerReader& reader) {
  SEALBOOK_ASSIGN_OR_RETURN(int32_t id, reader.ReadInt());
  if (id < 1) {
    return absl::InvalidArgumentError(absl::StrCat("a message with id ", id));
  }
  return id;
}

Result RefusalOf(const absl::Status& status) {
  return {absl::IsResourceExhausted(status) ? ResultCode::kAdminLimitExceeded
                                            : ResultCode::kProtocolError,
          std::string(status.message())};
}

absl::Status UnknownOperation(BerTag tag) {
  return absl::InvalidArgumentError(
      absl::StrCat("there is no LDAP request with the tag 0x", absl::Hex(tag)));
}

void AddResult(BerWriter& writer, const Result& result) {
  writer.AddInt(static_cast<int32_t>(result.code), kBerEnumerated)
      .AddString("")
      .AddString(result.text);
}

}  // namespace

absl::StatusOr<Message> ParseMessage(absl::string_view bytes) {
  // liblber would take longer lengths than a message may have.
  SEALBOOK_RETURN_IF_ERROR(BerMessageSize(bytes).status());
  BerReader outer(bytes);
  SEALBOOK_ASSIGN_OR_RETURN(absl::string_view content,
                            outer.Read(kBerSequence));
  BerReader reader(content);
  Message message;
  SEALBOOK_ASSIGN_OR_RETURN(message.id, ReadId(reader));
  SEALBOOK_ASSIGN_OR_RETURN(BerItem item, reader.Read());
  const std::optional<BerTag> response_tag = ResponseTag(item.tag);
  if (!response_tag.has_value() && item.tag != kUnbindTag &&
      item.tag != kAbandonTag) {
    return UnknownOperation(item.tag);
  }
  absl::StatusOr<Operation> operation = ParseOperation(item);
  absl::Status status = operation.status();
  if (status.ok()) message.operation = *std::move(operation);
  if (status.ok() && !reader.AtEnd()) {
    SEALBOOK_ASSIGN_OR_RETURN(BerItem next, reader.Read());
    absl::StatusOr<std::vector<Control>> controls;
    if (next.tag == kControlsTag) controls = ParseControls(next.content);
    // What else may stand there is for later versions of the protocol.
    if (next.tag == kControlsTag) status = controls.status();
    if (controls.ok()) message.controls = *std::move(controls);
  }
  if (!status.ok()) {
    if (!response_tag.has_value()) return status;
    message.operation = RefusedRequest{*response_tag, RefusalOf(status)};
  }
  return message;
}

absl::StatusOr<Message> RefuseByStart(absl::string_view start, Result result) {
  // The outer element and the operation are cut, so that only their headers can
  // be read: a byte of tag, and one of length with as many more as it says.
  const auto skip_header = [](absl::string_view& bytes) {
    if (bytes.size() < 2) return false;
    const auto length = static_cast<uint8_t>(bytes[1]);
    const size_t more = length < 0x80 ? 0 : length & 0x7f;
    if (bytes.size() < 2 + more) return false;
    bytes.remove_prefix(2 + more);
    return true;
  };
  if (!skip_header(start) || start.size() < 2 ||
      start.size() < size_t{2} + static_cast<uint8_t>(start[1])) {
    return absl::InvalidArgumentError("a message without an id");
  }
  const size_t id_size = size_t{2} + static_cast<uint8_t>(start[1]);
  BerReader reader(start.substr(0, id_size));
  Message message;
  SEALBOOK_ASSIGN_OR_RETURN(message.id, ReadId(reader));
  start.remove_prefix(id_size);
  const BerTag tag = start.empty() ? 0 : static_cast<uint8_t>(start[0]);
  const std::optional<BerTag> response_tag = ResponseTag(tag);
  if (!response_tag.has_value()) return UnknownOperation(tag);
  message.operation = RefusedRequest{*response_tag, std::move(result)};
  return message;
}

absl::StatusOr<std::string> EncodeEntry(int32_t id, const Entry& entry,
                                        bool types_only) {
  BerWriter writer;
  writer.Begin().AddInt(id).Begin(kSearchEntryTag).AddString(entry.dn).Begin();
  for (const Attribute& attribute : entry.attributes) {
    writer.Begin().AddString(attribute.name).Begin(kBerSet);
    if (!types_only) {
      for (const std::string& value : attribute.values) writer.AddString(value);
    }
    writer.End().End();
  }
  writer.End().End().End();
  return writer.Finish();
}

absl::StatusOr<std::string> EncodeResult(int32_t id, BerTag tag,
                                         const Result& result) {
  BerWriter writer;
  writer.Begin().AddInt(id).Begin(tag);
  AddResult(writer, result);
  writer.End().End();
  return writer.Finish();
}

absl::StatusOr<std::string> EncodeExtendedValue(int32_t id,
                                                absl::string_view value) {
  BerWriter writer;
  writer.Begin().AddInt(id).Begin(kExtendedResponseTag);
  AddResult(writer, {});
  writer.AddString(value, 0x8b).End().End();
  return writer.Finish();
}

absl::StatusOr<std::string> EncodeDisconnection(const Result& result) {
  BerWriter writer;
  writer.Begin().AddInt(0).Begin(kExtendedResponseTag);
  AddResult(writer, result);
  writer.AddString(kNoticeOfDisconnection, 0x8a).End().End();
  return writer.Finish();
}

}  // namespace sealbook::client::ldap

#include "client/ldap/testing/requests.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sealbook::client::ldap {
namespace {

std::string Number(uint8_t tag, int32_t value) {
  BerWriter writer;
  writer.AddInt(value, tag);
  return *writer.Finish();
}

Response ParseResponse(const BerItem& item, int32_t id) {
  Response response{.id = id, .tag = item.tag};
  BerReader reader(item.content);
  if (item.tag != kSearchEntryTag) {
    response.code = *reader.ReadInt(kBerEnumerated);
    reader.Read(kBerString).value();
    response.text = std::string(*reader.Read(kBerString));
    while (!reader.AtEnd()) {
      absl::StrAppend(&response.extra, reader.Read()->content, ";");
    }
    return response;
  }
  response.entry.dn = std::string(*reader.Read(kBerString));
  BerReader attributes(*reader.Read(kBerSequence));
  while (!attributes.AtEnd()) {
    BerReader parts(*attributes.Read(kBerSequence));
    Attribute attribute{.name = std::string(*parts.Read(kBerString))};
    BerReader values(*parts.Read(kBerSet));
    while (!values.AtEnd()) {
      attribute.values.emplace_back(*values.Read(kBerString));
    }
    response.entry.attributes.push_back(attribute);
  }
  return response;
}

}  // namespace

std::string Tlv(uint8_t tag, absl::string_view content) {
  BerWriter writer;
  writer.AddString(content, tag);
  return *writer.Finish();
}

std::string Equal(absl::string_view attribute, absl::string_view value) {
  return Tlv(0xa3, absl::StrCat(Tlv(0x04, attribute), Tlv(0x04, value)));
}

std::string Within(absl::string_view attribute, absl::string_view value) {
  return Tlv(0xa4,
             absl::StrCat(Tlv(0x04, attribute), Tlv(0x30, Tlv(0x81, value))));
}

std::string Present(absl::string_view attribute) {
  return Tlv(0x87, attribute);
}

std::string Or(const std::vector<std::string>& parts) {
  return Tlv(0xa1, absl::StrJoin(parts, ""));
}

std::string And(const std::vector<std::string>& parts) {
  return Tlv(0xa0, absl::StrJoin(parts, ""));
}

std::string Not(const std::string& part) { return Tlv(0xa2, part); }

std::string GpgsmFilter(absl::string_view text) {
  return Or(
      {Within("sn", text), Or({Within("cn", text), Within("mail", text)})});
}

std::string KeystrokeFilter(absl::string_view text) {
  return Or({Within("cn", text), Within("mail", text),
             Within("givenName", text), Within("sn", text)});
}

std::string Request(int32_t id, absl::string_view operation,
                    absl::string_view controls) {
  return Tlv(0x30, absl::StrCat(Number(0x02, id), operation,
                                controls.empty() ? "" : Tlv(0xa0, controls)));
}

std::string Search(int32_t id, absl::string_view filter,
                   const SearchOptions& options) {
  std::string attributes;
  for (const std::string& name : options.attributes) {
    attributes += Tlv(0x04, name);
  }
  return Request(
      id,
      Tlv(0x63,
          absl::StrCat(
              Tlv(0x04, options.base), Number(0x0a, options.scope),
              Number(0x0a, 0), Number(0x02, options.size_limit),
              Number(0x02, options.time_limit_s),
              Tlv(0x01, options.types_only ? "\xff" : absl::string_view("", 1)),
              filter, Tlv(0x30, attributes))),
      options.controls);
}

std::string Bind(int32_t id, int version, absl::string_view name,
                 absl::string_view password) {
  return Request(id,
                 Tlv(0x60, absl::StrCat(Number(0x02, version), Tlv(0x04, name),
                                        Tlv(0x80, password))));
}

std::string ControlOf(absl::string_view oid, bool critical) {
  return Tlv(0x30,
             absl::StrCat(Tlv(0x04, oid), critical ? Tlv(0x01, "\xff") : ""));
}

std::vector<Response> ParseResponses(absl::string_view bytes) {
  std::vector<Response> responses;
  for (BerReader outer(bytes); !outer.AtEnd();) {
    BerReader reader(*outer.Read(kBerSequence));
    const int32_t id = *reader.ReadInt();
    responses.push_back(ParseResponse(*reader.Read(), id));
  }
  return responses;
}

}  // namespace sealbook::client::ldap

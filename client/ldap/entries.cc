#include "client/ldap/entries.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sealbook::client::ldap {
namespace {

// What entries here can have, from RFC 4512, 4519, 4523, 4524 and 2798.
constexpr char kObjectClassType[] =
    "( 2.5.4.0 NAME 'objectClass' EQUALITY objectIdentifierMatch "
    "SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )";
constexpr char kCnType[] =
    "( 2.5.4.3 NAME ( 'cn' 'commonName' ) EQUALITY caseIgnoreMatch "
    "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )";
constexpr char kSnType[] =
    "( 2.5.4.4 NAME ( 'sn' 'surname' ) EQUALITY caseIgnoreMatch "
    "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )";
constexpr char kMailType[] =
    "( 0.9.2342.19200300.100.1.3 NAME ( 'mail' 'rfc822Mailbox' ) "
    "EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26{256} )";
constexpr char kUserCertificateType[] =
    "( 2.5.4.36 NAME 'userCertificate' EQUALITY certificateExactMatch "
    "SYNTAX 1.3.6.1.4.1.1466.115.121.1.8 )";
constexpr char kTopClass[] = "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )";
constexpr char kPersonClass[] =
    "( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) )";
constexpr char kOrganizationalPersonClass[] =
    "( 2.5.6.7 NAME 'organizationalPerson' SUP person STRUCTURAL )";
constexpr char kInetOrgPersonClass[] =
    "( 2.16.840.1.113730.3.2.2 NAME 'inetOrgPerson' SUP organizationalPerson "
    "STRUCTURAL MAY ( mail $ userCertificate ) )";

// A value within a DN (RFC 4514, 2.4). Labels have no control characters.
std::string EscapeDnValue(absl::string_view value) {
  std::string escaped;
  for (size_t i = 0; i < value.size(); ++i) {
    const bool special = absl::StrContains("\"+,;<>\\", value[i]);
    const bool at_start = i == 0 && (value[i] == ' ' || value[i] == '#');
    const bool at_end = i + 1 == value.size() && value[i] == ' ';
    if (special || at_start || at_end) escaped += '\\';
    escaped += value[i];
  }
  return escaped;
}

std::string Below(const std::string& rdn, absl::string_view base) {
  return base.empty() ? rdn : absl::StrCat(rdn, ",", base);
}

void AddOnce(absl::string_view der, std::vector<std::string>& values) {
  if (std::find(values.begin(), values.end(), der) == values.end()) {
    values.emplace_back(der);
  }
}

void AddIntermediates(const UsableCertificate& leaf,
                      std::vector<std::string>& values) {
  for (const absl::string_view der : leaf.intermediates) AddOnce(der, values);
}

Entry MakeEntry(std::string dn, const std::string& label,
                std::vector<std::string> certificates) {
  return {.dn = std::move(dn),
          .attributes = {
              {"objectClass",
               {"top", "person", "organizationalPerson", "inetOrgPerson"}},
              {"cn", {label}},
              {"sn", {label}},
              {"mail", {label}},
              {kCertificateAttribute, std::move(certificates)}}};
}

// The operational attributes of the two entries that are not about addresses.
bool IsOperational(absl::string_view name) {
  static constexpr absl::string_view kNames[] = {
      "namingContexts",    "subschemaSubentry",    "supportedExtension",
      "supportedFeatures", "supportedLDAPVersion", "vendorName",
      "vendorVersion",     "attributeTypes",       "objectClasses"};
  return std::find(std::begin(kNames), std::end(kNames), name) !=
         std::end(kNames);
}

// Whether an attribute that was asked for by this name is meant.
bool Names(absl::string_view asked, const std::string& name) {
  if (absl::EqualsIgnoreCase(asked, name)) return true;
  const size_t option = name.find(';');
  return option != std::string::npos &&
         absl::EqualsIgnoreCase(asked, name.substr(0, option));
}

bool IsAskedFor(const std::string& name,
                absl::Span<const std::string> attributes) {
  const bool operational = IsOperational(name);
  if (attributes.empty()) return !operational;
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const std::string& asked) {
                       if (asked == "*") return !operational;
                       if (asked == "+") return operational;
                       return Names(asked, name);
                     });
}

}  // namespace

std::vector<Entry> MakeEntries(const smime::Address& address,
                               absl::Span<const UsableCertificate> leaves,
                               absl::string_view base) {
  if (leaves.empty()) return {};
  std::vector<std::string> all;
  for (const UsableCertificate& leaf : leaves) AddOnce(leaf.der, all);
  for (const UsableCertificate& leaf : leaves) AddIntermediates(leaf, all);
  const std::string rdn = absl::StrCat("mail=", EscapeDnValue(address.label()));
  std::vector<Entry> entries = {
      MakeEntry(Below(rdn, base), address.label(), std::move(all))};
  for (const UsableCertificate& leaf : leaves.subspan(1)) {
    std::vector<std::string> certificates = {std::string(leaf.der)};
    AddIntermediates(leaf, certificates);
    entries.push_back(MakeEntry(
        Below(absl::StrCat("cn=", leaf.sha256.ToHex(), ",", rdn), base),
        address.label(), std::move(certificates)));
  }
  return entries;
}

std::vector<Entry> MakeIssuerEntries(absl::string_view dn,
                                     std::vector<std::string> ders) {
  std::vector<Entry> entries;
  entries.reserve(ders.size());
  // One each: some clients read the first value only.
  for (std::string& der : ders) {
    entries.push_back(
        {.dn = std::string(dn),
         .attributes = {{"objectClass", {"top", "pkiCA"}},
                        {"cACertificate;binary", {std::move(der)}}}});
  }
  return entries;
}

std::vector<Entry> InterleaveEntries(std::vector<std::vector<Entry>> entries) {
  std::vector<Entry> result;
  for (std::vector<Entry>& of_one : entries) {
    if (!of_one.empty()) result.push_back(std::move(of_one[0]));
  }
  for (std::vector<Entry>& of_one : entries) {
    for (size_t i = 1; i < of_one.size(); ++i) {
      result.push_back(std::move(of_one[i]));
    }
  }
  return result;
}

Entry RootEntry(absl::string_view vendor_version) {
  return {.dn = "",
          .attributes = {{"objectClass", {"top"}},
                         {"namingContexts", {kNamingContext}},
                         {"subschemaSubentry", {kSubschemaDn}},
                         {"supportedExtension", {kWhoAmIOid}},
                         // RFC 3673: "+".
                         {"supportedFeatures", {"1.3.6.1.4.1.4203.1.5.1"}},
                         {"supportedLDAPVersion", {"3"}},
                         {"vendorName", {"Sealbook"}},
                         {"vendorVersion", {std::string(vendor_version)}}}};
}

Entry SubschemaEntry() {
  return {.dn = kSubschemaDn,
          .attributes = {{"objectClass", {"top", "subentry", "subschema"}},
                         {"cn", {"Subschema"}},
                         {"attributeTypes",
                          {kObjectClassType, kCnType, kSnType, kMailType,
                           kUserCertificateType}},
                         {"objectClasses",
                          {kTopClass, kPersonClass, kOrganizationalPersonClass,
                           kInetOrgPersonClass}}}};
}

Entry Select(const Entry& entry, absl::Span<const std::string> attributes) {
  Entry selected{.dn = entry.dn};
  for (const Attribute& attribute : entry.attributes) {
    if (IsAskedFor(attribute.name, attributes)) {
      selected.attributes.push_back(attribute);
    }
  }
  return selected;
}

}  // namespace sealbook::client::ldap

#include "tests/bench/ldap_client.h"

#include <ldap.h>

#include <cstdlib>
#include <iostream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace sealbook::bench {
namespace {

void CheckLdap(int code, const char* what) {
  if (code == LDAP_SUCCESS) return;
  std::cerr << what << ": " << ldap_err2string(code) << std::endl;
  std::abort();
}

constexpr char kBase[] = "o=sealbook";
constexpr char kCertificates[] = "userCertificate;binary";

std::string FilterFor(const std::string& address) {
  return absl::StrCat("(mail=", address, ")");
}

struct FreeText {
  void operator()(char* text) const { ldap_memfree(text); }
};
using Text = std::unique_ptr<char, FreeText>;

void AddLdif(absl::string_view name, absl::string_view value,
             std::string& ldif) {
  absl::StrAppend(&ldif, name, ":: ", absl::Base64Escape(value), "\n");
}

}  // namespace

LdapConnection::LdapConnection(uint16_t port) {
  LDAP* opened = nullptr;
  CheckLdap(ldap_initialize(
                &opened, absl::StrCat("ldap://127.0.0.1:", port, "/").c_str()),
            "ldap_initialize");
  connection_.reset(opened);
  const int version = LDAP_VERSION3;
  CheckLdap(ldap_set_option(opened, LDAP_OPT_PROTOCOL_VERSION, &version),
            "ldap_set_option");
  berval nobody = {};
  CheckLdap(ldap_sasl_bind_s(opened, nullptr, LDAP_SASL_SIMPLE, &nobody,
                             nullptr, nullptr, nullptr),
            "ldap_sasl_bind_s");
}

void LdapConnection::Unbind::operator()(ldap* connection) const {
  ldap_unbind_ext_s(connection, nullptr, nullptr);
}

void LdapConnection::Free::operator()(LDAPMessage* messages) const {
  ldap_msgfree(messages);
}

LdapAnswer LdapConnection::FindCertificates(const std::string& address) {
  return Count(
      Search(kBase, LDAP_SCOPE_SUBTREE, FilterFor(address), kCertificates),
      kCertificates);
}

LdapAnswer LdapConnection::ReadRoot() {
  constexpr char kVersion[] = "supportedLDAPVersion";
  return Count(Search("", LDAP_SCOPE_BASE, "(objectClass=*)", kVersion),
               kVersion);
}

std::string LdapConnection::ReadLdif(const std::string& address) {
  LDAP* ldap = connection_.get();
  const Messages messages =
      Search(kBase, LDAP_SCOPE_SUBTREE, FilterFor(address), nullptr);
  std::string ldif;
  for (LDAPMessage* entry = ldap_first_entry(ldap, messages.get());
       entry != nullptr; entry = ldap_next_entry(ldap, entry)) {
    AddLdif("dn", Text(ldap_get_dn(ldap, entry)).get(), ldif);
    BerElement* rest = nullptr;
    for (Text name(ldap_first_attribute(ldap, entry, &rest)); name != nullptr;
         name.reset(ldap_next_attribute(ldap, entry, rest))) {
      berval** values = ldap_get_values_len(ldap, entry, name.get());
      for (int i = 0; i < ldap_count_values_len(values); ++i) {
        AddLdif(name.get(), {values[i]->bv_val, values[i]->bv_len}, ldif);
      }
      ldap_value_free_len(values);
    }
    ber_free(rest, 0);
    ldif += "\n";
  }
  return ldif;
}

LdapConnection::Messages LdapConnection::Search(const std::string& base,
                                                int scope,
                                                const std::string& filter,
                                                const char* attribute) {
  // libldap takes no const, and changes nothing.
  char* attributes[] = {const_cast<char*>(attribute), nullptr};
  LDAPMessage* received = nullptr;
  const int code = ldap_search_ext_s(
      connection_.get(), base.c_str(), scope, filter.c_str(), attributes,
      /*attrsonly=*/0, nullptr, nullptr, /*timeout=*/nullptr, LDAP_NO_LIMIT,
      &received);
  Messages messages(received);
  CheckLdap(code, filter.c_str());
  return messages;
}

LdapAnswer LdapConnection::Count(const Messages& messages,
                                 const char* attribute) {
  LDAP* ldap = connection_.get();
  LdapAnswer answer;
  for (LDAPMessage* entry = ldap_first_entry(ldap, messages.get());
       entry != nullptr; entry = ldap_next_entry(ldap, entry)) {
    ++answer.entries;
    berval** values = ldap_get_values_len(ldap, entry, attribute);
    answer.values += static_cast<size_t>(ldap_count_values_len(values));
    ldap_value_free_len(values);
  }
  return answer;
}

}  // namespace sealbook::bench

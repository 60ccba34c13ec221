// An LDAP client on OpenLDAP's libldap: what a gateway is asked by.
#ifndef SEALBOOK_TESTS_BENCH_LDAP_CLIENT_H_
#define SEALBOOK_TESTS_BENCH_LDAP_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

// libldap's LDAP and LDAPMessage.
struct ldap;
struct ldapmsg;

namespace sealbook::bench {

// What an answer holds.
struct LdapAnswer {
  size_t entries = 0;
  // Values of the attribute that was asked for, in all entries.
  size_t values = 0;

  friend bool operator==(const LdapAnswer&, const LdapAnswer&) = default;
};

// A connection over loopback, bound anonymously. Aborts on any error: a
// benchmark has no use for answers that are none. Not thread-safe.
class LdapConnection {
 public:
  explicit LdapConnection(uint16_t port);

  // The certificates of an address, asked for as Thunderbird does.
  LdapAnswer FindCertificates(const std::string& address);
  // All entries about an address with all their attributes, as LDIF (RFC 2849).
  std::string ReadLdif(const std::string& address);
  // The server's own entry: no more than a question and an answer.
  LdapAnswer ReadRoot();

 private:
  struct Unbind {
    void operator()(ldap* connection) const;
  };

  struct Free {
    void operator()(ldapmsg* messages) const;
  };
  using Messages = std::unique_ptr<ldapmsg, Free>;

  // Null as `attribute`: all of them.
  Messages Search(const std::string& base, int scope, const std::string& filter,
                  const char* attribute);
  LdapAnswer Count(const Messages& messages, const char* attribute);

  std::unique_ptr<ldap, Unbind> connection_;
};

}  // namespace sealbook::bench

#endif  // SEALBOOK_TESTS_BENCH_LDAP_CLIENT_H_

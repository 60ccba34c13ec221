// The entries that answer a search, made of what was verified.
//
// Clients read them in ways of their own. Thunderbird takes all values of
// userCertificate;binary of all entries, and a certificate only counts for it
// when the issuing certificates come along in the same entry. dirmngr (gpgsm,
// Kleopatra) and Evolution take the first value of each entry. So the first
// entry of an address is for the best certificate to encrypt with, and has all
// others behind it; each further certificate has an entry in which it is first.
#ifndef SEALBOOK_CLIENT_LDAP_ENTRIES_H_
#define SEALBOOK_CLIENT_LDAP_ENTRIES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/ldap/message.h"
#include "client/ldap/usable.h"
#include "smime/address.h"

namespace sealbook::client::ldap {

inline constexpr char kCertificateAttribute[] = "userCertificate;binary";

// The entries of one address below `base`, which may be empty: first
// [the best certificate to encrypt with, the other usable ones, their
// intermediates], then one [certificate, its intermediates] for each of the
// others. Empty: no certificate is usable. `usable` as in Usable.
std::vector<Entry> MakeEntries(const smime::Address& address,
                               absl::Span<const UsableCertificate> usable,
                               absl::string_view base);

// An issuer's entry, called by its subject as it was asked for; none without
// certificates.
std::vector<Entry> MakeIssuerEntries(absl::string_view dn,
                                     std::vector<std::string> ders);

// The entries of several addresses as they are sent: the first of each, then
// the others, so that a size limit cuts no address off.
std::vector<Entry> InterleaveEntries(std::vector<std::vector<Entry>> entries);

// The directory itself (RFC 4512, 5.1) and its schema (4.2), reduced to what
// was asked for as Select does. `vendor_version` is Sealbook's.
Entry RootEntry(absl::string_view vendor_version);
Entry SubschemaEntry();
// Where the schema is.
inline constexpr char kSubschemaDn[] = "cn=Subschema";
// A base for clients that want one; any other will do.
inline constexpr char kNamingContext[] = "o=sealbook";
inline constexpr char kWhoAmIOid[] = "1.3.6.1.4.1.4203.1.11.3";

// What a search asked for (RFC 4511, 4.5.1.8): `attributes` empty or "*" for
// all that are not operational, "+" for those, "1.1" for none. A name without
// options stands for those with, too.
Entry Select(const Entry& entry, absl::Span<const std::string> attributes);

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_ENTRIES_H_

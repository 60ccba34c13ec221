#include "client/ldap/entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "smime/certificate.h"
#include "smime/testing/test_ca.h"

namespace sealbook::client::ldap {
namespace {

using smime::Address;
using smime::testing::TestCa;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EntriesTest : public ::testing::Test {
 protected:
  CertificateView View(
      const std::string& name, smime::Role role,
      smime::AddressMatch match = smime::AddressMatch::kExact) {
    CertificateView view;
    view.der = name;
    view.sha256 = smime::HashCertificate(view.der);
    view.role = role;
    view.match = match;
    view.issuers = {issuing_.der(), root_.der()};
    return view;
  }

  std::vector<Entry> Make(std::vector<CertificateView> certificates,
                          absl::string_view base = "o=x") {
    EntryView view;
    view.certificates = std::move(certificates);
    return MakeEntries(*Address::Parse("Alice@Example.org"), view, base);
  }

  static const std::vector<std::string>& Certificates(const Entry& entry) {
    return entry.attributes.back().values;
  }

  TestCa root_ = TestCa::Root({.common_name = "Root"});
  TestCa issuing_ = root_.IssueCa({.common_name = "Issuing"});
};

TEST_F(EntriesTest, PutsTheBestToEncryptWithFirstAndItsIssuersLast) {
  // As ViewEntry orders them: the newest first.
  CertificateView unusable = View("unusable", smime::Role::kEncrypt);
  unusable.problems = {"expired"};
  const std::vector<Entry> entries =
      Make({View("sign", smime::Role::kSign),
            View("folded", smime::Role::kSignAndEncrypt,
                 smime::AddressMatch::kCaseFolded),
            View("new", smime::Role::kEncrypt),
            View("old", smime::Role::kSignAndEncrypt), unusable});
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].dn, "mail=alice@example.org,o=x");
  EXPECT_EQ(entries[0].attributes.back().name, kCertificateAttribute);
  EXPECT_THAT(Certificates(entries[0]),
              ElementsAre("new", "old", "folded", "sign", issuing_.der()));
  EXPECT_THAT(Certificates(entries[1]), ElementsAre("old", issuing_.der()));
  EXPECT_THAT(Certificates(entries[2]), ElementsAre("folded", issuing_.der()));
  EXPECT_THAT(Certificates(entries[3]), ElementsAre("sign", issuing_.der()));
  EXPECT_EQ(entries[1].dn, "cn=" + smime::HashCertificate("old").ToHex() +
                               ",mail=alice@example.org,o=x");
}

TEST_F(EntriesTest, HasNoneWithoutAUsableCertificate) {
  CertificateView unusable = View("unusable", smime::Role::kEncrypt);
  unusable.problems = {"expired"};
  EXPECT_THAT(Make({}), IsEmpty());
  EXPECT_THAT(Make({unusable}), IsEmpty());
}

TEST_F(EntriesTest, EscapesTheAddressInTheDn) {
  EntryView view;
  view.certificates = {View("one", smime::Role::kEncrypt)};
  const Address address = *Address::Parse("\"a,b+\\\"c\"@example.org");
  const std::vector<Entry> entries = MakeEntries(address, view, "");
  EXPECT_EQ(entries[0].dn, "mail=\\\"a\\,b\\+\\\\\\\"c\\\"@example.org");
}

TEST_F(EntriesTest, SendsTheFirstEntryOfEveryAddressFirst) {
  const std::vector<Entry> entries =
      InterleaveEntries({{{.dn = "a"}, {.dn = "a2"}, {.dn = "a3"}},
                         {},
                         {{.dn = "b"}, {.dn = "b2"}}});
  std::vector<std::string> dns;
  for (const Entry& entry : entries) dns.push_back(entry.dn);
  EXPECT_THAT(dns, ElementsAre("a", "b", "a2", "a3", "b2"));
}

std::vector<std::string> Names(const Entry& entry,
                               const std::vector<std::string>& asked) {
  std::vector<std::string> names;
  for (const Attribute& attribute : Select(entry, asked).attributes) {
    names.push_back(attribute.name);
  }
  return names;
}

TEST_F(EntriesTest, SelectsAttributes) {
  const Entry entry = Make({View("one", smime::Role::kEncrypt)})[0];
  const auto all =
      ElementsAre("objectClass", "cn", "sn", "mail", "userCertificate;binary");
  EXPECT_THAT(Names(entry, {}), all);
  EXPECT_THAT(Names(entry, {"*"}), all);
  EXPECT_THAT(Names(entry, {"+"}), IsEmpty());
  EXPECT_THAT(Names(entry, {"1.1"}), IsEmpty());
  EXPECT_THAT(Names(entry, {"1.1", "MAIL"}), ElementsAre("mail"));
  EXPECT_THAT(Names(entry, {"usercertificate;binary"}),
              ElementsAre("userCertificate;binary"));
  EXPECT_THAT(Names(entry, {"userCertificate", "CN"}),
              ElementsAre("cn", "userCertificate;binary"));
  EXPECT_THAT(Names(entry, {"userSMIMECertificate"}), IsEmpty());
}

TEST_F(EntriesTest, DescribesTheServerWhenAsked) {
  const Entry root = RootEntry("1");
  EXPECT_EQ(root.dn, "");
  EXPECT_THAT(Names(root, {}), ElementsAre("objectClass"));
  EXPECT_THAT(Names(root, {"namingcontexts"}), ElementsAre("namingContexts"));
  EXPECT_EQ(Names(root, {"+"}).size(), 7u);
  EXPECT_EQ(Names(root, {"*", "+"}).size(), 8u);
  EXPECT_THAT(Names(SubschemaEntry(), {"objectClasses"}),
              ElementsAre("objectClasses"));
}

}  // namespace
}  // namespace sealbook::client::ldap

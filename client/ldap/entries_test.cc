#include "client/ldap/entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "smime/certificate.h"

namespace sealbook::client::ldap {
namespace {

using smime::Address;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EntriesTest : public ::testing::Test {
 protected:
  UsableCertificate Certificate(absl::string_view name) {
    return {.der = name,
            .sha256 = smime::HashCertificate(name),
            .intermediates = {"issuer"}};
  }

  std::vector<Entry> Make(const std::vector<UsableCertificate>& usable,
                          absl::string_view base = "o=x") {
    return MakeEntries(*Address::Parse("Alice@Example.org"), usable, base);
  }

  static const std::vector<std::string>& Certificates(const Entry& entry) {
    return entry.attributes.back().values;
  }
};

TEST_F(EntriesTest, HasEachCertificateFirstInAnEntryAndItsIssuersLast) {
  UsableCertificate other = Certificate("other");
  other.intermediates = {"another issuer", "issuer"};
  const std::vector<Entry> entries =
      Make({Certificate("best"), other, Certificate("third")});
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].dn, "mail=alice@example.org,o=x");
  EXPECT_EQ(entries[0].attributes.back().name, kCertificateAttribute);
  EXPECT_THAT(
      Certificates(entries[0]),
      ElementsAre("best", "other", "third", "issuer", "another issuer"));
  EXPECT_THAT(Certificates(entries[1]),
              ElementsAre("other", "another issuer", "issuer"));
  EXPECT_THAT(Certificates(entries[2]), ElementsAre("third", "issuer"));
  EXPECT_EQ(entries[1].dn, "cn=" + smime::HashCertificate("other").ToHex() +
                               ",mail=alice@example.org,o=x");
}

TEST_F(EntriesTest, HasNoneWithoutAUsableCertificate) {
  EXPECT_THAT(Make({}), IsEmpty());
}

TEST_F(EntriesTest, EscapesTheAddressInTheDn) {
  const Address address = *Address::Parse("\"a,b+\\\"c\"@example.org");
  const std::vector<Entry> entries =
      MakeEntries(address, {Certificate("one")}, "");
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
  const Entry entry = Make({Certificate("one")})[0];
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

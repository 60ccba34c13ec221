#include "smime/address.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sealbook::smime {
namespace {

std::string Label(absl::string_view text) {
  absl::StatusOr<Address> address = Address::Parse(text);
  return address.ok() ? address->label()
                      : std::string(address.status().message());
}

void ExpectRefused(absl::string_view text, absl::string_view check,
                   absl::string_view word) {
  absl::StatusOr<Address> address = Address::Parse(text);
  ASSERT_FALSE(address.ok()) << text << " became " << address->label();
  EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StartsWith(address.status().message(),
                               absl::StrCat(check, " (RFC ")))
      << address.status();
  EXPECT_TRUE(absl::StrContains(address.status().message(), word))
      << address.status();
}

TEST(AddressTest, FoldsAsciiCaseOfBothSides) {
  absl::StatusOr<Address> address = Address::Parse("Alice.B+Tag@Example.ORG");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->label(), "alice.b+tag@example.org");
  EXPECT_EQ(address->local_part(), "alice.b+tag");
  EXPECT_EQ(address->domain(), "example.org");
  EXPECT_EQ(address->exact_local_part(), "Alice.B+Tag");
}

TEST(AddressTest, KeepsDotsAndTags) {
  EXPECT_NE(Label("a.b@x.org"), Label("ab@x.org"));
  EXPECT_NE(Label("ab+news@x.org"), Label("ab@x.org"));
}

TEST(AddressTest, UnquotesADotAtomOnly) {
  EXPECT_EQ(Label("\"a.b\"@x"), "a.b@x");
  EXPECT_EQ(Label("\"a\\.\\b\"@x"), "a.b@x");
  EXPECT_EQ(Label("\"a b\"@x"), "\"a b\"@x");
  EXPECT_EQ(Label("\"a..b\"@x"), "\"a..b\"@x");
  EXPECT_EQ(Label("\"A@b\"@x"), "\"a@b\"@x");
  EXPECT_EQ(Label("\"\\a\\\"\\\\ \"@x"), "\"a\\\"\\\\ \"@x");
}

TEST(AddressTest, RefusesBrokenQuotedStrings) {
  for (absl::string_view text :
       {"\"a\"b@x", "\"a@x", "\"a\\", "\"a\\\xc3\xbc\"@x", "\"", "\"a\""}) {
    ExpectRefused(text, "address-form", "broken quoted string");
  }
  ExpectRefused("\"\"@x", "address-local-part", "empty local part");
}

TEST(AddressTest, RefusesWhatIsNoDotAtom) {
  for (absl::string_view text :
       {"@x", ".a@x", "a.@x", "a..b@x", "a b@x", " a@x", "a(c)@x", "<a@x>",
        "Alice <a@x>", "a,b@x", "a;b@x", "a:b@x", "a\\b@x", "a\"b\"@x"}) {
    ExpectRefused(text, "address-local-part", "neither a dot-atom nor quoted");
  }
}

TEST(AddressTest, RefusesTextWithoutAtSign) {
  ExpectRefused("", "address-form", "no \"@\"");
  ExpectRefused("example.org", "address-form", "no \"@\"");
}

TEST(AddressTest, TrimsOneTrailingDotOfTheDomain) {
  EXPECT_EQ(Label("a@example.org."), "a@example.org");
  ExpectRefused("a@example.org..", "address-domain", "empty label");
  ExpectRefused("a@.", "address-domain", "empty domain");
  ExpectRefused("a@", "address-domain", "empty domain");
}

TEST(AddressTest, RefusesEmptyLabels) {
  ExpectRefused("a@.example.org", "address-domain", "empty label");
  ExpectRefused("a@example..org", "address-domain", "empty label");
}

TEST(AddressTest, RefusesDomainLiteralsAndAddressesInTheirPlace) {
  ExpectRefused("a@[192.0.2.1]", "address-domain", "domain literal");
  ExpectRefused("a@[IPv6:2001:db8::1]", "address-domain", "domain literal");
  ExpectRefused("a@192.0.2.1", "address-domain", "IP address");
}

TEST(AddressTest, RefusesWhatIsNoHostName) {
  ExpectRefused("a@b@example.org", "address-domain", "no host name");
  ExpectRefused("a@exa_mple.org", "address-domain", "no host name");
  ExpectRefused("a@example.org ", "address-domain", "no host name");
  ExpectRefused("a@-example.org", "address-domain", "hyphen");
  ExpectRefused("a@example-.org", "address-domain", "hyphen");
  ExpectRefused(absl::StrCat("a@", std::string(64, 'x'), ".org"),
                "address-domain", "label of 64 octets");
}

TEST(AddressTest, RefusesControlCharacters) {
  ExpectRefused(absl::string_view("a\0b@x", 5), "address-control-character",
                "\"a\\x00\\x62@x\"");
  ExpectRefused("a@x\n", "address-control-character", "control");
  ExpectRefused("\"a\tb\"@x", "address-control-character", "control");
  ExpectRefused("a\x7f@x", "address-control-character", "control");
  ExpectRefused("a\xc2\x85@x", "address-local-part", "control character");
  ExpectRefused("a\xe2\x80\xa8@x", "address-local-part", "control character");
  ExpectRefused("a\xe2\x80\xae@x", "address-local-part", "text direction");
  ExpectRefused("\xef\xbb\xbf\xc3\xbc@x", "address-local-part", "byte order");
}

TEST(AddressTest, BringsTheDomainToALabels) {
  EXPECT_EQ(Label("a@b\xc3\xbc"
                  "cher.example"),
            "a@xn--bcher-kva.example");
  EXPECT_EQ(Label("a@B\xc3\x9c"
                  "CHER.Example."),
            "a@xn--bcher-kva.example");
  EXPECT_EQ(Label("a@XN--BCHER-KVA.example"), "a@xn--bcher-kva.example");
  // IDNA2008, not transitional: the sharp s stays itself.
  EXPECT_EQ(Label("a@fa\xc3\x9f.example"), "a@xn--fa-hia.example");
  EXPECT_EQ(Label("a@\xce\xa3\xce\xb1.example"),
            Label("a@\xcf\x83\xce\xb1.example"));
}

TEST(AddressTest, EquatesNothingByUnicodeCaseInTheDomain) {
  // The Kelvin sign, U+0130, the Angstrom sign, the capital sharp s, the long
  // s, a full-width letter, the ideographic full stop, a decomposed letter.
  for (absl::string_view text : {"a@\xe2\x84\xaa"
                                 "elvin.example",
                                 "a@\xc4\xb0.example", "a@\xe2\x84\xab.example",
                                 "a@\xe1\xba\x9e.example", "a@\xc5\xbf.example",
                                 "a@\xef\xbd\x81.example",
                                 "a@x\xe3\x80\x82"
                                 "example",
                                 "a@u\xcc\x88.example"}) {
    ExpectRefused(text, "address-domain", "RFC 5891");
  }
}

TEST(AddressTest, RefusesFalseALabels) {
  // Not Punycode; one that decodes to an upper-case letter, one to a letter
  // that is not NFC.
  for (absl::string_view text :
       {"a@xn--z.example", "a@xn--9999999999.example",
        "a@xn--bcher-2pa.example", "a@xn--u-ccb.example"}) {
    ExpectRefused(text, "address-domain", "RFC 589");
  }
  // ASCII in disguise.
  ExpectRefused("a@xn--abc-.org", "address-domain", "hyphen");
}

TEST(AddressTest, RefusesADomainThatIsNotUtf8) {
  ExpectRefused("a@\xff.example", "address-domain", "not UTF-8");
  ExpectRefused("a@\xed\xa0\x80.example", "address-domain", "not UTF-8");
}

TEST(AddressTest, KeepsNonAsciiLettersOfTheLocalPart) {
  EXPECT_EQ(Label("\xc3\x9cNAL@x"), "\xc3\x9cnal@x");
  EXPECT_NE(Label("\xc3\x9cnal@x"), Label("\xc3\xbcnal@x"));
  EXPECT_EQ(Label("\"\xc3\xbc\"@x"), "\xc3\xbc@x");
  // U+0130 has no ASCII twin here.
  EXPECT_EQ(Label("\xc4\xb0@x"), "\xc4\xb0@x");
  EXPECT_NE(Label("\xc4\xb0@x"), Label("i@x"));
}

TEST(AddressTest, RefusesLocalPartsThatAreNotNfc) {
  ExpectRefused("u\xcc\x88@x", "address-nfc", "NFC");
  ExpectRefused("\xe2\x84\xaa@x", "address-nfc", "NFC");  // The Kelvin sign.
  ExpectRefused("\xe2\x84\xab@x", "address-nfc", "NFC");
  // H + U+0331 is NFC; its folded form is not.
  ExpectRefused("H\xcc\xb1@x", "address-nfc", "NFC");
}

TEST(AddressTest, RefusesLocalPartsThatAreNotUtf8) {
  ExpectRefused("\xff@x", "address-utf8", "UTF-8");
  ExpectRefused("\xc0\x80@x", "address-utf8", "UTF-8");
  ExpectRefused("\xed\xa0\x80@x", "address-utf8", "UTF-8");
}

TEST(AddressTest, RefusesUnassignedCharacters) {
  ExpectRefused("\xcd\xb8@x", "address-local-part", "unassigned");  // U+0378.
}

TEST(AddressTest, BoundsTheLocalPartInItsCanonicalForm) {
  std::string longest(64, 'a');
  EXPECT_EQ(Label(longest + "@x"), longest + "@x");
  EXPECT_EQ(Label("\"" + longest + "\"@x"), longest + "@x");
  ExpectRefused(longest + "a@x", "address-length", "65 octets, at most 64");
}

TEST(AddressTest, BoundsTheLabel) {
  std::string dns(63, 'd');
  std::string domain = absl::StrCat(dns, ".", dns, ".", dns);  // 191 bytes.
  EXPECT_EQ(Label(std::string(63, 'a') + "@" + domain).size(), 255u);
  ExpectRefused(std::string(64, 'a') + "@" + domain, "address-length",
                "256 octets, at most 255");
  ExpectRefused("a@" + domain + "." + dns, "address-domain", "at most 253");
}

TEST(AddressTest, RefusesAnAddressOf300BytesAndShowsItsBeginning) {
  std::string text = std::string(288, 'a') + "@example.org";
  ASSERT_EQ(text.size(), 300u);
  ExpectRefused(text, "address-length", "288 octets, at most 64");
  ExpectRefused(text, "address-length", std::string(80, 'a') + "...\"");
  ExpectRefused(std::string(100000, 'a'), "address-length", "100000 octets");
}

TEST(AddressTest, KnowsCanonicalLabels) {
  for (absl::string_view label :
       {"a@x", "alice@xn--bcher-kva.example", "\"a b\"@x", "\xc3\xbc@x"}) {
    EXPECT_TRUE(IsCanonical(label)) << label;
  }
  for (absl::string_view label :
       {"A@x", "a@X", "a@x.", "\"a\"@x", "a@XN--BCHER-KVA.example", "a",
        "a@b\xc3\xbc"
        "cher.example",
        "\"\\a b\"@x", ""}) {
    EXPECT_FALSE(IsCanonical(label)) << label;
  }
}

TEST(AddressTest, ReportsHowAddressesMatch) {
  auto match = [](absl::string_view looked_up, absl::string_view certified) {
    return MatchAddresses(*Address::Parse(looked_up),
                          *Address::Parse(certified));
  };
  EXPECT_EQ(match("a.b@x", "a.b@x"), AddressMatch::kExact);
  EXPECT_EQ(match("a.b@X.", "\"a.b\"@x"), AddressMatch::kExact);
  EXPECT_EQ(match("A.b@x", "a.b@x"), AddressMatch::kCaseFolded);
  EXPECT_EQ(match("a.b@x", "A.B@x"), AddressMatch::kCaseFolded);
  EXPECT_EQ(match("ab@x", "a.b@x"), AddressMatch::kNone);
  EXPECT_EQ(match("\xc3\xbc@x", "\xc3\x9c@x"), AddressMatch::kNone);
}

TEST(AddressTest, CanonicalizesADomainAlone) {
  absl::StatusOr<std::string> domain = CanonicalDomain(
      "B\xc3\xbc"
      "cher.Example.");
  ASSERT_TRUE(domain.ok()) << domain.status();
  EXPECT_EQ(*domain, "xn--bcher-kva.example");
  absl::StatusOr<std::string> refused = CanonicalDomain("a@b");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(refused.status().message(), "no host name"));
}

// Whatever is accepted has one canonical form, which is its own.
TEST(AddressTest, LabelsOfRandomTextAreFixedPoints) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const std::string pieces[] = {"a",
                                "B",
                                ".",
                                "@",
                                "\"",
                                "\\",
                                "-",
                                "+",
                                " ",
                                "xn--",
                                "XN--",
                                "x",
                                "org",
                                "\xc3\xbc",
                                "\xc3\x9c",
                                "\xcc\x88",
                                "\xc4\xb0",
                                "1",
                                "\xe2\x84\xaa",
                                "H",
                                "\xcc\xb1",
                                "bcher-kva",
                                "\xff",
                                "_"};
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = "a@x";
    for (int edits = random() % 6; edits >= 0; --edits) {
      text.insert(random() % (text.size() + 1),
                  pieces[random() % std::size(pieces)]);
    }
    absl::StatusOr<Address> address = Address::Parse(text);
    if (!address.ok()) continue;
    ++accepted;
    ASSERT_TRUE(IsCanonical(address->label())) << text;
    ASSERT_LE(address->label().size(), Address::kMaxLabelBytes);
    ASSERT_EQ(absl::StrCat(address->local_part(), "@", address->domain()),
              address->label());
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace sealbook::smime

#include "smime/end_entity.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "smime/admission_fixture.h"
#include "smime/testing/test_ca.h"

namespace sealbook::smime {
namespace {

using testing::CertificateOptions;
using testing::KeyType;
using Usages = std::vector<std::string>;

constexpr char kEmailProtection[] = "1.3.6.1.5.5.7.3.4";
constexpr char kClientAuth[] = "1.3.6.1.5.5.7.3.2";

using EndEntityTest = AdmissionFixture;

TEST_F(EndEntityTest, RefusesACa) {
  CertificateOptions options = Alice();
  options.ca = true;
  ExpectRefused(options, "end-entity", "cA");
  options.ca = false;
  ExpectAdmitted(options);
}

TEST_F(EndEntityTest, RefusesMissingExtendedKeyUsage) {
  CertificateOptions options = Alice();
  options.extended_key_usage = Usages{};
  ExpectRefused(options, "eku-present", "missing");
}

TEST_F(EndEntityTest, RefusesExtendedKeyUsageWithoutEmailProtection) {
  CertificateOptions options = Alice();
  options.extended_key_usage = Usages{kClientAuth};
  ExpectRefused(options, "eku-email-protection", kClientAuth);
  options.extended_key_usage = Usages{kEmailProtection, kClientAuth};
  ExpectAdmitted(options);
}

TEST_F(EndEntityTest, RefusesForbiddenExtendedKeyUsages) {
  for (const char* oid : {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3",
                          "1.3.6.1.5.5.7.3.8", "2.5.29.37.0"}) {
    CertificateOptions options = Alice();
    options.extended_key_usage = Usages{kEmailProtection, oid};
    ExpectRefused(options, "eku-forbidden", oid);
  }
}

TEST_F(EndEntityTest, RefusesMissingKeyUsage) {
  CertificateOptions options = Alice();
  options.key_usage = 0;
  ExpectRefused(options, "key-usage", "missing");
}

TEST_F(EndEntityTest, RefusesKeyUsageThatDoesNotFitTheKey) {
  using namespace testing;  // NOLINT: the bits' names.
  struct Case {
    KeyType type;
    int usage;
  };
  for (const Case& c : {
           Case{KeyType::kP256, kKeyEncipherment},
           Case{KeyType::kP256, kDigitalSignature | kKeyEncipherment},
           Case{KeyType::kRsa2048, kKeyAgreement},
           Case{KeyType::kRsa2048, kDataEncipherment},
           Case{KeyType::kEd25519, kDigitalSignature | kKeyAgreement},
           Case{KeyType::kP256, kNonRepudiation},
           Case{KeyType::kP256, kKeyAgreement | kNonRepudiation},
           Case{KeyType::kP256, kDigitalSignature | kKeyCertSign},
           Case{KeyType::kP256, kDigitalSignature | kCrlSign},
       }) {
    SCOPED_TRACE(c.usage);
    CertificateOptions options = Alice();
    options.key_type = c.type;
    options.key_usage = static_cast<uint16_t>(c.usage);
    ExpectRefused(options, "key-usage", "does not fit");
  }
}

TEST_F(EndEntityTest, RefusesACertificateWithoutAddress) {
  ExpectRefused({.common_name = "Alice"}, "san-present", "no e-mail address");
  ExpectRefused({.common_name = "Alice", .dns_names = {"example.org"}},
                "san-present", "no e-mail address");
}

TEST_F(EndEntityTest, RefusesAddressesThatAreNone) {
  const std::string nul("alice@example.org\0@evil.example", 31);
  ExpectRefused({.emails = {nul}}, "san-address", "address-control-character");
  ExpectRefused({.emails = {"alice"}}, "san-address", "address-form");
  ExpectRefused({.emails = {"a@x", "Alice <a@x>"}}, "san-address",
                "address-local-part");
  ExpectRefused({.emails = {"a@[192.0.2.1]"}}, "san-address", "domain literal");
  ExpectRefused({.emails = {""}}, "san-address", "address-form");
  ExpectRefused({.emails = {std::string(288, 'a') + "@example.org"}},
                "san-address", "288 octets");
}

TEST_F(EndEntityTest, RefusesNonAsciiInRfc822Name) {
  ExpectRefused({.emails = {"\xc3\xbc@x"}}, "san-address", "not ASCII");
  ExpectRefused({.emails = {"a@b\xc3\xbc"
                            "cher.example"}},
                "san-address", "not ASCII");
}

TEST_F(EndEntityTest, RefusesSmtpUtf8MailboxesThatRfc9598Forbids) {
  ExpectRefused({.utf8_emails = {"alice@example.org"}}, "san-address",
                "ASCII local part");
  ExpectRefused({.utf8_emails = {"\xc3\xbc@b\xc3\xbc"
                                 "cher.example"}},
                "san-address", "not in A-labels");
  ExpectRefused({.utf8_emails = {"\xef\xbb\xbf\xc3\xbc@x"}}, "san-address",
                "byte order mark");
  ExpectRefused({.utf8_emails = {"u\xcc\x88@x"}}, "san-address", "NFC");
}

TEST_F(EndEntityTest, RefusesASmtpUtf8MailboxOfAnotherStringType) {
  CertificateOptions options = {.common_name = "Alice"};
  // GeneralNames { otherName { 1.3.6.1.5.5.7.8.9, IA5String "a@x" } }.
  options.extensions = {
      {.oid = "2.5.29.17",
       .value = std::string("\x30\x13\xa0\x11\x06\x08\x2b\x06\x01\x05\x05\x07"
                            "\x08\x09\xa0\x05\x16\x03"
                            "a@x",
                            21)}};
  ExpectRefused(options, "san-encoding", "no UTF8String");
}

TEST_F(EndEntityTest, WantsAddressesOfTheSubjectRepeated) {
  CertificateOptions options = Alice();
  options.subject_emails = {"Alice@example.org"};
  ExpectAdmitted(options);
  options.subject_emails = {"bob@example.org"};
  ExpectRefused(options, "san-subject-address", "bob@example.org");
  options.subject_emails = {};
  options.common_name = "bob@example.org";
  ExpectRefused(options, "san-subject-address", "bob@example.org");
  options.common_name = "alice@example.org";
  ExpectAdmitted(options);
}

TEST_F(EndEntityTest, WantsSubjectAltNameCriticalJustWhenTheSubjectIsEmpty) {
  CertificateOptions options = Alice();
  options.san_critical = true;
  ExpectRefused(options, "san-critical", "beside a subject");
  options.empty_subject = true;
  ExpectAdmitted(options);
  options.san_critical = false;
  ExpectRefused(options, "san-critical", "subject is empty");
}

}  // namespace
}  // namespace sealbook::smime

#include "smime/form.h"

#include <gtest/gtest.h>

#include <string>

#include "smime/admission_fixture.h"
#include "smime/testing/test_ca.h"

namespace sealbook::smime {
namespace {

using testing::CertificateOptions;

using FormTest = AdmissionFixture;

TEST_F(FormTest, RefusesTrailingBytes) {
  ExpectStatus(Admit(issuing_.Issue(Alice()).der + "x").status(), "der",
               "trailing bytes");
}

TEST_F(FormTest, RefusesTruncatedBytesAtEveryLength) {
  const std::string der = issuing_.Issue(Alice()).der;
  for (size_t length = 0; length < der.size(); ++length) {
    ExpectStatus(Admit(der.substr(0, length)).status(), "der", "truncated");
  }
}

TEST_F(FormTest, RefusesDerThatIsNoCertificate) {
  ExpectStatus(Admit(std::string("\x30\x00", 2)).status(), "certificate-parse",
               "not a certificate");
}

TEST_F(FormTest, RefusesMoreThan32KiB) {
  CertificateOptions options = Alice();
  options.extensions = {
      {.oid = "1.2.3.4",
       .value = std::string("\x04\x82\x80\x00", 4) + std::string(0x8000, 'x')}};
  ExpectRefused(options, "certificate-size", "at most 32768");
}

TEST_F(FormTest, SignTbsMakesAnAdmissibleCertificate) {
  absl::StatusOr<AdmittedCertificate> admitted =
      Admit(issuing_.SignTbs(TbsOf(issuing_.Issue(Alice()).der)));
  EXPECT_TRUE(admitted.ok()) << admitted.status();
}

TEST_F(FormTest, RefusesEncodingsThatAreNotDer) {
  // The length of the serial number in two octets instead of one.
  CertificateOptions options = Alice();
  options.serial = "\x12\x34\x56\x78";
  std::string tbs =
      Replace(TbsOf(issuing_.Issue(options).der), "\x02\x04\x12\x34\x56\x78",
              "\x02\x81\x04\x12\x34\x56\x78");
  AddToLength(&tbs, 0, 1);
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "der", "fewest octets");
}

TEST_F(FormTest, RefusesADefaultValueSpelledOut) {
  CertificateOptions options = Alice();
  options.serial = "\x12\x34\x56\x78";
  // A critical extension whose flag is set to FALSE afterwards.
  options.extensions = {{.oid = "2.5.29.32",
                         .value = "\x30\x06\x30\x04\x06\x02\x2a\x03",
                         .critical = true}};
  std::string tbs = Replace(TbsOf(issuing_.Issue(options).der),
                            std::string("\x55\x1d\x20\x01\x01\xff", 6),
                            std::string("\x55\x1d\x20\x01\x01\x00", 6));
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "extension-encoding",
               "2.5.29.32: encodes to other bytes");
  // basicConstraints with cA FALSE.
  options.extensions = {
      {.oid = "2.5.29.19", .value = std::string("\x30\x03\x01\x01\x00", 5)}};
  ExpectRefused(options, "extension-encoding",
                "2.5.29.19: encodes to other bytes");
}

TEST_F(FormTest, RefusesKeyUsageWithTrailingZeroBits) {
  CertificateOptions options = Alice();
  options.key_usage = 0;
  options.extensions = {
      {.oid = "2.5.29.15", .value = std::string("\x03\x02\x00\x80", 4)}};
  ExpectRefused(options, "extension-encoding", "X.690, 11.2.2");
  options.extensions[0].value = "\x03\x02\x07\x80";
  ExpectAdmitted(options);
}

TEST_F(FormTest, RefusesOtherVersions) {
  // Version 1 has no extensions and thus no addresses; the version is named.
  CertificateOptions options = Alice();
  options.version = 0;
  ExpectRefused(options, "x509-version", "version 1");
  std::string tbs = Replace(TbsOf(issuing_.Issue(Alice()).der),
                            std::string("\xa0\x03\x02\x01\x02", 5),
                            std::string("\xa0\x03\x02\x01\x01", 5));
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "x509-version",
               "version 2");
}

TEST_F(FormTest, RefusesSerialNumbersOutOfRange) {
  CertificateOptions options = Alice();
  options.serial = std::string(1, '\0');
  ExpectRefused(options, "serial-number", "\"00\"");
  options.serial = "\x05";
  options.negative_serial = true;
  ExpectRefused(options, "serial-number", "\"-05\"");
  options.negative_serial = false;
  options.serial = "\x80" + std::string(19, '\0');  // 2^159.
  ExpectRefused(options, "serial-number", "\"8000");
  options.serial = "\x7f" + std::string(19, '\xff');  // 2^159 - 1.
  ExpectAdmitted(options);
}

TEST_F(FormTest, RefusesAnotherAlgorithmInsideThanOutside) {
  std::string der = issuing_.Issue(Alice()).der;
  // ECDSA with SHA-256 becomes SHA-384 in the second place only.
  const std::string sha256 = "\x2a\x86\x48\xce\x3d\x04\x03\x02";
  der[der.rfind(sha256) + sha256.size() - 1] = '\x03';
  ExpectStatus(Admit(der).status(), "signature-algorithm-match", "inside");
}

TEST_F(FormTest, RefusesADuplicateExtension) {
  CertificateOptions options = Alice();
  options.extensions = {
      {.oid = "1.2.3.4", .value = std::string("\x05\x00", 2)},
      {.oid = "1.2.3.4", .value = std::string("\x05\x00", 2)}};
  ExpectRefused(options, "extension-duplicate", "1.2.3.4 stands twice");
}

TEST_F(FormTest, RefusesAnUnknownCriticalExtension) {
  CertificateOptions options = Alice();
  options.extensions = {{.oid = "1.2.3.4",
                         .value = std::string("\x05\x00", 2),
                         .critical = true}};
  ExpectRefused(options, "extension-critical", "1.2.3.4 is unknown");
  options.extensions[0].critical = false;
  ExpectAdmitted(options);
}

TEST_F(FormTest, RefusesAnExtensionThatIsNotDer) {
  CertificateOptions options = Alice();
  options.extensions = {{.oid = "1.2.3.4", .value = "hello"}};
  ExpectRefused(options, "extension-encoding", "1.2.3.4: der (X.690");
  // DER, but no keyUsage.
  options.key_usage = 0;
  options.extensions = {
      {.oid = "2.5.29.15", .value = std::string("\x05\x00", 2)}};
  ExpectRefused(options, "extension-encoding", "2.5.29.15: cannot be decoded");
  // Decodes, but no end entity has a path length, let alone a negative one.
  options = Alice();
  options.extensions = {
      {.oid = "2.5.29.19", .value = "\x30\x06\x01\x01\xff\x02\x01\xff"}};
  ExpectRefused(options, "end-entity", "path length");
}

}  // namespace
}  // namespace sealbook::smime

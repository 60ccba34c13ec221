#include "smime/certificate_key.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "smime/testing/test_ca.h"

namespace sealbook::smime {
namespace {

using ::testing::HasSubstr;
using testing::TestCa;
using testing::TestCertificate;

// An encrypted PKCS#8 block: what is in it does not matter, since the password
// is asked for first.
constexpr char kEncrypted[] =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "Proc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
    "AAAAAAAAAAAAAAAAAAAAAA==\n"
    "-----END RSA PRIVATE KEY-----\n";

TEST(CertificateKeyTest, TakesTheKeyOfTheCertificate) {
  const TestCa root = TestCa::Root({.common_name = "Root"});
  const TestCertificate leaf = root.Issue({.emails = {"a@example.org"}});
  const absl::Status status =
      CheckCertificateKey(leaf.der, leaf.private_key_pem);
  EXPECT_TRUE(status.ok()) << status;
}

TEST(CertificateKeyTest, TellsWhatIsWrong) {
  const TestCa root = TestCa::Root({.common_name = "Root"});
  const TestCertificate leaf = root.Issue({.emails = {"a@example.org"}});
  struct Case {
    std::string der, key, words;
  };
  const Case cases[] = {
      {leaf.der, root.private_key_pem(), "not the one of the certificate"},
      {leaf.der, "", "no private key in PEM"},
      {leaf.der, leaf.pem, "no private key in PEM"},
      {leaf.der, kEncrypted, "is encrypted"},
      {"not DER", leaf.private_key_pem, "certificate"},
      {leaf.der + "x", leaf.private_key_pem, "certificate"},
  };
  for (const Case& c : cases) {
    const absl::Status status = CheckCertificateKey(c.der, c.key);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.words;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.words));
  }
}

}  // namespace
}  // namespace sealbook::smime

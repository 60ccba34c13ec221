#include "smime/algorithms.h"

#include <gtest/gtest.h>

#include <string>

#include "smime/admission_fixture.h"
#include "smime/testing/test_ca.h"

namespace sealbook::smime {
namespace {

using testing::CertificateOptions;
using testing::Digest;
using testing::KeyType;
using testing::TestCa;

using AlgorithmsTest = AdmissionFixture;

TEST_F(AlgorithmsTest, RefusesRsaKeysOfOtherSizes) {
  CertificateOptions options = Alice();
  options.key_type = KeyType::kRsa1024;
  ExpectRefused(options, "key-size", "1024 bits");
  options.key_type = KeyType::kRsa2052;
  ExpectRefused(options, "key-size", "2052 bits");
}

TEST_F(AlgorithmsTest, RefusesOtherKeyAlgorithms) {
  CertificateOptions options = Alice();
  options.key_type = KeyType::kSecp256k1;
  ExpectRefused(options, "key-algorithm", "id-ecPublicKey");
  options.key_type = KeyType::kRsaPss2048;
  ExpectRefused(options, "key-algorithm", "rsassaPss");
}

// Where the key starts in a P-256 certificate: the header of its BIT STRING.
const char kP256Key[] = {0x03, 0x42, 0x00, 0x04};

size_t FindKey(const std::string& tbs) {
  return tbs.find(kP256Key, 0, sizeof(kP256Key));
}

TEST_F(AlgorithmsTest, RefusesAPointOffTheCurve) {
  std::string tbs = TbsOf(issuing_.Issue(Alice()).der);
  tbs[FindKey(tbs) + sizeof(kP256Key) + 40] ^= 1;
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "key-decode",
               "no point on the curve prime256v1");
}

TEST_F(AlgorithmsTest, RefusesThePointAtInfinity) {
  std::string tbs = TbsOf(issuing_.Issue(Alice()).der);
  size_t at = FindKey(tbs);
  tbs.replace(at, 2 + 0x42, std::string("\x03\x02\x00\x00", 4));
  AddToLength(&tbs, 0, -0x40);
  // The SubjectPublicKeyInfo around it: 19 + 2 bytes of algorithm before.
  ASSERT_EQ(tbs.substr(at - 23, 2), "\x30\x59");
  tbs[at - 22] -= 0x40;
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "key-decode", "infinity");
}

TEST_F(AlgorithmsTest, RefusesAnEvenRsaExponent) {
  CertificateOptions options = Alice();
  options.key_type = KeyType::kRsa2048;
  std::string tbs = Replace(TbsOf(issuing_.Issue(options).der),
                            std::string("\x02\x03\x01\x00\x01", 5),
                            std::string("\x02\x03\x01\x00\x02", 5));
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "key-exponent", "odd");
}

TEST_F(AlgorithmsTest, RefusesRsaKeysThatAreNoPairOfNaturalNumbers) {
  CertificateOptions options = Alice();
  options.key_type = KeyType::kRsa2048;
  const std::string tbs = TbsOf(issuing_.Issue(options).der);
  const std::string exponent("\x02\x03\x01\x00\x01", 5);
  for (const std::string& other :
       {std::string("\x02\x03\x81\x00\x01", 5),     // Negative.
        std::string("\x04\x03\x01\x00\x01", 5),     // Not an INTEGER.
        std::string("\x02\x01\x03\x05\x00", 5)}) {  // A third part.
    ExpectStatus(
        Admit(issuing_.SignTbs(Replace(tbs, exponent, other))).status(),
        "key-decode", "natural numbers");
  }
  ExpectStatus(
      Admit(issuing_.SignTbs(
                Replace(tbs, exponent, std::string("\x02\x03\x00\x00\x01", 5))))
          .status(),
      "key-decode", "der (X.690, 8.3.2)");
}

TEST_F(AlgorithmsTest, RefusesEdDsaKeysOfAnotherLength) {
  CertificateOptions options = Alice();
  options.key_type = KeyType::kEd25519;
  std::string tbs = TbsOf(issuing_.Issue(options).der);
  // SubjectPublicKeyInfo: 30 2a, AlgorithmIdentifier, 03 21 00, key.
  size_t at = tbs.find("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70");
  ASSERT_NE(at, std::string::npos);
  tbs[at + 1] = '\x29';
  tbs[at + 10] = '\x20';
  tbs.erase(at + 12, 1);
  AddToLength(&tbs, 0, -1);
  ExpectStatus(Admit(issuing_.SignTbs(tbs)).status(), "key-decode",
               "31 bytes, not 32");
}

TEST_F(AlgorithmsTest, RefusesOtherSignatureAlgorithms) {
  CertificateOptions options = Alice();
  options.digest = Digest::kSha1;
  ExpectRefused(options, "signature-algorithm", "ecdsa-with-SHA1");
  options.digest = Digest::kSha224;
  ExpectRefused(options, "signature-algorithm", "ecdsa-with-SHA224");
  TestCa rsa =
      root_.IssueCa({.common_name = "RSA", .key_type = KeyType::kRsa2048});
  options.digest = Digest::kSha1;
  ExpectStatus(Admit(rsa.Issue(options).der).status(), "signature-algorithm",
               "sha1WithRSAEncryption");
}

}  // namespace
}  // namespace sealbook::smime

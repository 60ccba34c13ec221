// Certificate authorities for tests and benchmarks: real keys, real signatures,
// every field at hand to be set wrong.
//
//   TestCa root = TestCa::Root({.common_name = "Root"});
//   TestCa issuing = root.IssueCa({.common_name = "Issuing"});
//   TestCertificate leaf = issuing.Issue({.emails = {"alice@example.org"}});
//   leaf.der;  // A certificate that the private profile admits.
//
// Aborts on any failure of OpenSSL: a test that cannot build its input is
// wrong. Immutable and thread-safe once made.
#ifndef SEALBOOK_SMIME_TESTING_TEST_CA_H_
#define SEALBOOK_SMIME_TESTING_TEST_CA_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "smime/types.h"

struct x509_st;  // OpenSSL's X509, for callers that may include OpenSSL.

namespace sealbook::smime::testing {

// 2026-01-01T00:00:00Z, the present of tests.
inline constexpr int64_t kNowMs = 1767225600000;
inline constexpr int64_t kDayMs = 86400000;

// RSA keys are made once a size and process, then shared: they are slow.
enum class KeyType {
  kP256,
  kP384,
  kP521,
  kSecp256k1,
  kEd25519,
  kEd448,
  kRsa1024,
  kRsa2048,
  kRsa2052,  // A modulus size that is no multiple of eight.
  kRsa3072,
  kRsaPss2048,  // A key that is restricted to RSASSA-PSS.
};

enum class Digest { kSha1, kSha224, kSha256, kSha384, kSha512 };

// Named bits of RFC 5280, 4.2.1.3: bit i there is 1 << i here.
enum KeyUsageBits : uint16_t {
  kDigitalSignature = 1 << 0,
  kNonRepudiation = 1 << 1,
  kKeyEncipherment = 1 << 2,
  kDataEncipherment = 1 << 3,
  kKeyAgreement = 1 << 4,
  kKeyCertSign = 1 << 5,
  kCrlSign = 1 << 6,
};

struct Extension {
  std::string oid;    // Dotted.
  std::string value;  // DER of the extension's value.
  bool critical = false;
};

struct CertificateOptions {
  // Empty: the first e-mail address without "@...", or none at all with
  // `empty_subject`.
  std::string common_name;
  bool empty_subject = false;
  // emailAddress in the subject.
  std::vector<std::string> subject_emails;

  std::vector<std::string> emails;       // rfc822Name, any bytes.
  std::vector<std::string> utf8_emails;  // SmtpUTF8Mailbox, any bytes.
  std::vector<std::string> dns_names;    // dNSName.
  std::optional<bool> san_critical;      // Default: with an empty subject.

  KeyType key_type = KeyType::kP256;
  int64_t not_before_ms = kNowMs - 30 * kDayMs;
  int64_t not_after_ms = kNowMs + 335 * kDayMs;
  // Big-endian magnitude; empty: 16 random bytes, positive.
  std::string serial;
  bool negative_serial = false;
  // 0: v1; 2: v3.
  int version = 2;

  // Leaves only: absent, the bits that sign and encrypt with the key type.
  // 0: no keyUsage extension.
  std::optional<uint16_t> key_usage;
  // Dotted OIDs. Leaves: absent means emailProtection; empty means no
  // extension. CAs: absent means no extension.
  std::optional<std::vector<std::string>> extended_key_usage;
  // cA, for a leaf that claims to be a CA, and for a CA that is none.
  std::optional<bool> ca;
  std::optional<int> path_length;
  std::vector<std::string> permitted_emails;  // nameConstraints, CAs only.
  std::vector<std::string> excluded_emails;
  std::vector<std::string> policies;  // Dotted OIDs.
  std::vector<std::string> crl_urls;
  bool authority_key_id = true;
  bool subject_key_id = true;
  std::vector<Extension> extensions;  // After all others, duplicates included.

  Digest digest = Digest::kSha256;
  bool rsa_pss = false;  // An RSA issuer signs with RSASSA-PSS.
  bool break_signature = false;
  // Called before signing.
  std::function<void(x509_st*)> edit;
};

struct TestCertificate {
  std::string der;
  std::string pem;
  std::string private_key_pem;  // PKCS#8.
};

class TestCa {
 public:
  // Self-signed, ten years from kNowMs - 1 year unless the options say
  // otherwise.
  static TestCa Root(CertificateOptions options);
  // A CA below this one, five years.
  TestCa IssueCa(CertificateOptions options) const;
  // An end-entity certificate.
  TestCertificate Issue(CertificateOptions options) const;
  // A certificate of this CA around `tbs`, a TBSCertificate in any encoding,
  // with the signature algorithm that `options` give.
  std::string SignTbs(absl::string_view tbs,
                      const CertificateOptions& options = {}) const;

  const std::string& der() const;
  const std::string& pem() const;
  const std::string& private_key_pem() const;
  // SHA-256 of its SubjectPublicKeyInfo.
  const KeyHash& key_hash() const;

 private:
  struct State;
  explicit TestCa(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

// S/MIME options that the public profile admits, multipurpose generation.
CertificateOptions PublicLeaf(absl::string_view email);

}  // namespace sealbook::smime::testing

#endif  // SEALBOOK_SMIME_TESTING_TEST_CA_H_

#include "server/testing/test_certificates.h"

#include <utility>

#include "smime/certificate.h"

namespace sealbook::server::testing {
namespace {

using smime::testing::TestCa;

smime::Issuer ToIssuer(const TestCa& ca) {
  return {ca.der(), smime::HashCertificate(ca.der()), ca.key_hash()};
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name)
    : root_(TestCa::Root({.common_name = name + " Root"})),
      issuing_(root_.IssueCa({.common_name = name + " Issuing"})),
      chain_(std::make_shared<const smime::Chain>(
          smime::Chain{ToIssuer(issuing_), ToIssuer(root_)})) {}

std::shared_ptr<const smime::AdmittedCertificate> TestAuthority::Issue(
    const std::vector<std::string>& addresses, int64_t not_after_ms) const {
  auto admitted = std::make_shared<smime::AdmittedCertificate>();
  admitted->der =
      issuing_.Issue({.emails = addresses, .not_after_ms = not_after_ms}).der;
  const smime::CertificateFacts facts =
      smime::ReadCertificateFacts(admitted->der).value();
  admitted->sha256 = facts.sha256;
  admitted->key_sha256 = facts.key_sha256;
  admitted->serial_hex = facts.serial_hex;
  admitted->role = smime::Role::kSignAndEncrypt;
  for (const std::string& address : addresses) {
    admitted->addresses.push_back({address, address});
  }
  admitted->chain = chain_;
  admitted->not_after_ms = not_after_ms;
  return admitted;
}

const TestAuthority& Authority() {
  static const TestAuthority& authority = *new TestAuthority("Test");
  return authority;
}

Submission Submit(
    const std::string& label,
    std::shared_ptr<const smime::AdmittedCertificate> certificate) {
  Submission submission;
  submission.label = label;
  submission.certificate = std::move(certificate);
  submission.publisher = "test-ca";
  submission.basis = 1;
  return submission;
}

Submission NewSubmission(const std::string& label) {
  return Submit(label, Authority().Issue({label}));
}

}  // namespace sealbook::server::testing

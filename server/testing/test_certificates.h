// Admitted certificates for tests: real ones of small test authorities.
#ifndef SEALBOOK_SERVER_TESTING_TEST_CERTIFICATES_H_
#define SEALBOOK_SERVER_TESTING_TEST_CERTIFICATES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/publication.h"
#include "smime/admission.h"
#include "smime/testing/test_ca.h"

namespace sealbook::server::testing {

// A root and an issuing authority below it.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name);

  // A new certificate for `addresses`, which are canonical.
  std::shared_ptr<const smime::AdmittedCertificate> Issue(
      const std::vector<std::string>& addresses,
      int64_t not_after_ms = smime::testing::kNowMs +
                             300 * smime::testing::kDayMs) const;

  const smime::Chain& chain() const { return *chain_; }

 private:
  smime::testing::TestCa root_;
  smime::testing::TestCa issuing_;
  std::shared_ptr<const smime::Chain> chain_;
};

// The authority that most tests use.
const TestAuthority& Authority();

// A submission of `certificate` under `label`.
Submission Submit(
    const std::string& label,
    std::shared_ptr<const smime::AdmittedCertificate> certificate);
// The same of a new certificate.
Submission NewSubmission(const std::string& label);

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_TESTING_TEST_CERTIFICATES_H_

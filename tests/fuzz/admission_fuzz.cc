// A certificate that is not byte for byte what its CA signed is not admitted,
// and reading it, admitted or not, does no harm.
#include <string>
#include <vector>

#include "smime/admission.h"
#include "smime/certificate.h"
#include "smime/chain.h"
#include "smime/testing/test_ca.h"
#include "tests/fuzz/edits.h"
#include "tests/fuzz/target.h"

namespace sealbook::fuzz {
namespace {

using smime::testing::KeyType;
using smime::testing::TestCa;

struct World {
  TestCa root = TestCa::Root({.common_name = "Root"});
  TestCa issuing = root.IssueCa({.common_name = "Issuing"});
  std::vector<std::string> certificates = {
      issuing.Issue({.emails = {"alice@example.org"}}).der,
      issuing
          .Issue({.utf8_emails = {"j\xc3\xb6rg@example.org"},
                  .key_type = KeyType::kRsa2048})
          .der,
  };
  smime::Admission admission{*smime::TrustAnchors::Read(root.pem()),
                             smime::Profile::kPrivate};
  smime::PublisherPolicy publisher{
      .id = "ca", .issuer_keys = {issuing.key_hash()}, .mail_domains = {}};
};

}  // namespace
}  // namespace sealbook::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sealbook::fuzz;
  namespace smime = sealbook::smime;
  static const World world;
  Input input({reinterpret_cast<const char*>(data), size});
  const std::string& valid =
      world.certificates[input.Below(world.certificates.size())];
  const std::string der = Edit(valid, input);
  (void)smime::ReadCertificates(der);
  (void)smime::ReadCertificateFacts(der);
  const auto admitted =
      world.admission.Admit({.certificate = der,
                             .intermediates = {world.issuing.der()},
                             .addresses = {}},
                            world.publisher, smime::testing::kNowMs);
  Require(admitted.ok() == (der == valid),
          "a changed certificate is admitted, or a true one refused");
  return 0;
}

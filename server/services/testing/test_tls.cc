#include "server/services/testing/test_tls.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "server/clock.h"
#include "smime/certificate.h"

namespace sealbook::server::testing {
namespace {

using smime::testing::CertificateOptions;
using smime::testing::kDayMs;
using smime::testing::TestCa;
using smime::testing::TestCertificate;

int64_t Now() { return static_cast<int64_t>(SystemClock().WallMs()); }

TestCa MakeCa() {
  CertificateOptions options;
  options.common_name = "TLS CA";
  options.not_before_ms = Now() - 2 * kDayMs;
  options.not_after_ms = Now() + 100 * kDayMs;
  return TestCa::Root(options);
}

TlsIdentity Issue(const TestCa& ca, const std::string& name,
                  const std::string& purpose) {
  CertificateOptions options;
  options.common_name = name;
  options.dns_names = {name};
  options.key_usage = smime::testing::kDigitalSignature;
  options.extended_key_usage = std::vector<std::string>{purpose};
  options.not_before_ms = Now() - kDayMs;
  options.not_after_ms = Now() + 30 * kDayMs;
  const TestCertificate certificate = ca.Issue(options);
  return {certificate.pem, certificate.private_key_pem,
          smime::HashSubjectKey(certificate.der).value()};
}

}  // namespace

TestTls::TestTls()
    : ca_(MakeCa()),
      // id-kp-serverAuth.
      server_(Issue(ca_, "localhost", "1.3.6.1.5.5.7.3.1")) {}

TlsIdentity TestTls::Client(const std::string& name) const {
  return Issue(ca_, name, "1.3.6.1.5.5.7.3.2");  // id-kp-clientAuth.
}

std::shared_ptr<grpc::Channel> Connect(int port, const std::string& ca,
                                       const TlsIdentity* client) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ca;
  if (client != nullptr) {
    options.pem_cert_chain = client->certificate_pem;
    options.pem_private_key = client->private_key_pem;
  }
  grpc::ChannelArguments arguments;
  // Connections of different clients must not be shared.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(16 << 20);
  return grpc::CreateCustomChannel(absl::StrCat("localhost:", port),
                                   grpc::SslCredentials(options), arguments);
}

}  // namespace sealbook::server::testing

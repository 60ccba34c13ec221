// TLS certificates for servers and publishers in tests. They are judged by the
// real clock, so that they are valid for longer than the tests' mail
// certificates.
#ifndef SEALBOOK_CLIENT_TESTING_TLS_H_
#define SEALBOOK_CLIENT_TESTING_TLS_H_

#include <string>

#include "client/testing/fake_server.h"
#include "smime/testing/test_ca.h"

namespace sealbook::client {

inline constexpr int64_t kTlsNotBeforeMs = 1577836800000;  // 2020-01-01.
inline constexpr int64_t kTlsNotAfterMs = 4102444800000;   // 2100-01-01.

inline smime::testing::TestCa TlsCa(const std::string& name) {
  return smime::testing::TestCa::Root({.common_name = name,
                                       .not_before_ms = kTlsNotBeforeMs,
                                       .not_after_ms = kTlsNotAfterMs});
}

inline smime::testing::TestCertificate TlsCertificate(
    const smime::testing::TestCa& ca, const std::string& name) {
  return ca.Issue(
      {.common_name = name,
       .dns_names = {name},
       .not_before_ms = kTlsNotBeforeMs,
       .not_after_ms = kTlsNotAfterMs,
       .extended_key_usage = {{"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"}}});
}

// For a server called `name`.
inline FakeServerTls ServerTls(const smime::testing::TestCa& ca,
                               const std::string& name = "localhost") {
  smime::testing::TestCertificate certificate = TlsCertificate(ca, name);
  return {.certificate = certificate.pem,
          .private_key = certificate.private_key_pem};
}

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_TESTING_TLS_H_

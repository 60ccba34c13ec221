// What the tests of admission share.
#ifndef SEALBOOK_SMIME_ADMISSION_FIXTURE_H_
#define SEALBOOK_SMIME_ADMISSION_FIXTURE_H_

#include <gtest/gtest.h>
#include <openssl/asn1.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "smime/admission.h"
#include "smime/chain.h"
#include "smime/testing/test_ca.h"

namespace sealbook::smime {

// Leaves are issued below an intermediate, which comes with them.
class AdmissionFixture : public ::testing::Test {
 protected:
  absl::StatusOr<AdmittedCertificate> Admit(absl::string_view der,
                                            int64_t now_ms = testing::kNowMs) {
    return admission_.Admit(
        {.certificate = der, .intermediates = {issuing_.der()}}, publisher_,
        now_ms);
  }
  absl::StatusOr<AdmittedCertificate> Admit(
      const testing::CertificateOptions& options) {
    return Admit(issuing_.Issue(options).der);
  }

  static void ExpectStatus(
      const absl::Status& status, absl::string_view check,
      absl::string_view word,
      absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_TRUE(absl::StartsWith(status.message(), absl::StrCat(check, " (")))
        << status;
    EXPECT_TRUE(absl::StrContains(status.message(), word)) << status;
  }
  void ExpectRefused(const testing::CertificateOptions& options,
                     absl::string_view check, absl::string_view word) {
    ExpectStatus(Admit(options).status(), check, word);
  }
  void ExpectAdmitted(const testing::CertificateOptions& options) {
    absl::Status status = Admit(options).status();
    EXPECT_TRUE(status.ok()) << status;
  }

  const testing::TestCa root_ = testing::TestCa::Root({.common_name = "Root"});
  const testing::TestCa issuing_ = root_.IssueCa({.common_name = "Issuing"});
  PublisherPolicy publisher_ = {.id = "ca1",
                                .issuer_keys = {issuing_.key_hash()}};
  Admission admission_{*TrustAnchors::Read(root_.pem()), Profile::kPrivate};
};

// Admissible.
inline testing::CertificateOptions Alice() {
  return {.emails = {"alice@example.org"}};
}

// The TBSCertificate of `der`, whose outer header has four bytes.
inline std::string TbsOf(absl::string_view der) {
  const auto* p = reinterpret_cast<const unsigned char*>(der.data()) + 4;
  const auto* start = p;
  long length = 0;
  int tag = 0;
  int tag_class = 0;
  ASN1_get_object(&p, &length, &tag, &tag_class, der.size() - 4);
  return std::string(der.substr(4, p - start + length));
}

// Puts `to` in place of `from`, which stands once.
inline std::string Replace(std::string tbs, const std::string& from,
                           const std::string& to) {
  size_t at = tbs.find(from);
  EXPECT_NE(at, std::string::npos);
  EXPECT_EQ(tbs.find(from, at + 1), std::string::npos);
  tbs.replace(at, from.size(), to);
  return tbs;
}

// Adds `delta` to the length in the four-byte header at `header_at`.
inline void AddToLength(std::string* der, size_t header_at, int delta) {
  ASSERT_EQ((*der)[header_at + 1], '\x82');
  auto* bytes = reinterpret_cast<uint8_t*>(der->data()) + header_at + 2;
  int length = (bytes[0] << 8 | bytes[1]) + delta;
  bytes[0] = length >> 8;
  bytes[1] = length & 0xff;
}

}  // namespace sealbook::smime

#endif  // SEALBOOK_SMIME_ADMISSION_FIXTURE_H_

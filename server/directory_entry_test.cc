#include "server/directory_entry.h"

#include <functional>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/testing/status_matchers.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::Refuses;
using ::testing::ElementsAre;

smime::CertificateHash HashOf(uint8_t value) {
  smime::CertificateHash hash;
  hash.data()[0] = value;
  return hash;
}

smime::AdmittedCertificate Certificate() {
  smime::AdmittedCertificate certificate;
  certificate.der = "new";
  certificate.sha256 = HashOf(9);
  certificate.role = smime::Role::kEncrypt;
  certificate.chain = std::make_shared<smime::Chain>(
      smime::Chain{{"i", HashOf(1), {}}, {"a", HashOf(2), {}}});
  return certificate;
}

v1::DirectoryEntry SomeEntry() {
  v1::DirectoryEntry entry;
  entry.set_format(kDirectoryEntryFormat);
  *entry.add_certificates() = ToInForce(Certificate());
  return entry;
}

TEST(DirectoryEntryTest, SaysWhatIsInForceAndWhyAndByWhom) {
  const smime::AdmittedCertificate added = Certificate();
  v1::CertificateInForce earlier;
  earlier.set_certificate("earlier");
  earlier.set_role(v1::ROLE_SIGN);
  earlier.add_issuer_sha256(HashOf(3).ToString());
  EntryDraft draft;
  draft.in_force = {&earlier};
  draft.added = &added;
  draft.cause = PublishCause::kRenewed;
  draft.publisher = "ca";
  draft.basis = 3;
  auto entry = ParseDirectoryEntry(SerializeDirectoryEntry(draft));
  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(entry->format(), 1);
  ASSERT_EQ(entry->certificates_size(), 2);
  EXPECT_EQ(entry->certificates(0).SerializeAsString(),
            earlier.SerializeAsString());
  EXPECT_EQ(entry->certificates(1).certificate(), "new");
  EXPECT_EQ(entry->certificates(1).role(), v1::ROLE_ENCRYPT);
  EXPECT_THAT(entry->certificates(1).issuer_sha256(),
              ElementsAre(HashOf(1).ToString(), HashOf(2).ToString()));
  EXPECT_EQ(entry->renewed().certificate_sha256(), HashOf(9).ToString());
  EXPECT_EQ(entry->publisher(), "ca");
  EXPECT_EQ(entry->basis(), 3);
  EXPECT_THAT(IssuersOf(*entry), ElementsAre(HashOf(3), HashOf(1), HashOf(2)));
}

TEST(DirectoryEntryTest, ListsEachIssuerOnce) {
  v1::DirectoryEntry entry = SomeEntry();
  *entry.add_certificates() = ToInForce(Certificate());
  EXPECT_THAT(IssuersOf(entry), ElementsAre(HashOf(1), HashOf(2)));
}

TEST(DirectoryEntryTest, ReadsAnAddressWithoutCertificates) {
  v1::DirectoryEntry entry;
  entry.set_format(kDirectoryEntryFormat);
  EXPECT_THAT(ParseDirectoryEntry(entry.SerializeAsString()), IsOk());
}

TEST(DirectoryEntryTest, RefusesWhatItDoesNotKnow) {
  struct Case {
    std::function<void(v1::DirectoryEntry&)> change;
    std::string word;
  };
  const Case cases[] = {
      {[](auto& e) { e.set_format(2); }, "format 2"},
      {[](auto& e) { e.clear_format(); }, "format 0"},
      {[](auto& e) { e.mutable_certificates(0)->clear_certificate(); },
       "without bytes"},
      {[](auto& e) { e.mutable_certificates(0)->clear_role(); }, "role 0"},
      {[](auto& e) {
         e.mutable_certificates(0)->set_role(static_cast<v1::Role>(9));
       },
       "role 9"},
      {[](auto& e) { e.mutable_certificates(0)->clear_issuer_sha256(); },
       "issuers"},
      {[](auto& e) { e.mutable_certificates(0)->set_issuer_sha256(1, "x"); },
       "issuers"},
  };
  for (const Case& c : cases) {
    v1::DirectoryEntry entry = SomeEntry();
    ASSERT_THAT(ParseDirectoryEntry(entry.SerializeAsString()), IsOk());
    c.change(entry);
    EXPECT_THAT(ParseDirectoryEntry(entry.SerializeAsString()),
                Refuses(absl::StatusCode::kInvalidArgument, c.word));
  }
  EXPECT_THAT(
      ParseDirectoryEntry("\xff"),
      Refuses(absl::StatusCode::kInvalidArgument, "not a directory entry"));
}

}  // namespace
}  // namespace sealbook::server

#include "client/entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/hash.h"
#include "keytrans/refusal.h"

namespace sealbook::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// With one certificate, whose issuers have these hashes.
std::string EntryOf(uint32_t format, const std::vector<std::string>& hashes) {
  v1::DirectoryEntry entry;
  entry.set_format(format);
  v1::CertificateInForce& certificate = *entry.add_certificates();
  certificate.set_certificate("certificate");
  for (const std::string& hash : hashes) certificate.add_issuer_sha256(hash);
  return entry.SerializeAsString();
}

std::string HashOf(absl::string_view der) {
  return crypto::Sha256(der).ToString();
}

// A log that committed itself to what is no entry has proven that it did.
void ExpectRefused(const std::string& value, const std::string& words) {
  const absl::Status status = DecodeEntry(value).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  EXPECT_EQ(keytrans::RefusalOf(status), std::nullopt);
  const absl::Status proven = DecodeProvenEntry(value, {}).status();
  EXPECT_EQ(keytrans::RefusalOf(proven), keytrans::RefusalReason::kMalformed);
  EXPECT_THAT(std::string(proven.message()), HasSubstr(words));
}

TEST(EntryTest, ReadsAnEntryWithTheIssuersThatItNames) {
  const std::string value = EntryOf(1, {HashOf("issuer"), HashOf("root")});
  const std::vector<std::string> sent = {"stranger", "root", "issuer", "root"};
  auto proven = DecodeProvenEntry(value, sent);
  ASSERT_TRUE(proven.ok()) << proven.status();
  EXPECT_EQ(proven->entry.certificates(0).certificate(), "certificate");
  EXPECT_THAT(proven->issuers, ElementsAre("root", "issuer"));
}

TEST(EntryTest, RefusesWhatIsNoEntry) {
  ExpectRefused("\xff", "the value (1 bytes) is not a DirectoryEntry");
  ExpectRefused("", "it has no format number");
  ExpectRefused(EntryOf(0, {}), "it has no format number");
}

TEST(EntryTest, SaysThatANewerFormatNeedsANewerProgram) {
  for (const absl::Status& status :
       {DecodeEntry(EntryOf(2, {})).status(),
        DecodeProvenEntry(EntryOf(2, {}), {}).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(std::string(status.message()), HasSubstr("format 2"));
    EXPECT_EQ(keytrans::RefusalOf(status), std::nullopt);
  }
}

TEST(EntryTest, RefusesIssuersThatAreNotNamedByASha256) {
  const std::string good = HashOf("issuer");
  ExpectRefused(EntryOf(1, {good, good.substr(1)}),
                "names an issuer by 31 bytes");
  ExpectRefused(EntryOf(1, {good + '\0'}), "names an issuer by 33 bytes");
}

}  // namespace
}  // namespace sealbook::client

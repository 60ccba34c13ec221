#include "crypto/key_store.h"

#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "crypto/signature.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::crypto {
namespace {

using ::testing::HasSubstr;

class KeyStoreTest : public ::testing::Test {
 protected:
  KeyStoreTest()
      : key_(SignaturePrivateKey::Generate(CipherSuite::kP256).value()),
        pem_(key_->ToPem().value()),
        passphrase_(std::string("correct horse")),
        encrypted_(EncryptPem(pem_, passphrase_).value()),
        path_(absl::StrCat(::testing::TempDir(), "/key_store_test.pem")) {}

  void ExpectOurs(const absl::StatusOr<SecretText>& pem) {
    ASSERT_TRUE(pem.ok()) << pem.status();
    auto key = SignaturePrivateKey::FromPem(CipherSuite::kP256, pem->view());
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ((*key)->public_key(), key_->public_key());
  }

  static void ExpectError(const absl::Status& status, absl::StatusCode code,
                          const std::string& words) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  std::string Store(const SecretText& pem) const {
    std::ofstream(path_, std::ios::trunc) << pem.view();
    return "file:" + path_;
  }

  const std::unique_ptr<SignaturePrivateKey> key_;
  const SecretText pem_;
  const SecretText passphrase_;
  const SecretText encrypted_;
  const std::string path_;
};

TEST_F(KeyStoreTest, EncryptsAndDecryptsAgain) {
  EXPECT_THAT(std::string(encrypted_.view()),
              HasSubstr("BEGIN ENCRYPTED PRIVATE KEY"));
  ExpectOurs(DecryptPem(encrypted_, &passphrase_));
  const SecretText again = EncryptPem(pem_, passphrase_).value();
  EXPECT_NE(again.view(), encrypted_.view()) << "each has its own salt";
}

TEST_F(KeyStoreTest, AKeyThatIsNotEncryptedNeedsNoPassphrase) {
  ExpectOurs(DecryptPem(pem_, nullptr));
  ExpectOurs(DecryptPem(pem_, &passphrase_));
}

TEST_F(KeyStoreTest, TellsAMissingPassphraseFromAWrongOne) {
  const SecretText wrong(std::string("incorrect"));
  const SecretText empty;
  const SecretText longer(std::string(5000, 'x'));
  ExpectError(DecryptPem(encrypted_, nullptr).status(),
              absl::StatusCode::kFailedPrecondition, "no passphrase");
  for (const SecretText* other : {&wrong, &empty, &longer}) {
    ExpectError(DecryptPem(encrypted_, other).status(),
                absl::StatusCode::kFailedPrecondition, "is not the one");
  }
  ExpectError(EncryptPem(pem_, empty).status(),
              absl::StatusCode::kInvalidArgument, "is empty");
}

TEST_F(KeyStoreTest, RefusesWhatIsNoKey) {
  const SecretText text(std::string("-----BEGIN NOTHING-----\n"));
  ExpectError(DecryptPem(text, nullptr).status(),
              absl::StatusCode::kInvalidArgument, "no private key");
  ExpectError(EncryptPem(text, passphrase_).status(),
              absl::StatusCode::kInvalidArgument, "no private key");
  const SecretText large(std::string(65537, 'x'));
  ExpectError(DecryptPem(large, nullptr).status(),
              absl::StatusCode::kInvalidArgument, "65537 bytes");
}

TEST_F(KeyStoreTest, LoadsKeysByUri) {
  ExpectOurs(LoadKeyUri(Store(pem_), nullptr));
  ExpectOurs(LoadKeyUri(Store(encrypted_), &passphrase_));
  const SecretText wrong(std::string("incorrect"));
  ExpectError(LoadKeyUri(Store(encrypted_), nullptr).status(),
              absl::StatusCode::kFailedPrecondition, "no passphrase");
  ExpectError(LoadKeyUri(Store(encrypted_), &wrong).status(),
              absl::StatusCode::kFailedPrecondition, "is not the one");
}

TEST_F(KeyStoreTest, SaysWhatAUriDoesNotHold) {
  EXPECT_EQ(LoadKeyUri("file:/nowhere/key.pem", nullptr).status().code(),
            absl::StatusCode::kNotFound);
  ExpectError(LoadKeyUri("unheard-of:key", nullptr).status(),
              absl::StatusCode::kNotFound, "cannot open the key");
  ExpectError(
      LoadKeyUri(Store(SecretText(std::string("nothing"))), nullptr).status(),
      absl::StatusCode::kNotFound, "no private key");
}

TEST(IsKeyUriTest, TellsUrisFromPaths) {
  for (const char* uri : {"file:/a", "pkcs11:token=a;object=b",
                          "org.openssl.engine:pkcs11:x", "a1+b-c.d:"}) {
    EXPECT_TRUE(IsKeyUri(uri)) << uri;
  }
  for (const char* path : {"", "signing.pem", "/etc/a:b", "c:/key", "./a:b",
                           ":a", "1a:b", "a b:c"}) {
    EXPECT_FALSE(IsKeyUri(path)) << path;
  }
}

}  // namespace
}  // namespace sealbook::crypto

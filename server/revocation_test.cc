// Revoking and bringing back, from the sequencer's queue to what a client
// proves.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/directory_entry.h"
#include "server/published_certificates.h"
#include "server/sequencer.h"
#include "server/storage/testing/status_matchers.h"
#include "server/store_check.h"
#include "server/testing/test_certificates.h"
#include "server/testing/test_log.h"
#include "smime/certificate.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::Authority;
using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::Submit;
using ::sealbook::server::testing::TestLog;
using Certificate = std::shared_ptr<const smime::AdmittedCertificate>;
using Outcome = absl::StatusOr<PublishOutcome>;

constexpr char kAlice[] = "alice@example.org";
constexpr char kSecond[] = "alice@example.net";

class RevocationTest : public ::testing::Test {
 protected:
  RevocationTest() { EXPECT_THAT(log_.Start(), IsOk()); }

  static PublishRequest Revocation(const Certificate& certificate,
                                   v1::CrlReason reason) {
    Submission revocation;
    revocation.certificate = certificate;
    revocation.cause = reason == v1::CRL_REASON_REMOVE_FROM_CRL
                           ? PublishCause::kRestored
                           : PublishCause::kRevoked;
    revocation.reason = reason;
    revocation.publisher = "test-ca";
    return {revocation};
  }
  Outcome Revoke(const Certificate& certificate, v1::CrlReason reason) {
    return log_.Publish(Revocation(certificate, reason));
  }
  absl::StatusOr<Publication> Publish(const std::string& label,
                                      const Certificate& certificate) {
    Outcome outcome = log_.Publish({Submit(label, certificate)});
    if (!outcome.ok()) return outcome.status();
    return outcome->results[0];
  }
  // A new certificate with the subject key of another one.
  static Certificate WithKeyOf(const Certificate& other,
                               const std::string& label) {
    auto certificate = std::make_shared<smime::AdmittedCertificate>(
        *Authority().Issue({label}));
    certificate->key_sha256 = other->key_sha256;
    return certificate;
  }

  // The same certificate with another signature, as ECDSA has a second one.
  static Certificate Reencoded(const Certificate& other, char change) {
    auto certificate = std::make_shared<smime::AdmittedCertificate>(*other);
    certificate->der.back() = static_cast<char>(other->der.back() ^ change);
    certificate->sha256 = smime::HashCertificate(certificate->der);
    return certificate;
  }

  // The newest entry, as a client proves it.
  v1::DirectoryEntry Entry(const std::string& label) {
    auto found = log_.LookUp(label);
    EXPECT_THAT(found, IsOk());
    auto entry = ParseDirectoryEntry((*found)->value);
    EXPECT_THAT(entry, IsOk());
    return *entry;
  }
  void ExpectSound() {
    std::vector<std::string> damages;
    const auto checked = CheckStore(
        log_.storage(), nullptr, {.progress = nullptr, .damage = [&](auto& d) {
                                    damages.push_back(d);
                                  }});
    ASSERT_THAT(checked, IsOk());
    EXPECT_THAT(damages, ::testing::IsEmpty());
  }

  TestLog log_;
};

TEST_F(RevocationTest, TakesACertificateOutOfEachOfItsAddresses) {
  const Certificate kept = Authority().Issue({kAlice});
  const Certificate gone = Authority().Issue({kAlice, kSecond});
  ASSERT_THAT(Publish(kAlice, kept), IsOk());
  ASSERT_THAT(Publish(kAlice, gone), IsOk());
  ASSERT_THAT(Publish(kSecond, gone), IsOk());
  const Outcome revoked = Revoke(gone, v1::CRL_REASON_SUPERSEDED);
  ASSERT_THAT(revoked, IsOk());
  ASSERT_EQ(revoked->results.size(), 2);

  const v1::DirectoryEntry alice = Entry(kAlice);
  ASSERT_EQ(alice.certificates_size(), 1);
  EXPECT_EQ(alice.certificates(0).certificate(), kept->der);
  EXPECT_EQ(alice.revoked().certificate_sha256(), gone->sha256.ToString());
  EXPECT_EQ(alice.revoked().reason(), v1::CRL_REASON_SUPERSEDED);
  EXPECT_EQ(alice.publisher(), "test-ca");
  const v1::DirectoryEntry second = Entry(kSecond);
  EXPECT_EQ(second.certificates_size(), 0);
  EXPECT_TRUE(second.has_revoked());
  ExpectSound();
}

TEST_F(RevocationTest, GivesTheSameVersionsAgainEvenAfterARestart) {
  const Certificate gone = Authority().Issue({kAlice});
  ASSERT_THAT(Publish(kAlice, gone), IsOk());
  const Publication first =
      *Revoke(gone, v1::CRL_REASON_SUPERSEDED)->results[0];
  EXPECT_FALSE(first.already_published);
  EXPECT_EQ(first.version, 1);
  ASSERT_THAT(log_.Restart(), IsOk());
  const uint64_t size = log_.head()->tree_size;
  const Outcome again = Revoke(gone, v1::CRL_REASON_SUPERSEDED);
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->results[0]->already_published);
  EXPECT_EQ(again->results[0]->version, first.version);
  EXPECT_EQ(again->results[0]->position, first.position);
  EXPECT_EQ(again->results[0]->commitment, first.commitment);
  EXPECT_EQ(again->tree_size, size) << "a repetition must write nothing";
}

TEST_F(RevocationTest, DoesNotEncodeAReasonThatIsNotStated) {
  const Certificate gone = Authority().Issue({kAlice});
  ASSERT_THAT(Publish(kAlice, gone), IsOk());
  ASSERT_THAT(Revoke(gone, v1::CRL_REASON_UNSPECIFIED)->results[0], IsOk());
  const v1::DirectoryEntry entry = Entry(kAlice);
  // Tag 1 with 32 bytes, and nothing else.
  EXPECT_EQ(entry.revoked().ByteSizeLong(), 34);
}

TEST_F(RevocationTest, ARevokedCertificateDoesNotComeBack) {
  const Certificate gone = Authority().Issue({kAlice, kSecond});
  ASSERT_THAT(Publish(kAlice, gone), IsOk());
  ASSERT_THAT(Revoke(gone, v1::CRL_REASON_SUPERSEDED)->results[0], IsOk());
  EXPECT_THAT(Publish(kAlice, gone),
              Refuses(absl::StatusCode::kFailedPrecondition,
                      "was revoked (superseded) and does not come back"));
  EXPECT_THAT(Publish(kSecond, gone),
              Refuses(absl::StatusCode::kFailedPrecondition, "superseded"));
  EXPECT_THAT(Revoke(gone, v1::CRL_REASON_REMOVE_FROM_CRL)->results[0],
              Refuses(absl::StatusCode::kFailedPrecondition,
                      "only certificateHold can be lifted"));
  // Its key may: it was not said to be compromised.
  EXPECT_THAT(Publish(kAlice, WithKeyOf(gone, kAlice)), IsOk());
}

TEST_F(RevocationTest, AHoldIsLifted) {
  const Certificate held = Authority().Issue({kAlice, kSecond});
  ASSERT_THAT(Publish(kAlice, held), IsOk());
  EXPECT_THAT(Revoke(held, v1::CRL_REASON_REMOVE_FROM_CRL)->results[0],
              Refuses(absl::StatusCode::kFailedPrecondition, "not on hold"));
  ASSERT_THAT(Revoke(held, v1::CRL_REASON_CERTIFICATE_HOLD)->results[0],
              IsOk());
  EXPECT_EQ(Entry(kAlice).certificates_size(), 0);
  EXPECT_THAT(Publish(kAlice, held),
              Refuses(absl::StatusCode::kFailedPrecondition, "removeFromCRL"));
  const Outcome lifted = Revoke(held, v1::CRL_REASON_REMOVE_FROM_CRL);
  ASSERT_THAT(lifted->results[0], IsOk());
  EXPECT_EQ(lifted->results[0]->version, 2);
  const v1::DirectoryEntry entry = Entry(kAlice);
  ASSERT_EQ(entry.certificates_size(), 1);
  EXPECT_EQ(entry.certificates(0).certificate(), held->der);
  EXPECT_EQ(entry.restored().certificate_sha256(), held->sha256.ToString());
  // Lifted twice is lifted once.
  const Outcome again = Revoke(held, v1::CRL_REASON_REMOVE_FROM_CRL);
  EXPECT_TRUE(again->results[0]->already_published);
  EXPECT_EQ(again->results[0]->version, 2);
  // It is as if it had never been held.
  EXPECT_TRUE(Publish(kAlice, held)->already_published);
  EXPECT_THAT(Publish(kSecond, held), IsOk());
  ExpectSound();
}

TEST_F(RevocationTest, AHoldMayBecomeFinalAndAKeyMayProveCompromised) {
  const Certificate gone = Authority().Issue({kAlice});
  ASSERT_THAT(Publish(kAlice, gone), IsOk());
  ASSERT_THAT(Revoke(gone, v1::CRL_REASON_CERTIFICATE_HOLD)->results[0],
              IsOk());
  EXPECT_EQ(Revoke(gone, v1::CRL_REASON_SUPERSEDED)->results[0]->version, 2);
  EXPECT_EQ(Entry(kAlice).revoked().reason(), v1::CRL_REASON_SUPERSEDED);
  // Any other reason comes too late.
  EXPECT_TRUE(Revoke(gone, v1::CRL_REASON_CESSATION_OF_OPERATION)
                  ->results[0]
                  ->already_published);
  EXPECT_EQ(Revoke(gone, v1::CRL_REASON_KEY_COMPROMISE)->results[0]->version,
            3);
  EXPECT_TRUE(
      Revoke(gone, v1::CRL_REASON_SUPERSEDED)->results[0]->already_published);
  EXPECT_EQ(Entry(kAlice).revoked().reason(), v1::CRL_REASON_KEY_COMPROMISE);
}

TEST_F(RevocationTest, ACompromisedKeyNeverComesBack) {
  const Certificate gone = Authority().Issue({kAlice});
  const Certificate held = WithKeyOf(gone, kSecond);
  ASSERT_THAT(Publish(kAlice, gone), IsOk());
  ASSERT_THAT(Publish(kSecond, held), IsOk());
  ASSERT_THAT(Revoke(held, v1::CRL_REASON_CERTIFICATE_HOLD)->results[0],
              IsOk());
  ASSERT_THAT(Revoke(gone, v1::CRL_REASON_KEY_COMPROMISE)->results[0], IsOk());
  ASSERT_THAT(log_.Restart(), IsOk());
  EXPECT_THAT(Publish(kAlice, WithKeyOf(gone, kAlice)),
              Refuses(absl::StatusCode::kFailedPrecondition,
                      "compromised-key (S/MIME BR 6.1.1.3)"));
  EXPECT_THAT(
      Publish("bob@example.org", WithKeyOf(gone, "bob@example.org")),
      Refuses(absl::StatusCode::kFailedPrecondition, gone->key_sha256.ToHex()));
  EXPECT_THAT(Revoke(held, v1::CRL_REASON_REMOVE_FROM_CRL)->results[0],
              Refuses(absl::StatusCode::kFailedPrecondition, "keyCompromise"));
  ExpectSound();
}

TEST_F(RevocationTest, AnExpiredCertificateIsRevokedToo) {
  const Certificate gone =
      Authority().Issue({kAlice}, smime::testing::kNowMs + 1000);
  const Certificate next = Authority().Issue({kAlice});
  ASSERT_THAT(Publish(kAlice, gone), IsOk());
  log_.clock().Advance(5000);
  // The new version drops the expired one.
  ASSERT_THAT(Publish(kAlice, next), IsOk());
  ASSERT_THAT(Revoke(gone, v1::CRL_REASON_KEY_COMPROMISE)->results[0], IsOk());
  const v1::DirectoryEntry entry = Entry(kAlice);
  EXPECT_EQ(entry.certificates_size(), 1);
  EXPECT_EQ(entry.revoked().certificate_sha256(), gone->sha256.ToString());
  EXPECT_THAT(Publish(kAlice, WithKeyOf(gone, kAlice)),
              Refuses(absl::StatusCode::kFailedPrecondition, "keyCompromise"));
}

TEST_F(RevocationTest, LiftingAHoldKeepsToTheLimitOfLiveCertificates) {
  const Certificate held = Authority().Issue({kAlice});
  ASSERT_THAT(Publish(kAlice, held), IsOk());
  ASSERT_THAT(Revoke(held, v1::CRL_REASON_CERTIFICATE_HOLD)->results[0],
              IsOk());
  PublishRequest sixteen;
  for (int i = 0; i < 16; ++i) {
    sixteen.push_back(Submit(kAlice, Authority().Issue({kAlice})));
  }
  ASSERT_THAT(log_.Publish(sixteen)->results[15], IsOk());
  EXPECT_THAT(
      Revoke(held, v1::CRL_REASON_REMOVE_FROM_CRL)->results[0],
      Refuses(absl::StatusCode::kFailedPrecondition, "live-certificates"));
  ASSERT_THAT(
      Revoke(sixteen[3].certificate, v1::CRL_REASON_SUPERSEDED)->results[0],
      IsOk());
  EXPECT_THAT(Revoke(held, v1::CRL_REASON_REMOVE_FROM_CRL)->results[0], IsOk());
}

// All in one batch: they wait while a commit is held.
TEST_F(RevocationTest, CountsFromTheBeginningOfItsBatch) {
  const Certificate gone = Authority().Issue({kAlice, kSecond});
  ASSERT_THAT(Publish(kAlice, gone), IsOk());
  log_.storage().HoldCommits();
  auto held = log_.PublishLater({testing::NewSubmission("first@example.org")});
  log_.storage().WaitUntilCommitIsHeld();
  auto elsewhere = log_.PublishLater({Submit(kSecond, gone)});
  auto same_key = log_.PublishLater({Submit(kAlice, WithKeyOf(gone, kAlice))});
  auto known = log_.PublishLater({Submit(kAlice, gone)});
  auto revoked =
      log_.PublishLater(Revocation(gone, v1::CRL_REASON_KEY_COMPROMISE));
  auto again =
      log_.PublishLater(Revocation(gone, v1::CRL_REASON_KEY_COMPROMISE));
  log_.storage().ReleaseCommits();
  ASSERT_THAT(held.get(), IsOk());
  EXPECT_THAT(elsewhere.get()->results[0],
              Refuses(absl::StatusCode::kFailedPrecondition, "compromised"));
  EXPECT_THAT(same_key.get()->results[0],
              Refuses(absl::StatusCode::kFailedPrecondition, "compromised"));
  EXPECT_TRUE(known.get()->results[0]->already_published);
  EXPECT_FALSE(revoked.get()->results[0]->already_published);
  const Outcome repeated = again.get();
  EXPECT_TRUE(repeated->results[0]->already_published);
  EXPECT_EQ(repeated->results[0]->version, 1);
  EXPECT_EQ(Entry(kAlice).certificates_size(), 0);
  EXPECT_FALSE(log_.LookUp(kSecond)->has_value());
  ExpectSound();
}

TEST_F(RevocationTest, MeansEveryEncodingOfACertificate) {
  const Certificate gone = Authority().Issue({kAlice, kSecond});
  const Certificate twin = Reencoded(gone, 1);
  ASSERT_THAT(Publish(kAlice, gone), IsOk());
  ASSERT_THAT(Publish(kSecond, twin), IsOk());
  const Outcome revoked = Revoke(gone, v1::CRL_REASON_CERTIFICATE_HOLD);
  ASSERT_EQ(revoked->results.size(), 2);
  EXPECT_EQ(Entry(kAlice).certificates_size(), 0);
  EXPECT_EQ(Entry(kSecond).certificates_size(), 0);
  EXPECT_EQ(Entry(kSecond).revoked().certificate_sha256(),
            twin->sha256.ToString());
  // Neither these nor one that was never seen.
  for (char change : {0, 1, 2}) {
    EXPECT_THAT(Publish(kAlice, Reencoded(gone, change)),
                Refuses(absl::StatusCode::kFailedPrecondition,
                        "serial number " + gone->serial_hex))
        << int{change};
  }
  ASSERT_THAT(log_.Restart(), IsOk());
  const uint64_t size = log_.head()->tree_size;
  const Outcome again = Revoke(twin, v1::CRL_REASON_CERTIFICATE_HOLD);
  ASSERT_EQ(again->results.size(), 2);
  for (const auto& result : again->results) {
    EXPECT_TRUE(result->already_published);
  }
  EXPECT_EQ(log_.head()->tree_size, size);
  ASSERT_THAT(Revoke(twin, v1::CRL_REASON_REMOVE_FROM_CRL)->results[1], IsOk());
  EXPECT_EQ(Entry(kAlice).certificates_size(), 1);
  EXPECT_EQ(Entry(kSecond).certificates_size(), 1);
  EXPECT_THAT(Publish(kAlice, Reencoded(gone, 2)), IsOk());
  ExpectSound();
}

TEST_F(RevocationTest, RefusesAnotherEncodingInItsOwnBatch) {
  const Certificate gone = Authority().Issue({kAlice});
  ASSERT_THAT(Publish(kAlice, gone), IsOk());
  log_.storage().HoldCommits();
  auto held = log_.PublishLater({testing::NewSubmission("first@example.org")});
  log_.storage().WaitUntilCommitIsHeld();
  auto twin = log_.PublishLater({Submit(kAlice, Reencoded(gone, 1))});
  auto revoked = log_.PublishLater(Revocation(gone, v1::CRL_REASON_SUPERSEDED));
  log_.storage().ReleaseCommits();
  ASSERT_THAT(held.get(), IsOk());
  EXPECT_THAT(twin.get()->results[0],
              Refuses(absl::StatusCode::kFailedPrecondition, "being revoked"));
  EXPECT_THAT(revoked.get()->results[0], IsOk());
}

// One certificate's addresses share a commit; where a commit has no room for
// all certificates, the rest follows.
TEST_F(RevocationTest, GoesOnInFurtherBatchesAndIsAnsweredOnce) {
  log_.options().batch_limit = 4;
  ASSERT_THAT(log_.Restart(), IsOk());
  const Certificate gone = Authority().Issue({kAlice, kSecond});
  for (char change : {0, 1, 2}) {
    for (const char* label : {kAlice, kSecond}) {
      ASSERT_THAT(Publish(label, Reencoded(gone, change)), IsOk());
    }
  }
  log_.storage().HoldCommits();
  auto held = log_.PublishLater({testing::NewSubmission("first@example.org")});
  log_.storage().WaitUntilCommitIsHeld();
  const int before = log_.storage().commits();
  auto first = log_.PublishLater(Revocation(gone, v1::CRL_REASON_SUPERSEDED));
  auto again = log_.PublishLater(Revocation(gone, v1::CRL_REASON_SUPERSEDED));
  auto other = log_.PublishLater({testing::NewSubmission("other@example.org")});
  EXPECT_EQ(log_.sequencer().queue_depth(), 6) << "addresses, not requests";
  log_.storage().ReleaseCommits();
  const Outcome revoked = first.get();
  ASSERT_THAT(revoked, IsOk());
  ASSERT_EQ(revoked->results.size(), 6);
  for (const auto& result : revoked->results) {
    EXPECT_FALSE(result->already_published);
    EXPECT_LT(result->position, revoked->tree_size);
  }
  const Outcome repeated = again.get();
  ASSERT_EQ(repeated->results.size(), 6);
  for (const auto& result : repeated->results) {
    EXPECT_TRUE(result->already_published);
  }
  EXPECT_THAT(other.get(), IsOk());
  EXPECT_THAT(held.get(), IsOk());
  // Four addresses, then two, and then the other publication, at the latest.
  EXPECT_GE(log_.storage().commits() - before, 2);
  EXPECT_EQ(Entry(kAlice).certificates_size(), 0);
  EXPECT_EQ(Entry(kSecond).certificates_size(), 0);
  EXPECT_EQ(log_.sequencer().queue_depth(), 0);
  ExpectSound();
}

// A crash left one certificate of the number revoked for good and the other one
// on hold.
TEST_F(RevocationTest, LiftsNoHoldUnderANumberThatIsRevokedForGood) {
  log_.options().batch_limit = 2;
  ASSERT_THAT(log_.Restart(), IsOk());
  const Certificate gone = Authority().Issue({kAlice, kSecond});
  const Certificate twin = Reencoded(gone, 1);
  for (const char* label : {kAlice, kSecond}) {
    ASSERT_THAT(Publish(label, gone), IsOk());
    ASSERT_THAT(Publish(label, twin), IsOk());
  }
  ASSERT_THAT(Revoke(gone, v1::CRL_REASON_CERTIFICATE_HOLD), IsOk());
  log_.storage().FailNextPut({.status = absl::InternalError("power cut")});
  EXPECT_THAT(Revoke(gone, v1::CRL_REASON_SUPERSEDED),
              Refuses(absl::StatusCode::kAborted, "again"));
  ASSERT_THAT(log_.Restart(), IsOk());
  const Outcome lifted = Revoke(gone, v1::CRL_REASON_REMOVE_FROM_CRL);
  ASSERT_EQ(lifted->results.size(), 4);
  for (const auto& result : lifted->results) {
    EXPECT_THAT(result, Refuses(absl::StatusCode::kFailedPrecondition,
                                "only certificateHold can be lifted"));
  }
  EXPECT_EQ(Entry(kAlice).certificates_size(), 0);
  EXPECT_THAT(Revoke(gone, v1::CRL_REASON_SUPERSEDED), IsOk());
  ExpectSound();
}

TEST_F(RevocationTest, IsFinishedByARepetitionAfterACrashHalfway) {
  log_.options().batch_limit = 2;
  ASSERT_THAT(log_.Restart(), IsOk());
  const Certificate gone = Authority().Issue({kAlice, kSecond});
  const Certificate twin = Reencoded(gone, 1);
  for (const char* label : {kAlice, kSecond}) {
    ASSERT_THAT(Publish(label, gone), IsOk());
    ASSERT_THAT(Publish(label, twin), IsOk());
  }
  // The first certificate's commit is durable; its signature is not.
  log_.storage().FailNextPut({.status = absl::InternalError("power cut")});
  EXPECT_THAT(Revoke(gone, v1::CRL_REASON_SUPERSEDED),
              Refuses(absl::StatusCode::kAborted, "again"));
  ASSERT_THAT(log_.Restart(), IsOk());
  EXPECT_EQ(Entry(kAlice).certificates_size(), 1);
  EXPECT_EQ(Entry(kSecond).certificates_size(), 1);
  EXPECT_THAT(Publish("bob@example.org", twin),
              Refuses(absl::StatusCode::kFailedPrecondition, "superseded"));
  // Another reason comes too late, and only adds what is missing.
  const Outcome rest = Revoke(gone, v1::CRL_REASON_CESSATION_OF_OPERATION);
  ASSERT_EQ(rest->results.size(), 4);
  int added = 0;
  for (const auto& result : rest->results) {
    ASSERT_THAT(result, IsOk());
    added += result->already_published ? 0 : 1;
  }
  EXPECT_EQ(added, 2);
  EXPECT_EQ(Entry(kAlice).certificates_size(), 0);
  EXPECT_EQ(Entry(kAlice).revoked().reason(), v1::CRL_REASON_SUPERSEDED);
  EXPECT_EQ(Entry(kSecond).certificates_size(), 0);
  ExpectSound();
}

TEST_F(RevocationTest, LiftingAHoldAgainDoesNotTouchWhatWasPublishedLater) {
  const Certificate held = Authority().Issue({kAlice, kSecond});
  ASSERT_THAT(Publish(kAlice, held), IsOk());
  ASSERT_THAT(Revoke(held, v1::CRL_REASON_CERTIFICATE_HOLD)->results[0],
              IsOk());
  ASSERT_THAT(Revoke(held, v1::CRL_REASON_REMOVE_FROM_CRL)->results[0], IsOk());
  const Publication later = *Publish(kSecond, held);
  const uint64_t size = log_.head()->tree_size;
  const Outcome again = Revoke(held, v1::CRL_REASON_REMOVE_FROM_CRL);
  ASSERT_EQ(again->results.size(), 2);
  for (const auto& result : again->results) {
    ASSERT_THAT(result, IsOk());
    EXPECT_TRUE(result->already_published);
    if (result->label != kSecond) continue;
    EXPECT_EQ(result->version, later.version);
  }
  EXPECT_EQ(again->tree_size, size) << "a repetition must write nothing";
  ExpectSound();
}

TEST_F(RevocationTest, LiftingAHoldIsRefusedAsPublishingWouldBe) {
  const Certificate held = Authority().Issue({kAlice});
  ASSERT_THAT(Publish(kAlice, held), IsOk());
  ASSERT_THAT(Revoke(held, v1::CRL_REASON_CERTIFICATE_HOLD)->results[0],
              IsOk());
  PublishRequest lift = Revocation(held, v1::CRL_REASON_REMOVE_FROM_CRL);
  lift[0].readmission = absl::PermissionDeniedError("not for this domain");
  EXPECT_THAT(
      log_.Publish(lift)->results[0],
      Refuses(absl::StatusCode::kPermissionDenied, "not for this domain"));
  ASSERT_THAT(Revoke(held, v1::CRL_REASON_REMOVE_FROM_CRL)->results[0], IsOk());
  // What is done stays done, whatever is forbidden since.
  EXPECT_TRUE(log_.Publish(lift)->results[0]->already_published);
}

TEST_F(RevocationTest, ADamagedRecordSpoilsItsOwnCertificateOnly) {
  const Certificate damaged = Authority().Issue({kAlice, "c@example.org"});
  const Certificate whole = Authority().Issue({kSecond});
  ASSERT_THAT(Publish(kAlice, damaged), IsOk());
  ASSERT_THAT(Publish(kSecond, whole), IsOk());
  ASSERT_THAT(Revoke(damaged, v1::CRL_REASON_SUPERSEDED)->results[0], IsOk());
  const Put record = RevocationPut(damaged->sha256, {});
  ASSERT_THAT(log_.storage().PutRecord({record.table, record.key, "\xff"}),
              IsOk());
  log_.storage().HoldCommits();
  auto held = log_.PublishLater({testing::NewSubmission("first@example.org")});
  log_.storage().WaitUntilCommitIsHeld();
  auto publish =
      log_.PublishLater({Submit("c@example.org", damaged),
                         testing::NewSubmission("second@example.org")});
  auto revoke =
      log_.PublishLater(Revocation(damaged, v1::CRL_REASON_KEY_COMPROMISE));
  auto other = log_.PublishLater(Revocation(whole, v1::CRL_REASON_SUPERSEDED));
  log_.storage().ReleaseCommits();
  ASSERT_THAT(held.get(), IsOk());
  const Outcome published = publish.get();
  ASSERT_THAT(published, IsOk());
  EXPECT_THAT(published->results[0],
              Refuses(absl::StatusCode::kDataLoss, damaged->sha256.ToHex()));
  EXPECT_THAT(published->results[1], IsOk());
  EXPECT_THAT(revoke.get()->results[0],
              Refuses(absl::StatusCode::kDataLoss, "revocation of"));
  EXPECT_THAT(other.get()->results[0], IsOk());
}

TEST_F(RevocationTest, StandsAloneInItsRequest) {
  const Certificate gone = Authority().Issue({kAlice});
  PublishRequest mixed = Revocation(gone, v1::CRL_REASON_SUPERSEDED);
  mixed.push_back(Submit(kAlice, gone));
  EXPECT_THAT(log_.Publish(mixed),
              Refuses(absl::StatusCode::kInvalidArgument, "stands alone"));
}

TEST_F(RevocationTest, DamagedAddressesAreRevokedOnceTheyAreWhole) {
  const Certificate gone = Authority().Issue({kAlice, kSecond});
  ASSERT_THAT(Publish(kAlice, gone), IsOk());
  ASSERT_THAT(Publish(kSecond, gone), IsOk());
  const auto facts = log_.store().ReadVersions({{kAlice, 0}});
  ASSERT_THAT(facts, IsOk());
  const std::string key = ValueKey(*(*facts)[0]);
  const std::string whole = *(*log_.storage().Read(Table::kValues, {key}))[0];
  ASSERT_THAT(log_.storage().PutRecord({Table::kValues, key, "x"}), IsOk());
  const Outcome first = Revoke(gone, v1::CRL_REASON_SUPERSEDED);
  ASSERT_THAT(first, IsOk());
  // In the order of their keys: example.net comes first.
  EXPECT_THAT(first->results[0], IsOk());
  EXPECT_THAT(first->results[1], Refuses(absl::StatusCode::kDataLoss, kAlice));
  ASSERT_THAT(log_.storage().PutRecord({Table::kValues, key, whole}), IsOk());
  const Outcome second = Revoke(gone, v1::CRL_REASON_SUPERSEDED);
  EXPECT_TRUE(second->results[0]->already_published);
  EXPECT_FALSE(second->results[1]->already_published);
  EXPECT_EQ(Entry(kAlice).certificates_size(), 0);
  const Outcome third = Revoke(gone, v1::CRL_REASON_SUPERSEDED);
  EXPECT_TRUE(third->results[0]->already_published);
  EXPECT_TRUE(third->results[1]->already_published);
}

TEST_F(RevocationTest, ReadsBackWhatWasPublishedByHashAndBySerialNumber) {
  const Certificate published = Authority().Issue({kAlice});
  ASSERT_THAT(Publish(kAlice, published), IsOk());
  const auto read = ReadPublishedCertificate(log_.store(), published->sha256);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ((*read)->der, published->der);
  EXPECT_EQ((*read)->key_sha256, published->key_sha256);
  EXPECT_EQ((*read)->issuer_key_sha256(), published->issuer_key_sha256());
  EXPECT_EQ((*read)->role, published->role);
  EXPECT_EQ((*read)->not_after_ms, published->not_after_ms);
  const auto found = log_.store().ReadSerial(SerialNumber::FromHex(
      published->issuer_key_sha256(), "00" + published->serial_hex));
  ASSERT_THAT(found, IsOk());
  EXPECT_THAT(*found, ::testing::ElementsAre(published->sha256));
  EXPECT_THAT(ReadPublishedCertificate(log_.store(),
                                       Authority().Issue({kAlice})->sha256),
              Refuses(absl::StatusCode::kNotFound, "was published here"));
}

}  // namespace
}  // namespace sealbook::server

// Publishing over real mutual TLS, seen from outside.
#include <grpcpp/client_context.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/sealbook/v1/records.pb.h"
#include "server/clock.h"
#include "server/commands/daemon.h"
#include "server/commands/testing/test_site.h"
#include "server/services/testing/raw_call.h"
#include "smime/certificate.h"

namespace sealbook::server {
namespace {

using smime::testing::CertificateOptions;
using smime::testing::kDayMs;
using smime::testing::TestCa;
using testing::Clients;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::LookUp;
using testing::TestSite;
using testing::TlsIdentity;

// One server for all tests of this file: each uses addresses of its own.
class DaemonPublishTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    site_ = new TestSite();
    daemon_ = site_->Start().release();
    clients_ = new Clients(*site_, *daemon_);
  }
  static void TearDownTestSuite() {
    delete clients_;
    delete daemon_;
    delete site_;
  }

  // Publishes one item and returns its result.
  static v1::PublishResult PublishOne(const v1::PublishItem& item) {
    v1::PublishResponse response;
    const grpc::Status status = clients_->Publish({item}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.results_size(), 1);
    return response.results_size() == 1 ? response.results(0)
                                        : v1::PublishResult();
  }

  static void ExpectRefused(const v1::PublishItem& item, grpc::StatusCode code,
                            const std::string& words) {
    const v1::PublishResult result = PublishOne(item);
    EXPECT_EQ(result.code(), code) << words;
    EXPECT_THAT(result.message(), HasSubstr(words));
    EXPECT_EQ(result.publications_size(), 0) << words;
  }

  static TestSite* site_;
  static Daemon* daemon_;
  static Clients* clients_;
};

TestSite* DaemonPublishTest::site_ = nullptr;
Daemon* DaemonPublishTest::daemon_ = nullptr;
Clients* DaemonPublishTest::clients_ = nullptr;

TEST_F(DaemonPublishTest, APublishedCertificateIsFoundAndItsProofHolds) {
  const std::string der = site_->Certificate({"alice@example.org"}).der;
  v1::PublishResponse response;
  const grpc::Status status =
      clients_->Publish({site_->ItemOf(der)}, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.results_size(), 1);
  const v1::PublishResult& result = response.results(0);
  EXPECT_EQ(result.code(), 0) << result.message();
  ASSERT_EQ(result.publications_size(), 1);
  const v1::Publication& publication = result.publications(0);
  EXPECT_EQ(publication.address(), "alice@example.org");
  EXPECT_EQ(publication.version(), 0u);
  EXPECT_LT(publication.position(), response.tree_size());
  EXPECT_FALSE(publication.already_published());

  const LookUp found = clients_->Find("alice@example.org");
  ASSERT_TRUE(found.status.ok()) << found.status.error_message();
  ASSERT_TRUE(found.verified.ok()) << found.verified;
  ASSERT_TRUE(found.found.has_value());
  EXPECT_EQ(found.found->version, 0u);
  EXPECT_GE(found.found->view.size(), response.tree_size());
  EXPECT_EQ(keytrans::CommitToValue(found.found->opening, "alice@example.org",
                                    0, found.found->value)
                .view(),
            publication.commitment());

  v1::DirectoryEntry entry;
  ASSERT_TRUE(entry.ParseFromString(found.found->value));
  ASSERT_EQ(entry.certificates_size(), 1);
  EXPECT_EQ(entry.certificates(0).certificate(), der);
  EXPECT_EQ(entry.certificates(0).role(), v1::ROLE_SIGN_AND_ENCRYPT);
  EXPECT_EQ(entry.publisher(), "test-ca");
  EXPECT_EQ(entry.basis(), v1::PUBLISH_BASIS_CONTRACT);
  EXPECT_TRUE(entry.has_issued());
  // Every issuer that the committed entry names comes with the answer.
  EXPECT_THAT(found.answer.issuers(),
              ElementsAre(site_->issuing().der(), site_->root().der()));
  EXPECT_THAT(
      entry.certificates(0).issuer_sha256(),
      ElementsAre(smime::HashCertificate(site_->issuing().der()).ToString(),
                  smime::HashCertificate(site_->root().der()).ToString()));
}

TEST_F(DaemonPublishTest, TheSameCertificateGetsTheSameReceipt) {
  const v1::PublishItem item = site_->Item({"again@example.org"});
  const v1::PublishResult first = PublishOne(item);
  v1::PublishResult second = PublishOne(item);
  ASSERT_EQ(first.publications_size(), 1);
  ASSERT_EQ(second.publications_size(), 1);
  EXPECT_TRUE(second.publications(0).already_published());
  second.mutable_publications(0)->set_already_published(false);
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
}

TEST_F(DaemonPublishTest, ARenewalIsTheNextVersion) {
  ASSERT_EQ(PublishOne(site_->Item({"renew@example.org"})).code(), 0);
  v1::PublishItem renewal = site_->Item({"renew@example.org"});
  renewal.set_reason(v1::PUBLISH_REASON_RENEWED);
  const v1::PublishResult result = PublishOne(renewal);
  ASSERT_EQ(result.publications_size(), 1) << result.message();
  EXPECT_EQ(result.publications(0).version(), 1u);
  const LookUp found = clients_->Find("renew@example.org");
  ASSERT_TRUE(found.verified.ok() && found.found.has_value());
  EXPECT_EQ(found.found->version, 1u);
  v1::DirectoryEntry entry;
  ASSERT_TRUE(entry.ParseFromString(found.found->value));
  EXPECT_EQ(entry.certificates_size(), 2);
  EXPECT_TRUE(entry.has_renewed());
}

TEST_F(DaemonPublishTest, PublishesUnderEveryAddressInCanonicalForm) {
  const v1::PublishResult result =
      PublishOne(site_->Item({"Two@Example.org", "too@example.org"}));
  ASSERT_EQ(result.publications_size(), 2) << result.message();
  EXPECT_EQ(result.publications(0).address(), "two@example.org");
  EXPECT_EQ(result.publications(1).address(), "too@example.org");
  EXPECT_TRUE(clients_->Find("two@example.org").found.has_value());
  EXPECT_TRUE(clients_->Find("too@example.org").found.has_value());
}

TEST_F(DaemonPublishTest, PublishesUnderTheNamedAddressesOnly) {
  v1::PublishItem item = site_->Item({"yes@example.org", "no@example.org"});
  item.add_addresses("YES@example.org");
  const v1::PublishResult result = PublishOne(item);
  ASSERT_EQ(result.publications_size(), 1) << result.message();
  EXPECT_EQ(result.publications(0).address(), "yes@example.org");
  const LookUp other = clients_->Find("no@example.org");
  EXPECT_TRUE(other.answer.has_absence());
  EXPECT_TRUE(other.verified.ok()) << other.verified;
}

TEST_F(DaemonPublishTest, RefusesAnAddressThatTheCertificateDoesNotHave) {
  v1::PublishItem item = site_->Item({"mine@example.org"});
  item.add_addresses("yours@example.org");
  ExpectRefused(item, grpc::StatusCode::INVALID_ARGUMENT, "yours@example.org");
  EXPECT_TRUE(clients_->Find("mine@example.org").answer.has_absence());
}

TEST_F(DaemonPublishTest, RefusesAnAddressOf300Bytes) {
  v1::PublishItem item = site_->Item({"long@example.org"});
  item.add_addresses(std::string(288, 'a') + "@example.org");
  ExpectRefused(item, grpc::StatusCode::INVALID_ARGUMENT, "address-");
}

TEST_F(DaemonPublishTest, RefusesWhatAdmissionRefusesNamingTheCheck) {
  const int64_t now = static_cast<int64_t>(SystemClock().WallMs());
  CertificateOptions expired = site_->Options({"bad@example.org"});
  expired.not_before_ms = now - 30 * kDayMs;
  expired.not_after_ms = now - kDayMs;
  ExpectRefused(site_->ItemOf(site_->issuing().Issue(expired).der),
                grpc::StatusCode::INVALID_ARGUMENT, "expired");

  CertificateOptions broken = site_->Options({"bad@example.org"});
  broken.break_signature = true;
  ExpectRefused(site_->ItemOf(site_->issuing().Issue(broken).der),
                grpc::StatusCode::INVALID_ARGUMENT, "signature");

  const TestCa stranger = TestCa::Root({.common_name = "Stranger"});
  ExpectRefused(
      site_->ItemOf(stranger.Issue(site_->Options({"bad@example.org"})).der),
      grpc::StatusCode::INVALID_ARGUMENT, "chain-");

  v1::PublishItem others = site_->ItemOf(
      site_->other_issuing().Issue(site_->Options({"bad@example.org"})).der);
  others.add_intermediates(site_->other_issuing().der());
  ExpectRefused(others, grpc::StatusCode::PERMISSION_DENIED,
                site_->other_issuing().key_hash().ToHex());

  CertificateOptions nobody = site_->Options({});
  nobody.common_name = "Nobody";
  ExpectRefused(site_->ItemOf(site_->issuing().Issue(nobody).der),
                grpc::StatusCode::INVALID_ARGUMENT, "san-");
  EXPECT_TRUE(clients_->Find("bad@example.org").answer.has_absence());
}

TEST_F(DaemonPublishTest, RefusesBytesThatAreNoCertificate) {
  const std::string der = site_->Certificate({"der@example.org"}).der;
  for (const std::string& bytes : {std::string(), std::string("not DER"),
                                   der.substr(0, der.size() - 1), der + "x"}) {
    ExpectRefused(site_->ItemOf(bytes), grpc::StatusCode::INVALID_ARGUMENT,
                  "der (X.690");
  }
  ExpectRefused(site_->ItemOf(std::string(40'000, 'a')),
                grpc::StatusCode::INVALID_ARGUMENT, "certificate-size");
}

TEST_F(DaemonPublishTest, RefusesBytesThatAreNoMessage) {
  const testing::RawAnswer answer =
      testing::CallRaw(clients_->publisher_channel(),
                       "/sealbook.v1.Publisher/Publish", "\x0a\xff\xff");
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.status.error_message(),
              HasSubstr("no sealbook.v1.PublishRequest"));
}

TEST_F(DaemonPublishTest, RefusesAReasonOrBasisThatItDoesNotKnow) {
  v1::PublishItem item = site_->Item({"enum@example.org"});
  item.set_reason(static_cast<v1::PublishReason>(7));
  ExpectRefused(item, grpc::StatusCode::INVALID_ARGUMENT, "reason 7");
  item.set_reason(v1::PUBLISH_REASON_ISSUED);
  item.set_basis(static_cast<v1::PublishBasis>(9));
  ExpectRefused(item, grpc::StatusCode::INVALID_ARGUMENT, "basis 9");
}

TEST_F(DaemonPublishTest, OneBadItemDoesNotHarmTheOthers) {
  v1::PublishResponse response;
  const grpc::Status status = clients_->Publish(
      {site_->Item({"good1@example.org"}), site_->ItemOf("not DER"),
       site_->Item({"good2@example.org"})},
      &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_EQ(response.results(0).code(), 0);
  EXPECT_EQ(response.results(1).code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(response.results(2).code(), 0);
  EXPECT_EQ(response.results(2).publications(0).address(), "good2@example.org");
  EXPECT_TRUE(clients_->Find("good2@example.org").found.has_value());
}

TEST_F(DaemonPublishTest, TheSameCertificateTwiceInARequestIsOneVersion) {
  const v1::PublishItem item = site_->Item({"twice@example.org"});
  v1::PublishResponse response;
  ASSERT_TRUE(clients_->Publish({item, item}, &response).ok());
  ASSERT_EQ(response.results_size(), 2);
  EXPECT_EQ(response.results(0).publications(0).version(), 0u);
  EXPECT_EQ(response.results(1).publications(0).version(), 0u);
  EXPECT_TRUE(response.results(1).publications(0).already_published());
}

TEST_F(DaemonPublishTest, TakesAThousandItemsAndNamesTheLimitFor1001) {
  v1::PublishRequest request;
  for (int i = 0; i < 1000; ++i) request.add_items()->set_certificate("x");
  v1::PublishResponse response;
  EXPECT_TRUE(clients_->Publish(request, &response).ok());
  EXPECT_EQ(response.results_size(), 1000);

  request.add_items()->set_certificate("x");
  const grpc::Status status = clients_->Publish(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("1001 items"));
  EXPECT_THAT(status.error_message(), HasSubstr("limit is 1000"));
}

TEST_F(DaemonPublishTest, NamesTheLimitOfThreeMebibytes) {
  v1::PublishRequest request;
  for (int i = 0; i < 100; ++i) {
    request.add_items()->set_certificate(std::string(32 * 1024, 'x'));
  }
  v1::PublishResponse response;
  const grpc::Status status = clients_->Publish(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("limit is 3145728 (3 MiB)"));
}

TEST_F(DaemonPublishTest, WhatIsFarTooLargeDoesNotReachUs) {
  v1::PublishRequest request;
  request.add_items()->set_certificate(std::string(9 << 20, 'x'));
  v1::PublishResponse response;
  const grpc::Status status = clients_->Publish(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("larger than max"));
}

TEST_F(DaemonPublishTest, RefusesARequestWithoutItems) {
  v1::PublishResponse response;
  const grpc::Status status =
      clients_->Publish(v1::PublishRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("no items"));
}

// A call of the publisher port with another identity.
grpc::Status PublishAs(const TestSite& site, int port, const std::string& ca,
                       const TlsIdentity* client) {
  v1::PublishRequest request;
  *request.add_items() = site.Item({"intruder@example.org"});
  v1::PublishResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(20));
  return v1::Publisher::NewStub(testing::Connect(port, ca, client))
      ->Publish(&context, request, &response);
}

TEST_F(DaemonPublishTest, RefusesAPublisherWithoutACertificate) {
  const grpc::Status status = PublishAs(
      *site_, daemon_->publisher_server().port(), site_->tls().ca(), nullptr);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), HasSubstr("showed none"));
}

TEST_F(DaemonPublishTest, RefusesAnUnknownPublisherNamingItsKey) {
  const TlsIdentity unknown = site_->tls().Client("unknown.example");
  const grpc::Status status = PublishAs(
      *site_, daemon_->publisher_server().port(), site_->tls().ca(), &unknown);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), HasSubstr(unknown.key_hash.ToHex()));
}

TEST_F(DaemonPublishTest, RefusesAPublisherOfAnotherAuthority) {
  const testing::TestTls other;
  const TlsIdentity stranger = other.Client("publisher.example");
  const grpc::Status status = PublishAs(
      *site_, daemon_->publisher_server().port(), site_->tls().ca(), &stranger);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(DaemonPublishTest, AClientWithAnotherAuthorityRefusesTheServer) {
  const testing::TestTls other;
  const grpc::Status status =
      PublishAs(*site_, daemon_->publisher_server().port(), other.ca(),
                &site_->publisher());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(DaemonPublishTest, NobodyPublishesOnThePublicPort) {
  const grpc::Status status = PublishAs(*site_, daemon_->public_server().port(),
                                        site_->tls().ca(), &site_->publisher());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST(DaemonPublishDomainTest, APublisherKeepsToItsMailDomains) {
  TestSite site;
  absl::StatusOr<Config> config = ParseConfig(
      absl::StrReplaceAll(
          site.config_text(),
          {{"id: \"test-ca\"", "id: \"test-ca\" mail_domains: \"a.example\""}}),
      site.config_file());
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_TRUE(site.Init().ok());
  absl::StatusOr<std::unique_ptr<Daemon>> daemon =
      Daemon::Start(*config, SystemClock(), [](const absl::Status&) {});
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  Clients clients(site, **daemon);
  v1::PublishResponse response;
  ASSERT_TRUE(
      clients
          .Publish({site.Item({"x@a.example"}), site.Item({"x@b.example"})},
                   &response)
          .ok());
  EXPECT_EQ(response.results(0).code(), 0) << response.results(0).message();
  EXPECT_EQ(response.results(1).code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(response.results(1).message(), HasSubstr("b.example"));
}

}  // namespace
}  // namespace sealbook::server

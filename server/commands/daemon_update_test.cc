// New versions by the draft's UpdateRequest, at the publishers' port.
#include <grpcpp/client_context.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/update_structures.h"
#include "keytrans/verifier.h"
#include "server/clock.h"
#include "server/commands/daemon.h"
#include "server/commands/testing/test_site.h"
#include "server/directory_entry.h"
#include "smime/certificate.h"

namespace sealbook::server {
namespace {

using keytrans::LabelValue;
using keytrans::OwnerInitRequest;
using keytrans::UpdateRequest;
using testing::Clients;
using ::testing::HasSubstr;
using testing::TestSite;

// One server for all tests of this file: each uses an address of its own.
class DaemonUpdateTest : public ::testing::Test {
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

  DaemonUpdateTest()
      : verifier_(*keytrans::Verifier::Create(daemon_->log().configuration())),
        publisher_(v1::Publisher::NewStub(clients_->publisher_channel())),
        public_(v1::KeyTransparency::NewStub(clients_->public_channel())) {}

  // An owner of `label`, which has no version yet.
  keytrans::VerifiedOwner Begin(const std::string& label) {
    v1::OwnerInitCall call;
    const keytrans::TreeView view =
        clients_->Find("found@example.org").found.value().view;
    const OwnerInitRequest request{view.size(), label,
                                   *keytrans::RightmostDistinguished(
                                       daemon_->log().configuration(), view)};
    call.set_request(*request.Encode());
    v1::OwnerInitAnswer answer;
    grpc::ClientContext context;
    EXPECT_TRUE(public_->OwnerInit(&context, call, &answer).ok());
    auto begun = verifier_.VerifyOwnerInit(request, view, answer.response(),
                                           SystemClock().WallMs());
    EXPECT_TRUE(begun.ok()) << begun.status();
    return *begun;
  }

  void SetUp() override {
    v1::PublishResponse response;
    ASSERT_TRUE(
        clients_->Publish({site_->Item({"found@example.org"})}, &response)
            .ok());
  }

  // The values that the versions of `items` would have.
  std::vector<LabelValue> ValuesOf(const std::vector<v1::PublishItem>& items) {
    v1::PublishRequest request;
    request.set_with_values(true);
    for (const v1::PublishItem& item : items) *request.add_items() = item;
    v1::PublishResponse response;
    grpc::ClientContext context;
    const grpc::Status status =
        publisher_->Validate(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<LabelValue> values;
    for (const v1::PublishResult& result : response.results()) {
      EXPECT_EQ(result.code(), 0) << result.message();
      values.push_back({result.publications(0).value()});
    }
    return values;
  }

  grpc::Status Update(const UpdateRequest& request,
                      std::vector<v1::UpdateAnswer>* answers = nullptr) {
    v1::PublisherUpdateCall call;
    call.set_request(*request.Encode());
    call.add_intermediates(site_->issuing().der());
    grpc::ClientContext context;
    auto stream = publisher_->Update(&context, call);
    v1::UpdateAnswer answer;
    while (stream->Read(&answer)) {
      if (answers != nullptr) answers->push_back(answer);
    }
    return stream->Finish();
  }

  void ExpectRefused(const UpdateRequest& request, grpc::StatusCode code,
                     const std::string& words) {
    const grpc::Status status = Update(request);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(words));
    EXPECT_FALSE(clients_->Find(request.label).found.has_value())
        << "nothing is created";
  }

  static TestSite* site_;
  static Daemon* daemon_;
  static Clients* clients_;

  keytrans::Verifier verifier_;
  std::unique_ptr<v1::Publisher::Stub> publisher_;
  std::unique_ptr<v1::KeyTransparency::Stub> public_;
};

TestSite* DaemonUpdateTest::site_ = nullptr;
Daemon* DaemonUpdateTest::daemon_ = nullptr;
Clients* DaemonUpdateTest::clients_ = nullptr;

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
constexpr auto kFailed = grpc::StatusCode::FAILED_PRECONDITION;

TEST_F(DaemonUpdateTest, CreatesVersionsAndProvesThatTheyWereCreated) {
  const std::string address = "owner@example.org";
  const keytrans::VerifiedOwner owner = Begin(address);
  const UpdateRequest request{
      owner.view.size(), address, std::nullopt,
      ValuesOf({site_->Item({address}), site_->Item({address})})};
  std::vector<v1::UpdateAnswer> answers;
  const grpc::Status status = Update(request, &answers);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(answers.size(), 1u);
  const auto response = keytrans::UpdateResponse::Parse(
      daemon_->log().configuration(), answers[0].response());
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_TRUE(response->values.empty());
  const auto update =
      verifier_.VerifyUpdate(request, owner.view, owner.owner,
                             answers[0].response(), SystemClock().WallMs());
  ASSERT_TRUE(update.ok()) << update.status();
  ASSERT_EQ(update->versions.size(), 2u);
  const auto found = clients_->Find(address).found;
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->version, 1u);
  EXPECT_EQ(found->value, request.values[1].value);
  EXPECT_EQ(found->opening, update->versions[1].opening);
}

TEST_F(DaemonUpdateTest, ShowsWhatWasCreatedToWhoeverAsksAgain) {
  const std::string address = "again@example.org";
  const keytrans::VerifiedOwner owner = Begin(address);
  const UpdateRequest request{owner.view.size(), address, std::nullopt,
                              ValuesOf({site_->Item({address})})};
  ASSERT_TRUE(Update(request).ok());
  std::vector<v1::UpdateAnswer> answers;
  ASSERT_TRUE(Update(request, &answers).ok());
  ASSERT_EQ(answers.size(), 1u);
  const auto response = keytrans::UpdateResponse::Parse(
      daemon_->log().configuration(), answers[0].response());
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->values, request.values)
      << "the answer says that the request's own were disregarded";
  EXPECT_TRUE(verifier_
                  .VerifyUpdate(request, owner.view, owner.owner,
                                answers[0].response(), SystemClock().WallMs())
                  .ok());
}

TEST_F(DaemonUpdateTest, DisregardsValuesWhereOthersCameFirst) {
  const std::string address = "late@example.org";
  const keytrans::VerifiedOwner owner = Begin(address);
  const UpdateRequest request{owner.view.size(), address, std::nullopt,
                              ValuesOf({site_->Item({address})})};
  v1::PublishResponse published;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(clients_->Publish({site_->Item({address})}, &published).ok());
  }
  std::vector<v1::UpdateAnswer> answers;
  ASSERT_TRUE(Update(request, &answers).ok());
  EXPECT_EQ(answers.size(), 2u);
  const auto update =
      verifier_.VerifyUpdate(request, owner.view, owner.owner,
                             answers[0].response(), SystemClock().WallMs());
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_NE(update->versions[0].value, request.values[0].value);
  EXPECT_EQ(clients_->Find(address).found->version, 1u);
}

TEST_F(DaemonUpdateTest, TellsWithoutValuesWhatOthersPublished) {
  const std::string address = "told@example.org";
  const keytrans::VerifiedOwner owner = Begin(address);
  const UpdateRequest request{owner.view.size(), address, std::nullopt, {}};
  ExpectRefused(request, kFailed, "the label has no version");
  v1::PublishResponse published;
  ASSERT_TRUE(clients_->Publish({site_->Item({address})}, &published).ok());
  std::vector<v1::UpdateAnswer> answers;
  ASSERT_TRUE(Update(request, &answers).ok());
  EXPECT_EQ(answers.size(), 1u);
}

TEST_F(DaemonUpdateTest, CreatesAllOrNothing) {
  const std::string address = "all@example.org";
  UpdateRequest request{
      std::nullopt, address, std::nullopt,
      ValuesOf({site_->Item({address}), site_->Item({address}),
                site_->Item({address})})};
  std::swap(request.values[1], request.values[2]);
  ExpectRefused(request, kInvalid,
                "value 1: this is not the value that version 1 would have");
}

TEST_F(DaemonUpdateTest, RefusesValuesThatPublishingWouldNotMake) {
  const std::string address = "bad@example.org";
  UpdateRequest request{std::nullopt, address, std::nullopt,
                        ValuesOf({site_->Item({address})})};
  const std::string good = request.values[0].value;
  const auto with = [&](const auto& change) {
    v1::DirectoryEntry entry = *ParseDirectoryEntry(good);
    change(entry);
    request.values[0].value = entry.SerializeAsString();
    return request;
  };
  ExpectRefused(with([](auto& entry) { entry.set_format(2); }), kInvalid,
                "value 0: directory entry: format 2 is not known");
  ExpectRefused(with([](auto& entry) { entry.set_publisher("other"); }),
                kInvalid, "value 0: its publisher is \"other\"");
  ExpectRefused(with([](auto& entry) { entry.clear_certificates(); }), kInvalid,
                "value 0: it lacks the certificate");
  ExpectRefused(with([](auto& entry) {
                  const std::string sha256 =
                      entry.issued().certificate_sha256();
                  entry.mutable_revoked()->set_certificate_sha256(sha256);
                }),
                kInvalid, "Publisher.Revoke");
  ExpectRefused(with([](auto& entry) {
                  *entry.add_certificates() = entry.certificates(0);
                }),
                kInvalid, "value 0: this is not the value");
  request.values[0].value = "garbage";
  ExpectRefused(request, kInvalid, "value 0: not a directory entry");
  request.values[0].value = good;
  request.greatest_version = 7;
  ExpectRefused(request, kFailed, "the label has no version 7");
  request.greatest_version.reset();
  request.values.resize(129, request.values[0]);
  ExpectRefused(request, kInvalid, "129 values; the limit is 128");
  request.values.clear();
  request.label = "Bad@example.org";
  const grpc::Status folded = Update(request);
  EXPECT_EQ(folded.error_code(), kInvalid);
  EXPECT_THAT(folded.error_message(), HasSubstr("ask for \"bad@example.org\""));
}

TEST_F(DaemonUpdateTest, RefusesWhatAdmissionRefuses) {
  const std::string address = "foreign@example.org";
  UpdateRequest request{std::nullopt, address, std::nullopt,
                        ValuesOf({site_->Item({address})})};
  v1::DirectoryEntry entry = *ParseDirectoryEntry(request.values[0].value);
  const smime::testing::TestCertificate foreign =
      site_->other_issuing().Issue(site_->Options({address}));
  entry.mutable_certificates(0)->set_certificate(foreign.der);
  entry.mutable_issued()->set_certificate_sha256(
      smime::HashCertificate(foreign.der).ToString());
  request.values[0].value = entry.SerializeAsString();
  const grpc::Status status = Update(request);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.error_message(), HasSubstr("value 0: "));
  EXPECT_FALSE(clients_->Find(address).found.has_value());
  // Another address than the certificate's.
  request.label = "else@example.org";
  request.values = ValuesOf({site_->Item({address})});
  ExpectRefused(request, kInvalid, "value 0: ");
}

TEST_F(DaemonUpdateTest, RefusesACertificateThatIsThere) {
  const std::string address = "there@example.org";
  const v1::PublishItem item = site_->Item({address});
  UpdateRequest request{std::nullopt, address, std::nullopt, ValuesOf({item})};
  ASSERT_TRUE(Update(request).ok());
  request.greatest_version = 0;
  const grpc::Status status = Update(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS)
      << status.error_message();
}

TEST_F(DaemonUpdateTest, TakesPublishersOnly) {
  const testing::TlsIdentity unknown = site_->tls().Client("unknown.example");
  for (const testing::TlsIdentity* client :
       {static_cast<const testing::TlsIdentity*>(nullptr), &unknown}) {
    const auto stub = v1::Publisher::NewStub(testing::Connect(
        daemon_->publisher_server().port(), site_->tls().ca(), client));
    grpc::ClientContext context;
    auto stream = stub->Update(&context, {});
    v1::UpdateAnswer answer;
    EXPECT_FALSE(stream->Read(&answer));
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  }
}

TEST_F(DaemonUpdateTest, CreatesNothingThatCannotBeShown) {
  const std::string address = "ahead@example.org";
  UpdateRequest request{1'000'000, address, std::nullopt,
                        ValuesOf({site_->Item({address})})};
  ExpectRefused(request, kInvalid, "1000000");
  request.last = 0;
  ExpectRefused(request, kInvalid, "last is 0");
}

TEST_F(DaemonUpdateTest, TakesAsManyIntermediatesAsPublishing) {
  const std::string address = "chain@example.org";
  v1::PublisherUpdateCall call;
  call.set_request(*UpdateRequest{std::nullopt, address, std::nullopt,
                                  ValuesOf({site_->Item({address})})}
                        .Encode());
  for (int i = 0; i < 9; ++i) call.add_intermediates(site_->issuing().der());
  grpc::ClientContext context;
  auto stream = publisher_->Update(&context, call);
  v1::UpdateAnswer answer;
  EXPECT_FALSE(stream->Read(&answer));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), kInvalid);
  EXPECT_THAT(status.error_message(), HasSubstr("9 intermediates"));
}

TEST_F(DaemonUpdateTest, TakesManyCertificatesOfOneIssuer) {
  const std::string address = "many@example.org";
  std::vector<v1::PublishItem> items;
  for (int i = 0; i < 16; ++i) items.push_back(site_->Item({address}));
  const UpdateRequest request{std::nullopt, address, std::nullopt,
                              ValuesOf(items)};
  const grpc::Status status = Update(request);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(clients_->Find(address).found->version, 15u);
}

}  // namespace
}  // namespace sealbook::server

#include "server/commands/testing/test_site.h"

#include <grpcpp/client_context.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/commands/init.h"

namespace sealbook::server::testing {
namespace {

using smime::testing::CertificateOptions;
using smime::testing::kDayMs;
using smime::testing::TestCa;
using smime::testing::TestCertificate;

int64_t Now() { return static_cast<int64_t>(SystemClock().WallMs()); }

[[noreturn]] void Die(const absl::Status& status) {
  std::cerr << "test site: " << status << std::endl;
  std::abort();
}

// Valid now, whatever the year.
CertificateOptions Ca(const std::string& name) {
  CertificateOptions options;
  options.common_name = name;
  options.not_before_ms = Now() - 2 * kDayMs;
  options.not_after_ms = Now() + 1000 * kDayMs;
  return options;
}

void WriteSecret(const std::string& path, const std::string& contents) {
  WriteFile(path, contents);
  chmod(path.c_str(), 0600);
}

constexpr char kConfig[] = R"(data_dir: "data"
mark_file: "mark/mark"
mark_on_same_file_system: true
signing_key_file: "signing.pem"
vrf_key_file: "vrf.pem"
public_listener {
  address: "localhost:0"
  certificate_file: "server.pem"
  private_key_file: "server.key"
}
publisher_listener {
  address: "localhost:0"
  certificate_file: "server.pem"
  private_key_file: "server.key"
  client_ca_file: "tls-ca.pem"
}
trust_anchors_file: "anchors.pem"
worker_threads: 2
min_free_disk_mib: 1
)";

}  // namespace

void WriteFile(const std::string& path, const std::string& contents) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << contents;
}

TestSite::TestSite()
    : folder_(
          std::filesystem::path(directory_.path()).lexically_normal().string()),
      publisher_(tls_.Client("publisher.example")),
      root_(TestCa::Root(Ca("Root"))),
      issuing_(root_.IssueCa(Ca("Issuing"))),
      other_(root_.IssueCa(Ca("Other Issuing"))) {
  WriteFile(path("tls-ca.pem"), tls_.ca());
  WriteFile(path("server.pem"), tls_.server().certificate_pem);
  WriteSecret(path("server.key"), tls_.server().private_key_pem);
  WriteFile(path("anchors.pem"), root_.pem());
  std::filesystem::create_directory(path("mark"));
  config_text_ = absl::StrCat(
      kConfig, "publishers {\n  id: \"test-ca\"\n  client_key_sha256: \"",
      publisher_.key_hash.ToHex(), "\"\n  issuer_key_sha256: \"",
      issuing_.key_hash().ToHex(), "\"\n}\n");
  WriteFile(config_file(), config_text_);
}

Config TestSite::config(const std::string& more) const {
  absl::StatusOr<Config> config =
      ParseConfig(config_text_ + more, config_file());
  if (!config.ok()) Die(config.status());
  return *std::move(config);
}

void TestSite::AddConfig(const std::string& more) {
  config_text_ += more;
  WriteFile(config_file(), config_text_);
}

absl::Status TestSite::Init(const std::string& more_config) {
  std::ostringstream out;
  const absl::Status status = server::Init(
      config(more_config), {.yes = true, .keys_backed_up = true}, out);
  made_ = status.ok();
  return status;
}

std::unique_ptr<Daemon> TestSite::Start(const std::string& more_config,
                                        const Clock& clock) {
  if (!made_) {
    if (const absl::Status status = Init(more_config); !status.ok())
      Die(status);
  }
  absl::StatusOr<std::unique_ptr<Daemon>> daemon =
      Daemon::Start(config(more_config), clock, [](const absl::Status&) {});
  if (!daemon.ok()) Die(daemon.status());
  return *std::move(daemon);
}

absl::Status TestSite::StartError(const std::string& more_config) {
  return Daemon::Start(config(more_config), SystemClock(),
                       [](const absl::Status&) {})
      .status();
}

CertificateOptions TestSite::Options(
    const std::vector<std::string>& emails) const {
  CertificateOptions options;
  options.emails = emails;
  options.not_before_ms = Now() - kDayMs;
  options.not_after_ms = Now() + 300 * kDayMs;
  return options;
}

TestCertificate TestSite::Certificate(
    const std::vector<std::string>& emails) const {
  return issuing_.Issue(Options(emails));
}

v1::PublishItem TestSite::ItemOf(const std::string& der) const {
  v1::PublishItem item;
  item.set_certificate(der);
  item.add_intermediates(issuing_.der());
  item.set_basis(v1::PUBLISH_BASIS_CONTRACT);
  return item;
}

v1::PublishItem TestSite::Item(const std::vector<std::string>& emails) const {
  return ItemOf(Certificate(emails).der);
}

Clients::Clients(const TestSite& site, const Daemon& daemon)
    : public_(Connect(daemon.public_server().port(), site.tls().ca())),
      publisher_(Connect(daemon.publisher_server().port(), site.tls().ca(),
                         &site.publisher())) {}

namespace {

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(60));
}

}  // namespace

grpc::Status Clients::Publish(const v1::PublishRequest& request,
                              v1::PublishResponse* response) {
  grpc::ClientContext context;
  SetDeadline(context);
  return v1::Publisher::NewStub(publisher_)
      ->Publish(&context, request, response);
}

grpc::Status Clients::Publish(const std::vector<v1::PublishItem>& items,
                              v1::PublishResponse* response) {
  v1::PublishRequest request;
  for (const v1::PublishItem& item : items) *request.add_items() = item;
  return Publish(request, response);
}

grpc::Status Clients::Search(const std::string& request,
                             v1::SearchAnswer* answer) {
  v1::SearchCall call;
  call.set_request(request);
  grpc::ClientContext context;
  SetDeadline(context);
  return v1::KeyTransparency::NewStub(public_)->Search(&context, call, answer);
}

keytrans::Configuration Clients::Configuration() {
  v1::GetConfigurationResponse response;
  grpc::ClientContext context;
  SetDeadline(context);
  const grpc::Status status = v1::Directory::NewStub(public_)->GetConfiguration(
      &context, v1::GetConfigurationRequest(), &response);
  absl::StatusOr<keytrans::Configuration> parsed =
      keytrans::Configuration::Parse(response.configuration());
  if (!status.ok() || !parsed.ok()) Die(parsed.status());
  return *std::move(parsed);
}

LookUp Clients::Find(const std::string& label) {
  LookUp result;
  const keytrans::SearchRequest request{.label = label};
  result.status = Search(request.Encode(), &result.answer);
  if (!result.status.ok()) return result;
  absl::StatusOr<keytrans::Verifier> verifier =
      keytrans::Verifier::Create(Configuration());
  if (!verifier.ok()) Die(verifier.status());
  const uint64_t now = SystemClock().WallMs();
  if (result.answer.has_absence()) {
    result.verified =
        verifier
            ->VerifyAbsence(request, std::nullopt, result.answer.absence(), now)
            .status();
    return result;
  }
  absl::StatusOr<keytrans::VerifiedVersion> found = verifier->VerifySearch(
      request, std::nullopt, result.answer.response(), now);
  result.verified = found.status();
  if (found.ok()) result.found = *std::move(found);
  return result;
}

}  // namespace sealbook::server::testing

#include "server/commands/daemon.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/config/text_file.h"
#include "smime/chain.h"

namespace sealbook::server {
namespace {

constexpr size_t kMaxBundleBytes = 16 << 20;
// Look-ups that wait; at some ten thousand a second, a fraction of a second.
constexpr size_t kSearchQueueLimit = 4'000;
// Requests whose certificates wait for admission, and helpers for them. Each
// request may hold 3 MiB.
constexpr size_t kPublishQueueLimit = 64;
// What gRPC lets through, so that we can say what our own limit is.
constexpr int kPublisherReceiveBytes = 8 << 20;

}  // namespace

struct Daemon::Files {
  TlsFiles public_tls;
  TlsFiles publisher_tls;
  smime::TrustAnchors anchors;
};

absl::StatusOr<Daemon::Files> Daemon::ReadFiles(const Config& config) {
  SEALBOOK_ASSIGN_OR_RETURN(TlsFiles public_tls,
                            ReadTlsFiles(config.public_listener));
  SEALBOOK_ASSIGN_OR_RETURN(TlsFiles publisher_tls,
                            ReadTlsFiles(config.publisher_listener));
  SEALBOOK_ASSIGN_OR_RETURN(
      std::string contents,
      ReadTextFile(config.trust_anchors_file, kMaxBundleBytes));
  absl::StatusOr<smime::TrustAnchors> anchors =
      smime::TrustAnchors::Read(contents);
  if (!anchors.ok()) {
    return absl::Status(anchors.status().code(),
                        absl::StrCat(config.trust_anchors_file, ": ",
                                     anchors.status().message()));
  }
  return Files{std::move(public_tls), std::move(publisher_tls),
               *std::move(anchors)};
}

void Daemon::MakeServices(const Config& config, const Files& files,
                          const Clock& clock) {
  admission_ = std::make_unique<smime::Admission>(files.anchors,
                                                  config.admission_profile);
  // Publishers may leave out intermediates that came once. One that cannot be
  // taken in is only missing, and then the publisher is told so.
  const absl::Status scanned =
      log_->records().ScanIssuers([this](absl::string_view der) {
        admission_->AddKnownIntermediate(der).IgnoreError();
        return true;
      });
  if (!scanned.ok()) {
    spdlog::error("stored issuing certificates: {}", scanned.ToString());
  }
  publishers_ = std::make_shared<const PublisherRegistry>(config.publishers);
  issuers_ = std::make_unique<Issuers>(log_->records());
  // Two for each processor: a look-up waits for the disk now and then.
  search_queue_ = std::make_unique<TaskQueue>(
      std::max<size_t>(4, 2 * config.worker_threads), kSearchQueueLimit);
  publish_queue_ =
      std::make_unique<TaskQueue>(config.worker_threads, kPublishQueueLimit);

  search_service_ = std::make_unique<SearchService>(
      SearchService::Parts{.log = &log_->prover_source(),
                           .configuration = &log_->configuration(),
                           .visible_head = &log_->visible_head(),
                           .issuers = issuers_.get(),
                           .queue = search_queue_.get()});
  directory_service_ = std::make_unique<DirectoryService>(
      log_->configuration(), log_->visible_head(),
      [this] { return log_->sequencer().queue_depth(); });
  publisher_service_ =
      std::make_unique<PublisherService>(PublisherService::Parts{
          .publishers = publishers_.get(),
          .admission = admission_.get(),
          .sequencer = &log_->sequencer(),
          .visible_head = &log_->visible_head(),
          .clock = &clock,
          .queue = publish_queue_.get(),
          .max_publications = std::min<size_t>(10'000, config.queue_limit)});
}

absl::Status Daemon::OpenPorts(const Config& config, const Files& files) {
  SEALBOOK_ASSIGN_OR_RETURN(
      public_server_,
      RpcServer::Start(
          {.name = "public",
           .address = config.public_listener.address,
           .credentials = MakeServerCredentials(files.public_tls),
           .services = {search_service_.get(), directory_service_.get()}}));

  std::shared_ptr<grpc::ServerCredentials> credentials =
      MakeServerCredentials(files.publisher_tls);
  credentials->SetAuthMetadataProcessor(
      std::make_shared<PublisherGate>(publishers_));
  SEALBOOK_ASSIGN_OR_RETURN(
      publisher_server_,
      RpcServer::Start({.name = "publisher",
                        .address = config.publisher_listener.address,
                        .credentials = std::move(credentials),
                        .services = {publisher_service_.get()},
                        .max_receive_bytes = kPublisherReceiveBytes,
                        .max_concurrent_streams = 32,
                        .memory_bytes = 512 << 20}));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(
    const Config& config, const Clock& clock,
    std::function<void(const absl::Status&)> stopped) {
  SEALBOOK_ASSIGN_OR_RETURN(const Files files, ReadFiles(config));
  std::unique_ptr<Daemon> daemon(new Daemon());
  SEALBOOK_ASSIGN_OR_RETURN(daemon->log_,
                            OpenLog::Open(config, clock, std::move(stopped)));
  daemon->MakeServices(config, files, clock);
  SEALBOOK_RETURN_IF_ERROR(daemon->OpenPorts(config, files));
  return daemon;
}

Daemon::~Daemon() { Drain(std::chrono::milliseconds(0)); }

void Daemon::StopServing() {
  if (public_server_ != nullptr) public_server_->StopServing();
  if (publisher_server_ != nullptr) publisher_server_->StopServing();
}

void Daemon::Drain(std::chrono::milliseconds patience) {
  StopServing();
  if (publisher_server_ != nullptr) publisher_server_->Drain(patience);
  if (public_server_ != nullptr) public_server_->Drain(patience);
}

}  // namespace sealbook::server

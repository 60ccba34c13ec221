#include "server/commands/daemon.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "server/commands/reload.h"
#include "server/config/text_file.h"
#include "server/redaction.h"
#include "server/services/tls_files.h"
#include "smime/chain.h"

namespace sealbook::server {
namespace {

constexpr size_t kMaxBundleBytes = 16 << 20;
// Look-ups that wait; at some ten thousand a second, a fraction of a second.
constexpr size_t kSearchQueueLimit = 4'000;
// Requests whose certificates wait for admission, of all publishers. Each may
// hold 3 MiB.
constexpr size_t kPublishQueueLimit = 64;
// What gRPC lets through, so that we can say what our own limit is.
constexpr int kPublisherReceiveBytes = 8 << 20;

}  // namespace

struct Daemon::Files {
  TlsFiles public_tls;
  TlsFiles publisher_tls;
  // Contents of trust_anchors_file, and what they mean.
  std::string trust_anchors;
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
               std::move(contents), *std::move(anchors)};
}

absl::Status Daemon::CheckFiles(const Config& config) {
  return ReadFiles(config).status();
}

void Daemon::MakeServices(const Files& files) {
  admission_ = std::make_unique<smime::Admission>(files.anchors,
                                                  config_.admission_profile);
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
  publishers_ = std::make_unique<PublisherRegistry>(config_.publishers);
  lookup_limits_ = std::make_unique<LookupLimits>(config_.lookups, clock_);
  issuers_ = std::make_unique<Issuers>(log_->records());
  // Two for each processor: a look-up waits for the disk now and then.
  search_queue_ = std::make_unique<TaskQueue>(
      std::max<size_t>(4, 2 * config_.worker_threads), kSearchQueueLimit);
  publish_queue_ =
      std::make_unique<TaskQueue>(config_.worker_threads, kPublishQueueLimit,
                                  [this] { return publishers_->size(); });

  const QueryParts query = {.log = &log_->prover_source(),
                            .configuration = &log_->configuration(),
                            .visible_head = &log_->visible_head(),
                            .issuers = issuers_.get(),
                            .queue = search_queue_.get(),
                            .limits = lookup_limits_.get(),
                            .stall_ms = config_.stream_stall_ms};
  key_transparency_service_ = std::make_unique<KeyTransparencyService>(query);
  history_service_ = std::make_unique<HistoryService>(query);
  directory_service_ = std::make_unique<DirectoryService>(
      log_->configuration(), log_->visible_head(),
      // How much waits is what padding hides.
      [this] {
        return config_.padding.on() ? 0 : log_->sequencer().queue_depth();
      });
  // Publishers are known, and have shares.
  QueryParts uncounted = query;
  uncounted.limits = nullptr;
  publisher_service_ =
      std::make_unique<PublisherService>(PublisherService::Parts{
          .publishers = publishers_.get(),
          .admission = admission_.get(),
          .sequencer = &log_->sequencer(),
          .records = &log_->records(),
          .visible_head = &log_->visible_head(),
          .clock = &clock_,
          .queue = publish_queue_.get(),
          .max_publications = std::min<size_t>(10'000, config_.queue_limit),
          .portion = config_.padding.leaves,
          .max_items = config_.queue_limit,
          .query = uncounted});
}

absl::Status Daemon::OpenPorts(Files files) {
  public_tls_ = std::make_shared<TlsCredentials>(std::move(files.public_tls));
  SEALBOOK_ASSIGN_OR_RETURN(
      public_server_,
      RpcServer::Start(
          {.name = "public",
           .address = config_.public_listener.address,
           .credentials = public_tls_,
           .services = {key_transparency_service_.get(), history_service_.get(),
                        directory_service_.get()},
           .observer = &metrics_}));

  // An unknown caller must not make the server hold megabytes.
  const auto gate = [this](absl::string_view certificate_pem) {
    const absl::Status known = publishers_->Identify(certificate_pem).status();
    if (!known.ok()) ++unknown_publishers_;
    return known;
  };
  publisher_tls_ =
      std::make_shared<TlsCredentials>(std::move(files.publisher_tls), gate);
  SEALBOOK_ASSIGN_OR_RETURN(
      publisher_server_,
      RpcServer::Start({.name = "publisher",
                        .address = config_.publisher_listener.address,
                        .credentials = publisher_tls_,
                        .services = {publisher_service_.get()},
                        .max_receive_bytes = kPublisherReceiveBytes,
                        .max_concurrent_streams = 32,
                        .memory_bytes = 512 << 20,
                        .observer = &metrics_}));
  return OpenAdminPort();
}

absl::Status Daemon::OpenAdminPort() {
  if (config_.admin_address.empty()) return absl::OkStatus();
  HttpPages pages;
  pages["/metrics"] = [this] {
    return HttpAnswer{.body = metrics_.Page(Status()),
                      .content_type = "text/plain; version=0.0.4"};
  };
  pages["/status"] = [this] {
    return HttpAnswer{.body = ToJson(Status()),
                      .content_type = "application/json"};
  };
  pages["/readyz"] = [this] {
    const std::string problem = Status().NotReady();
    if (problem.empty()) return HttpAnswer{.body = "ready\n"};
    return HttpAnswer{.status = 503, .body = problem + "\n"};
  };
  pages["/livez"] = [this] {
    const absl::Status health = log_->sequencer().health();
    if (health.ok()) return HttpAnswer{.body = "alive\n"};
    return HttpAnswer{
        .status = 503,
        .body = absl::StrCat(WithoutAddresses(health.ToString()), "\n")};
  };
  SEALBOOK_ASSIGN_OR_RETURN(
      admin_server_,
      HttpServer::Start(config_.admin_address, std::move(pages)));
  return absl::OkStatus();
}

void Daemon::OpenControlSocket() {
  auto control =
      ControlSocket::Start(config_.data_dir, log_->records().storage());
  if (control.ok()) {
    control_ = *std::move(control);
  } else {
    // Look-ups and publications need none.
    spdlog::error("no backups while this server runs: {}",
                  control.status().ToString());
  }
}

ServerStatus Daemon::Status() const {
  ServerStatus status;
  status.version = kSealbookVersion;
  status.log = log_->configuration().Fingerprint().ToHex();
  status.now_ms = clock_.WallMs();
  status.started_ms = started_ms_;
  status.max_behind_ms = log_->configuration().max_behind;
  // Before the head: it is never behind it.
  if (const auto head = log_->visible_head().Get(); head != nullptr) {
    status.tree_size = head->tree_size;
    status.head_timestamp_ms = head->timestamp_ms;
    status.head_held_ms = log_->sequencer().head_age_ms();
  }
  status.mark_tree_size = log_->mark_tree_size();
  status.queue_depth = log_->sequencer().queue_depth();
  status.commit_lag_ms = log_->sequencer().commit_lag_ms();
  status.publishers = publishers_->size();
  status.unknown_publishers = unknown_publishers_;
  const LookupLimits::Counts lookups = lookup_limits_->counts();
  status.lookups_taken = lookups.taken;
  status.lookups_refused = lookups.refused;
  status.lookup_callers = lookups.callers;
  status.caches = log_->prover_source().cache_counts();
  status.stopping = stopping_;
  const absl::Status health = log_->sequencer().health();
  if (!health.ok()) status.failure = WithoutAddresses(health.ToString());
  const absl::Status refusal = log_->sequencer().refusal();
  if (!refusal.ok()) {
    status.refusal = WithoutAddresses(std::string(refusal.message()));
  }
  return status;
}

absl::Status Daemon::Reload(const absl::StatusOr<Config>& next) {
  absl::Status status = next.status();
  if (status.ok()) status = TakeOver(*next);
  metrics_.ConfigurationReloaded(status.ok());
  return status;
}

absl::Status Daemon::TakeOver(const Config& next) {
  SEALBOOK_RETURN_IF_ERROR(CheckReload(config_, next));
  // Everything is read before anything is taken.
  SEALBOOK_ASSIGN_OR_RETURN(Files files, ReadFiles(next));
  if (files.trust_anchors != trust_anchors_) {
    return absl::FailedPreconditionError(
        absl::StrCat("trust anchors cannot change while the server runs, and ",
                     next.trust_anchors_file,
                     " is not what it was at the start; nothing was taken from "
                     "the new configuration"));
  }
  SEALBOOK_RETURN_IF_ERROR(public_tls_->Replace(std::move(files.public_tls)));
  SEALBOOK_RETURN_IF_ERROR(
      publisher_tls_->Replace(std::move(files.publisher_tls)));
  publishers_->Replace(next.publishers);
  lookup_limits_->SetRates(next.lookups);
  config_ = next;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(
    const Config& config, const Clock& clock,
    std::function<void(const absl::Status&)> stopped,
    const std::function<void()>& log_opened) {
  SEALBOOK_ASSIGN_OR_RETURN(Files files, ReadFiles(config));
  std::unique_ptr<Daemon> daemon(new Daemon(config, clock));
  SEALBOOK_ASSIGN_OR_RETURN(
      daemon->log_,
      OpenLog::Open(
          config, clock,
          {.stopped = std::move(stopped),
           .batch_ended =
               [metrics = &daemon->metrics_](const BatchReport& report) {
                 metrics->BatchEnded(report);
               },
           .heartbeat_ended =
               [metrics = &daemon->metrics_](bool written) {
                 metrics->HeartbeatEnded(written);
               }}));
  if (log_opened) log_opened();
  daemon->trust_anchors_ = files.trust_anchors;
  daemon->MakeServices(files);
  SEALBOOK_RETURN_IF_ERROR(daemon->OpenPorts(std::move(files)));
  daemon->OpenControlSocket();
  return daemon;
}

Daemon::~Daemon() { Drain(std::chrono::milliseconds(0)); }

void Daemon::StopServing() {
  stopping_ = true;
  if (public_server_ != nullptr) public_server_->StopServing();
  if (publisher_server_ != nullptr) publisher_server_->StopServing();
}

void Daemon::Drain(std::chrono::milliseconds patience) {
  StopServing();
  control_.reset();
  // What waits for its turn would hold its calls open; now it is refused.
  if (config_.padding.on() && log_ != nullptr) log_->sequencer().Stop();
  if (publisher_service_ != nullptr) publisher_service_->StopStreams();
  if (publisher_server_ != nullptr) publisher_server_->Drain(patience);
  if (public_server_ != nullptr) public_server_->Drain(patience);
}

}  // namespace sealbook::server

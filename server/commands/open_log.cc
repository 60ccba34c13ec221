#include "server/commands/open_log.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/random.h"
#include "server/backup/restore.h"
#include "server/commands/exit_code.h"
#include "server/mark/high_water_mark.h"
#include "server/redaction.h"
#include "server/storage/disk_space.h"
#include "server/storage/leveldb_storage.h"

namespace sealbook::server {
namespace {

absl::Status With(const absl::Status& status, absl::string_view more) {
  return absl::Status(status.code(),
                      absl::StrCat(status.message(), ". ", more));
}

absl::StatusOr<std::unique_ptr<FileMarkKeeper>> OpenMark(
    const std::string& path, const keytrans::Configuration& configuration) {
  absl::StatusOr<std::unique_ptr<HighWaterMark>> mark =
      HighWaterMark::Open(path, configuration.Fingerprint());
  if (absl::IsNotFound(mark.status())) {
    return WithExitCode(
        With(
            mark.status(),
            "The log is there but its high-water mark is not, so nothing shows "
            "that the data are the newest. Put the mark back from where it "
            "went; if it is lost, see `sealbookd new-mark --help`"),
        ExitCode::kUnsafe);
  }
  if (!mark.ok()) return MarkUnsafe(mark.status());
  return std::make_unique<FileMarkKeeper>(*std::move(mark));
}

}  // namespace

absl::Status MarkUnsafe(absl::Status status) {
  if (status.code() == absl::StatusCode::kFailedPrecondition ||
      status.code() == absl::StatusCode::kDataLoss) {
    return WithExitCode(std::move(status), ExitCode::kUnsafe);
  }
  return status;
}

absl::Status MarkOnSameFileSystem(const Config& config) {
  return absl::FailedPreconditionError(absl::StrCat(
      "mark_file ", config.mark_file,
      " is on the same file system as data_dir ", config.data_dir,
      ": whoever puts an old copy of that file system back restores both, and "
      "the rollback goes unnoticed. Choose a mark_file on another file system; "
      "or, to try things out, set mark_on_same_file_system: true"));
}

absl::Status CheckMarkPlace(const Config& config) {
  if (config.mark_on_same_file_system) return absl::OkStatus();
  SEALBOOK_ASSIGN_OR_RETURN(
      const bool same, OnSameFileSystem(config.mark_file, config.data_dir));
  if (!same) return absl::OkStatus();
  return WithExitCode(MarkOnSameFileSystem(config), ExitCode::kUsage);
}

absl::StatusOr<OpenStore> OpenStoreOf(const Config& config) {
  OpenStore store;
  absl::StatusOr<std::unique_ptr<Storage>> storage =
      LevelDbStorage::Open(config.data_dir, {});
  if (!storage.ok()) return MarkUnsafe(storage.status());
  store.storage = *std::move(storage);

  absl::StatusOr<keytrans::Configuration> configuration =
      LogStore(*store.storage).ReadConfiguration();
  if (absl::IsNotFound(configuration.status())) {
    return With(configuration.status(),
                absl::StrCat("An `init` was interrupted: remove ",
                             config.data_dir, " and run `sealbookd init`"));
  }
  if (!configuration.ok()) return MarkUnsafe(configuration.status());
  store.configuration = *std::move(configuration);
  SEALBOOK_ASSIGN_OR_RETURN(store.mark,
                            OpenMark(config.mark_file, store.configuration));
  return store;
}

absl::StatusOr<WritableStore> OpenWritableStore(const Config& config) {
  WritableStore opened;
  SEALBOOK_ASSIGN_OR_RETURN(opened.store, OpenStoreOf(config));
  SEALBOOK_RETURN_IF_ERROR(CheckMarkPlace(config));
  const keytrans::Configuration& configuration = opened.store.configuration;
  SEALBOOK_ASSIGN_OR_RETURN(opened.keys,
                            ReadLogKeys(config, configuration.ciphersuite));
  if (absl::Status same = CheckLogKeys(config, opened.keys, configuration);
      !same.ok()) {
    return WithExitCode(std::move(same), ExitCode::kUnsafe);
  }
  return opened;
}

OpenLog::OpenLog(OpenStore store, LogKeys keys, size_t cache_bytes)
    : store_(std::move(store)),
      keys_(std::move(keys)),
      records_(*store_.storage),
      prover_source_(
          std::make_unique<StoredLog>(records_, *keys_.vrf, cache_bytes)) {}

absl::StatusOr<std::unique_ptr<OpenLog>> OpenLog::Open(const Config& config,
                                                       const Clock& clock,
                                                       Events told) {
  SEALBOOK_ASSIGN_OR_RETURN(WritableStore opened, OpenWritableStore(config));
  if (absl::Status whole = CheckNoUnfinishedRestore(config.data_dir);
      !whole.ok()) {
    return MarkUnsafe(std::move(whole));
  }
  std::unique_ptr<OpenLog> log(new OpenLog(
      std::move(opened.store), std::move(opened.keys), config.cache_bytes));
  SequencerParts parts;
  parts.storage = log->store_.storage.get();
  parts.mark = log->store_.mark.get();
  parts.pages = &log->prover_source_->pages();
  parts.visible_head = &log->visible_head_;
  parts.signing_key = log->keys_.signing.get();
  parts.vrf_key = log->keys_.vrf.get();
  parts.clock = &clock;
  parts.random = &crypto::SystemRandom();
  parts.disk_space = FileSystemSpaceProbe(config.data_dir);

  if (config.padding.interval_ms > log->configuration().max_behind / 4) {
    return WithExitCode(
        absl::InvalidArgumentError(absl::StrCat(
            config.file,
            ": padding.interval_seconds: ", config.padding.interval_ms / 1000,
            " is too long for this log; at most a quarter of its max_behind, ",
            log->configuration().max_behind / 4000)),
        ExitCode::kUsage);
  }
  SequencerOptions options;
  options.queue_limit = config.queue_limit;
  options.worker_threads = config.worker_threads;
  options.min_free_bytes = config.min_free_disk_bytes;
  options.padding = config.padding;

  SequencerEvents events;
  events.stopped = [stopped =
                        std::move(told.stopped)](const absl::Status& why) {
    spdlog::critical("the writer has stopped: {}",
                     WithoutAddresses(why.ToString()));
    stopped(why);
  };
  events.refused = [](const absl::Status& why) {
    spdlog::error("nothing was written: {}", WithoutAddresses(why.ToString()));
  };
  events.batch_ended = std::move(told.batch_ended);
  events.heartbeat_ended = std::move(told.heartbeat_ended);
  absl::StatusOr<std::unique_ptr<Sequencer>> sequencer =
      Sequencer::Start(parts, options, events);
  if (!sequencer.ok()) return MarkUnsafe(sequencer.status());
  log->sequencer_ = *std::move(sequencer);
  return log;
}

OpenLog::~OpenLog() {
  if (sequencer_ != nullptr) sequencer_->Stop();
}

}  // namespace sealbook::server

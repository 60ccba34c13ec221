#include "server/testing/test_log.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

#include "base/status_macros.h"
#include "crypto/random.h"
#include "keytrans/prover.h"
#include "server/storage/leveldb_storage.h"
#include "server/storage/memory_storage.h"
#include "server/storage/testing/temporary_directory.h"
#include "smime/testing/test_ca.h"

namespace sealbook::server::testing {
namespace {

constexpr size_t kCacheBytes = 4 << 20;

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "test log: %s\n", value.status().ToString().c_str());
  std::abort();
}

class MemoryTestDisk final : public TestDisk {
 public:
  absl::StatusOr<std::unique_ptr<Storage>> Create() override {
    return MemoryStorage::Create(disk_);
  }
  absl::StatusOr<std::unique_ptr<Storage>> Open() override {
    return MemoryStorage::Open(disk_);
  }

 private:
  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

class LevelDbTestDisk final : public CopyableDisk {
 public:
  absl::StatusOr<std::unique_ptr<Storage>> Create() override {
    return LevelDbStorage::Create(data(), {});
  }
  absl::StatusOr<std::unique_ptr<Storage>> Open() override {
    return LevelDbStorage::Open(data(), {});
  }
  void KeepCopy() override { Copy(data(), copy()); }
  void PutCopyBack() override { Copy(copy(), data()); }

 private:
  static void Copy(const std::string& from, const std::string& to) {
    std::filesystem::remove_all(to);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
  }
  std::string data() const { return directory_.path() + "/log"; }
  std::string copy() const { return directory_.path() + "/copy"; }

  TemporaryDirectory directory_;
};

}  // namespace

const crypto::SignaturePrivateKey& SigningKey(crypto::CipherSuite suite) {
  using crypto::CipherSuite;
  using Key = crypto::SignaturePrivateKey;
  static const auto& p256 = *OrDie(Key::Generate(CipherSuite::kP256)).release();
  static const auto& ed25519 =
      *OrDie(Key::Generate(CipherSuite::kEd25519)).release();
  return suite == CipherSuite::kP256 ? p256 : ed25519;
}

const crypto::VrfPrivateKey& VrfKey(crypto::CipherSuite suite) {
  using crypto::CipherSuite;
  using Key = crypto::VrfPrivateKey;
  static const auto& p256 = *OrDie(Key::Generate(CipherSuite::kP256)).release();
  static const auto& ed25519 =
      *OrDie(Key::Generate(CipherSuite::kEd25519)).release();
  return suite == CipherSuite::kP256 ? p256 : ed25519;
}

keytrans::Configuration TestConfiguration(crypto::CipherSuite suite) {
  keytrans::Configuration configuration;
  configuration.ciphersuite = suite;
  configuration.signature_public_key = SigningKey(suite).public_key();
  configuration.vrf_public_key = VrfKey(suite).public_key();
  configuration.max_ahead = 60'000;
  configuration.max_behind = 3'600'000;
  configuration.reasonable_monitoring_window = 86'400'000;
  return configuration;
}

std::unique_ptr<TestDisk> NewMemoryDisk() {
  return std::make_unique<MemoryTestDisk>();
}

std::unique_ptr<CopyableDisk> NewLevelDbDisk() {
  return std::make_unique<LevelDbTestDisk>();
}

TestLog::TestLog(std::unique_ptr<TestDisk> disk, crypto::CipherSuite suite)
    : suite_(suite),
      disk_(std::move(disk)),
      verifier_(OrDie(keytrans::Verifier::Create(TestConfiguration(suite)))),
      clock_(smime::testing::kNowMs) {
  options_.worker_threads = 2;
  options_.idle_tick_ms = 5;
  std::unique_ptr<Storage> storage = OrDie(disk_->Create());
  const absl::Status made = InitLog(*storage, TestConfiguration(suite));
  if (!made.ok()) OrDie(absl::StatusOr<int>(made));
}

TestLog::~TestLog() { Shutdown(); }

void TestLog::Open() {
  if (storage_ != nullptr) return;
  storage_ = std::make_unique<FaultyStorage>(OrDie(disk_->Open()));
  mark_ = std::make_unique<FaultyMark>(mark_disk_);
}

SequencerParts TestLog::Parts() {
  store_ = std::make_unique<LogStore>(*storage_);
  prover_source_ =
      std::make_unique<StoredLog>(*store_, VrfKey(suite_), kCacheBytes);
  SequencerParts parts;
  parts.storage = storage_.get();
  parts.mark = mark_.get();
  parts.pages = &prover_source_->pages();
  parts.visible_head = &visible_;
  parts.signing_key = &SigningKey(suite_);
  parts.vrf_key = &VrfKey(suite_);
  parts.clock = &clock_;
  parts.random = &crypto::SystemRandom();
  parts.disk_space = disk_space_;
  return parts;
}

absl::Status TestLog::Start() {
  Open();
  {
    MutexLock lock(mutex_);
    stopped_ = absl::OkStatus();
    refused_ = absl::OkStatus();
  }
  SequencerEvents events;
  events.stopped = [this](const absl::Status& status) {
    MutexLock lock(mutex_);
    stopped_ = status;
  };
  events.refused = [this](const absl::Status& status) {
    MutexLock lock(mutex_);
    refused_ = status;
  };
  events.heartbeat_ended = [this](bool written) {
    if (!written) ++heartbeats_failed_;
  };
  SEALBOOK_ASSIGN_OR_RETURN(sequencer_,
                            Sequencer::Start(Parts(), options_, events));
  return absl::OkStatus();
}

void TestLog::Shutdown() {
  sequencer_.reset();
  visible_.Set(nullptr);
  prover_source_.reset();
  store_.reset();
  mark_.reset();
  storage_.reset();
}

std::future<absl::StatusOr<PublishOutcome>> TestLog::PublishLater(
    std::vector<Submission> request) {
  auto promise =
      std::make_shared<std::promise<absl::StatusOr<PublishOutcome>>>();
  sequencer_->Submit(std::move(request),
                     [promise](absl::StatusOr<PublishOutcome> outcome) {
                       promise->set_value(std::move(outcome));
                     });
  return promise->get_future();
}

absl::StatusOr<PublishOutcome> TestLog::Publish(
    std::vector<Submission> request) {
  return PublishLater(std::move(request)).get();
}

bool TestLog::WaitForSize(uint64_t size, uint64_t step_ms) {
  for (int i = 0; i < 1000; ++i) {
    if (head() != nullptr && head()->tree_size >= size) return true;
    clock_.Advance(step_ms);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

absl::Status TestLog::WaitUntilStopped() {
  for (int i = 0; i < 1000 && sequencer_->health().ok(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return sequencer_->health();
}

absl::Status TestLog::stopped_with() const {
  MutexLock lock(mutex_);
  return stopped_;
}

absl::Status TestLog::refused_with() const {
  MutexLock lock(mutex_);
  return refused_;
}

absl::StatusOr<std::optional<keytrans::VerifiedVersion>> TestLog::LookUp(
    const std::string& label) {
  keytrans::SearchRequest request;
  if (view_.has_value()) request.last = view_->size();
  request.label = label;
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::SearchAnswer answer,
      keytrans::AnswerSearch(*prover_source_, TestConfiguration(suite_),
                             head()->TreeHead(), request));
  if (answer.kind == keytrans::SearchAnswer::Kind::kAbsent) {
    SEALBOOK_ASSIGN_OR_RETURN(
        keytrans::VerifiedAbsence absent,
        verifier_.VerifyAbsence(request, view_, answer.bytes, clock_.WallMs()));
    view_ = absent.view;
    return std::nullopt;
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      keytrans::VerifiedVersion found,
      verifier_.VerifySearch(request, view_, answer.bytes, clock_.WallMs()));
  view_ = found.view;
  return found;
}

}  // namespace sealbook::server::testing

#include "tests/bench/filled_log.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "crypto/key_file.h"
#include "leveldb/db.h"
#include "leveldb/filter_policy.h"
#include "leveldb/options.h"
#include "smime/admission.h"
#include "smime/certificate.h"
#include "smime/testing/test_ca.h"

namespace sealbook::bench {
namespace {

using smime::testing::TestCa;

constexpr size_t kRequest = 1000;
// Between two measurements of the VRF.
constexpr uint64_t kPiece = 50'000;
constexpr size_t kVrfSample = 10'000;
// The queue's limit (server/config/sealbookd.example.textproto).
constexpr size_t kQueue = 20'000;
// With issuers and bookkeeping, a value of 1.5 kB.
constexpr size_t kCertificateBytes = 1400;

void CompactDatabase(const std::string& path, const leveldb::Options& options) {
  leveldb::DB* opened = nullptr;
  const leveldb::Status status = leveldb::DB::Open(options, path, &opened);
  if (!status.ok()) {
    std::cerr << status.ToString() << std::endl;
    std::abort();
  }
  const std::unique_ptr<leveldb::DB> database(opened);
  database->CompactRange(nullptr, nullptr);
}

smime::Issuer ToIssuer(const TestCa& ca) {
  return {ca.der(), smime::HashCertificate(ca.der()), ca.key_hash()};
}

// Submits requests while the queue has room for them.
class Feeder {
 public:
  explicit Feeder(server::Sequencer& sequencer) : sequencer_(sequencer) {}

  void Submit(std::vector<server::Submission> request) {
    const size_t count = request.size();
    {
      MutexLock lock(mutex_);
      while (outstanding_ + count > kQueue) ended_.Wait(mutex_);
      outstanding_ += count;
    }
    sequencer_.Submit(
        std::move(request),
        [this, count](const absl::StatusOr<server::PublishOutcome>& outcome) {
          CheckOk(outcome.status());
          for (const auto& result : outcome->results) CheckOk(result.status());
          MutexLock lock(mutex_);
          outstanding_ -= count;
          ended_.NotifyAll();
        });
  }

  void Wait() {
    MutexLock lock(mutex_);
    while (outstanding_ > 0) ended_.Wait(mutex_);
  }

 private:
  server::Sequencer& sequencer_;
  Mutex mutex_;
  CondVar ended_;
  size_t outstanding_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

// Requests of kSteadyRequest addresses, evenly.
class Publishing final : public SteadyPublishing {
 public:
  Publishing(FilledLog& log, double rate)
      : log_(log), rate_(rate), thread_([this] { Run(); }) {}
  ~Publishing() override {
    stopping_ = true;
    thread_.join();
  }

 private:
  static constexpr size_t kSteadyRequest = 100;

  void Run() {
    const auto chain = log_.MakeChain();
    Feeder feeder(log_.daemon().log().sequencer());
    auto due = std::chrono::steady_clock::now();
    while (!stopping_) {
      feeder.Submit(log_.MakeRequest(chain, kSteadyRequest));
      due += std::chrono::duration_cast<std::chrono::steady_clock::duration>(
          std::chrono::duration<double>(kSteadyRequest / rate_));
      std::this_thread::sleep_until(due);
    }
    feeder.Wait();
  }

  FilledLog& log_;
  const double rate_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

std::unique_ptr<SteadyPublishing> FilledLog::PublishAt(double rate) {
  return std::make_unique<Publishing>(*this, rate);
}

std::string LabelOf(uint64_t number) {
  return absl::StrCat("person", number, "@example.org");
}

FilledLog::FilledLog() {
  // One caller asks for everything here, as fast as it goes.
  site_.AddConfig("lookups_per_minute: 1000000000\nlookup_burst: 1000000000\n");
  Start();
  const crypto::SecretText pem =
      OrDie(crypto::ReadKeyFile(site_.path("vrf.pem")));
  vrf_key_ = OrDie(
      crypto::VrfPrivateKey::FromPem(crypto::CipherSuite::kP256, pem.view()));
}

std::shared_ptr<const smime::Chain> FilledLog::MakeChain() {
  return std::make_shared<const smime::Chain>(
      smime::Chain{ToIssuer(site_.issuing()), ToIssuer(site_.root())});
}

std::vector<server::Submission> FilledLog::MakeRequest(
    const std::shared_ptr<const smime::Chain>& chain, size_t count) {
  std::vector<server::Submission> request;
  for (size_t i = 0; i < count; ++i) {
    auto certificate = std::make_shared<smime::AdmittedCertificate>();
    const uint64_t number = addresses_++;
    certificate->der = absl::StrCat(number, "/");
    certificate->der.resize(kCertificateBytes, 'c');
    certificate->sha256 = smime::HashCertificate(certificate->der);
    certificate->role = smime::Role::kSignAndEncrypt;
    certificate->chain = chain;
    certificate->not_after_ms = int64_t{1} << 60;
    request.push_back({.label = LabelOf(number),
                       .certificate = std::move(certificate),
                       .publisher = "test-ca",
                       .basis = 2});
  }
  return request;
}

void FilledLog::Fill(uint64_t count, Tally& published, Tally& vrf_outputs) {
  const auto chain = MakeChain();
  Feeder feeder(daemon_->log().sequencer());
  MeasureVrfOutputs(*vrf_key_, kVrfSample, vrf_outputs);
  for (uint64_t done = 0; done < count;) {
    const uint64_t piece = std::min(kPiece, count - done);
    const Stopwatch watch;
    for (uint64_t left = piece; left > 0;) {
      const size_t size = std::min<uint64_t>(kRequest, left);
      feeder.Submit(MakeRequest(chain, size));
      left -= size;
    }
    feeder.Wait();
    published.Add(static_cast<double>(piece), watch.Seconds());
    MeasureVrfOutputs(*vrf_key_, kVrfSample, vrf_outputs);
    done += piece;
  }
}

void FilledLog::Compact() {
  const std::unique_ptr<const leveldb::FilterPolicy> filter(
      leveldb::NewBloomFilterPolicy(10));
  // As server/storage/leveldb_storage.cc opens them.
  leveldb::Options options;
  options.compression = leveldb::kNoCompression;
  options.max_file_size = 32 << 20;
  CompactDatabase(data() + "/entries", options);
  options.filter_policy = filter.get();
  CompactDatabase(data() + "/leveldb", options);
}

}  // namespace sealbook::bench

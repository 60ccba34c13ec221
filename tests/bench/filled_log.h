// A log with many addresses, behind a server with real TLS.
#ifndef SEALBOOK_TESTS_BENCH_FILLED_LOG_H_
#define SEALBOOK_TESTS_BENCH_FILLED_LOG_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "crypto/vrf.h"
#include "server/commands/daemon.h"
#include "server/commands/testing/test_site.h"
#include "server/publication.h"
#include "server/sequencer.h"
#include "tests/bench/measure.h"

namespace sealbook::bench {

// The label of one of the addresses.
std::string LabelOf(uint64_t number);

// Publishes until it is destroyed.
class SteadyPublishing {
 public:
  virtual ~SteadyPublishing() = default;
};

class FilledLog {
 public:
  // Makes an empty log and starts its server in this process.
  FilledLog();

  // Publishes `count` new addresses from the sequencer's queue, each with a
  // value of some 1,500 bytes: the certificates count as admitted and are not
  // parsed. Adds to `published` and, measured in between, to `vrf_outputs`.
  void Fill(uint64_t count, Tally& published, Tally& vrf_outputs);

  // Publishes such addresses at `rate` a second from a thread of its own; what
  // else of this changes the log has to wait until the result is destroyed.
  std::unique_ptr<SteadyPublishing> PublishAt(double rate);

  uint64_t addresses() const { return addresses_; }
  server::testing::TestSite& site() { return site_; }
  const crypto::VrfPrivateKey& vrf_key() const { return *vrf_key_; }

  // Requires: the server runs in this process.
  server::Daemon& daemon() { return *daemon_; }
  void Start() { daemon_ = site_.Start(); }
  void Stop() { daemon_.reset(); }

  // The folder of the log's data.
  std::string data() const { return site_.path("data"); }
  // Merges everything that LevelDB has put off. Requires: no server runs.
  void Compact();

 private:
  friend class Publishing;

  std::shared_ptr<const smime::Chain> MakeChain();
  std::vector<server::Submission> MakeRequest(
      const std::shared_ptr<const smime::Chain>& chain, size_t count);

  server::testing::TestSite site_;
  std::unique_ptr<server::Daemon> daemon_;
  std::unique_ptr<crypto::VrfPrivateKey> vrf_key_;
  std::atomic<uint64_t> addresses_ = 0;
};

}  // namespace sealbook::bench

#endif  // SEALBOOK_TESTS_BENCH_FILLED_LOG_H_

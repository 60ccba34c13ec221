// What a log proves of an address, and a bounded memory of it.
#ifndef SEALBOOK_CLIENT_LDAP_PROVEN_H_
#define SEALBOOK_CLIENT_LDAP_PROVEN_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/ldap/usable.h"
#include "proto/sealbook/v1/records.pb.h"

namespace sealbook::client::ldap {

struct Proven {
  std::string label;
  // Absent: it is proven that the address has nothing, and never had.
  std::optional<v1::DirectoryEntry> entry;
  // DER, each named by its SHA-256 in the entry.
  std::vector<std::string> issuers;
  // The tree that it is proven in.
  uint64_t tree_size = 0;
  // When its newest log entry was made, and when the answer came; milliseconds
  // since the Unix epoch.
  uint64_t head_ms = 0;
  uint64_t answered_ms = 0;
  // Which certificates of `entry` may be used: judged when first asked for.
  mutable UsableMemo usable;
};

using ProvenPtr = std::shared_ptr<const Proven>;

struct CacheOptions {
  size_t max_bytes = 16 << 20;
  // How long after its answer it may be shown; 0: nothing is kept.
  uint64_t max_age_ms = 300'000;
  // The log's max_behind: how old the newest log entry may be. Not even a
  // longer max_age_ms shows what a new answer would be refused for.
  uint64_t max_behind_ms = 0;
};

// Forgets what was used the longest ago first. Not thread-safe.
class ProvenCache {
 public:
  explicit ProvenCache(CacheOptions options) : options_(options) {}

  // Null: nothing, or nothing that may be shown at `now_ms`.
  ProvenPtr Get(const std::string& label, uint64_t now_ms);
  void Put(ProvenPtr proven);
  void Clear();

  size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    ProvenPtr proven;
    size_t bytes = 0;
  };
  using List = std::list<Kept>;

  bool MayBeShown(const Proven& proven, uint64_t now_ms) const;
  void Drop(std::map<std::string, List::iterator>::iterator found);

  const CacheOptions options_;
  // The most recently used first.
  List kept_;
  std::map<std::string, List::iterator> by_label_;
  size_t bytes_ = 0;
};

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_PROVEN_H_

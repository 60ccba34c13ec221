// How the server is doing: sampled values, for people, scripts and metrics.
#ifndef SEALBOOK_SERVER_ADMIN_SERVER_STATUS_H_
#define SEALBOOK_SERVER_ADMIN_SERVER_STATUS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/lru_cache.h"

namespace sealbook::server {

// Times are in milliseconds; moments since the Unix epoch.
struct ServerStatus {
  std::string version;
  // The log's fingerprint, hex.
  std::string log;
  uint64_t now_ms = 0;
  uint64_t started_ms = 0;
  uint64_t max_behind_ms = 0;

  // 0: no head is signed yet.
  uint64_t tree_size = 0;
  uint64_t head_timestamp_ms = 0;
  // How long it has been the newest one, by the clock that nobody sets.
  uint64_t head_held_ms = 0;
  uint64_t mark_tree_size = 0;

  // Publications that wait or are being written.
  uint64_t queue_depth = 0;
  // Age of the oldest of them.
  uint64_t commit_lag_ms = 0;
  uint64_t publishers = 0;
  // Calls that ended before their message was read.
  uint64_t unknown_publishers = 0;

  // Addresses.
  uint64_t lookups_taken = 0;
  uint64_t lookups_refused = 0;
  uint64_t lookup_callers = 0;

  std::map<std::string, CacheCounts> caches;

  bool stopping = false;
  // Why the writer has stopped for good; empty: it works.
  std::string failure;
  // Why it writes no entries now; empty: it does.
  std::string refusal;

  // Age of the newest head: by its timestamp, or for how long it has been the
  // newest one where that is longer, since the wall clock may have been set
  // back.
  uint64_t HeadAgeMs() const;
  // Why calls should not be sent here; empty: ready. That is: no head is signed
  // yet, it is older than half of max_behind (a heartbeat is due after a
  // third), no entries are written, or the server is stopping or has to.
  std::string NotReady() const;
};

// One JSON object, all fields, with "ready" and "not_ready" (why).
std::string ToJson(const ServerStatus& status);

// INVALID_ARGUMENT: not what ToJson writes.
absl::StatusOr<ServerStatus> StatusFromJson(absl::string_view json);

// A few lines for a person.
std::string ToText(const ServerStatus& status);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_ADMIN_SERVER_STATUS_H_

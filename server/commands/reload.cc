#include "server/commands/reload.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sealbook::server {

absl::Status CheckReload(const Config& now, const Config& next) {
  const std::vector<std::pair<const char*, bool>> fields = {
      {"data_dir", now.data_dir == next.data_dir},
      {"mark_file", now.mark_file == next.mark_file},
      {"mark_on_same_file_system",
       now.mark_on_same_file_system == next.mark_on_same_file_system},
      {"signing_key_file", now.signing_key_file == next.signing_key_file},
      {"vrf_key_file", now.vrf_key_file == next.vrf_key_file},
      {"key_passphrase", now.key_passphrase == next.key_passphrase},
      {"public_listener.address",
       now.public_listener.address == next.public_listener.address},
      {"public_listener.client_ca_file (there or not)",
       now.public_listener.client_ca_file.empty() ==
           next.public_listener.client_ca_file.empty()},
      {"publisher_listener.address",
       now.publisher_listener.address == next.publisher_listener.address},
      {"admin.address", now.admin_address == next.admin_address},
      {"trust_anchors_file", now.trust_anchors_file == next.trust_anchors_file},
      {"admission_profile", now.admission_profile == next.admission_profile},
      {"queue_limit", now.queue_limit == next.queue_limit},
      {"worker_threads", now.worker_threads == next.worker_threads},
      {"cache_mib", now.cache_bytes == next.cache_bytes},
      {"min_free_disk_mib",
       now.min_free_disk_bytes == next.min_free_disk_bytes},
      {"stream_stall_seconds", now.stream_stall_ms == next.stream_stall_ms},
      {"padding", now.padding == next.padding},
      {"log", now.log == next.log},
      {"log_format", now.log_format == next.log_format},
  };
  std::vector<std::string> changed;
  for (const auto& [name, same] : fields) {
    if (!same) changed.push_back(name);
  }
  if (changed.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "cannot change while the server runs: ", absl::StrJoin(changed, ", "),
      "; nothing was taken from the new configuration"));
}

}  // namespace sealbook::server

#include "server/commands/check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/commands/exit_code.h"
#include "server/commands/open_log.h"
#include "server/store_check.h"

namespace sealbook::server {

absl::Status Check(const Config& config, std::ostream& out,
                   std::ostream& progress) {
  SEALBOOK_ASSIGN_OR_RETURN(const OpenStore store, OpenStoreOf(config));
  out << "log " << store.configuration.Fingerprint().ToHex() << " in "
      << config.data_dir << std::endl;

  StoreCheckCallbacks callbacks;
  callbacks.progress = [&progress](const std::string& stage, uint64_t done) {
    progress << stage << ": " << done << std::endl;
  };
  callbacks.damage = [&out](const std::string& damage) {
    out << "DAMAGE: " << damage << std::endl;
  };
  SEALBOOK_ASSIGN_OR_RETURN(
      const StoreCheckSummary summary,
      CheckStore(*store.storage, store.mark.get(), callbacks));
  out << "checked: tree size " << summary.tree_size << ", " << summary.leaves
      << " leaves, " << summary.pages << " pages, " << summary.labels
      << " labels, " << summary.versions << " versions" << std::endl;
  if (summary.damages > 0) {
    return WithExitCode(
        absl::DataLossError(absl::StrCat(
            summary.damages,
            summary.damages == 1 ? " damage was" : " damages were",
            " found. Do not serve this store: find out what damaged it, and "
            "put back a copy that holds at least the tree size of the mark")),
        ExitCode::kUnsafe);
  }
  out << "the store is sound" << std::endl;
  return absl::OkStatus();
}

}  // namespace sealbook::server

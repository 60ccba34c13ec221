#include "server/commands/new_mark.h"

#include <filesystem>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/types.h"
#include "server/commands/exit_code.h"
#include "server/commands/open_log.h"
#include "server/log_store.h"
#include "server/mark/high_water_mark.h"
#include "server/recovery.h"
#include "server/storage/leveldb_storage.h"

namespace sealbook::server {
namespace {

absl::StatusOr<crypto::Hash> ParseRoot(const std::string& hex) {
  bool digits = hex.size() == 2 * crypto::Hash::kSize;
  for (const char c : hex) digits = digits && absl::ascii_isxdigit(c);
  if (!digits) {
    return WithExitCode(
        absl::InvalidArgumentError(absl::StrCat(
            "\"", hex,
            "\" is no log root: give its 64 hexadecimal digits, as "
            "`sealbook status` shows them")),
        ExitCode::kUsage);
  }
  return *crypto::Hash::FromBytes(absl::HexStringToBytes(hex));
}

absl::Status CheckNoMark(const Config& config) {
  std::error_code error;
  if (std::filesystem::symlink_status(config.mark_file, error).type() ==
      std::filesystem::file_type::not_found) {
    return absl::OkStatus();
  }
  return absl::AlreadyExistsError(absl::StrCat(
      config.mark_file,
      " is there: a mark is never replaced. If `sealbookd check` says that it "
      "is damaged, move it away first"));
}

// The head of the data, which hold the given tree.
absl::StatusOr<Head> CheckedHead(const LogStore& store,
                                 const keytrans::Configuration& configuration,
                                 uint64_t size, const crypto::Hash& root) {
  SEALBOOK_ASSIGN_OR_RETURN(const RecoveredLog log,
                            CompareHeads(store, configuration, std::nullopt));
  const uint64_t stored = log.head.has_value() ? log.head->head.tree_size : 0;
  if (size == 0 || size > stored) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the data hold ", stored, " log entries and not a tree of ", size,
        ": they are an older copy of the log. No mark was made"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(const crypto::Hash found,
                            StoredRootAt(store, size));
  if (found != root) {
    return absl::FailedPreconditionError(
        absl::StrCat("the first ", size, " log entries of the data have root ",
                     found.ToHex(), ", not the given ", root.ToHex(),
                     ": they are a fork of the log. No mark was made"));
  }
  return log.head->head;
}

}  // namespace

absl::Status MakeNewMark(const Config& config, const NewMarkOptions& options,
                         std::ostream& out) {
  SEALBOOK_ASSIGN_OR_RETURN(const crypto::Hash root,
                            ParseRoot(options.log_root));
  SEALBOOK_RETURN_IF_ERROR(CheckNoMark(config));
  absl::StatusOr<std::unique_ptr<Storage>> storage =
      LevelDbStorage::Open(config.data_dir, {});
  if (!storage.ok()) return MarkUnsafe(storage.status());
  SEALBOOK_RETURN_IF_ERROR(CheckMarkPlace(config));
  const LogStore store(**storage);
  SEALBOOK_ASSIGN_OR_RETURN(const keytrans::Configuration configuration,
                            store.ReadConfiguration());
  const absl::StatusOr<Head> head =
      CheckedHead(store, configuration, options.tree_size, root);
  if (!head.ok()) return MarkUnsafe(head.status());
  SEALBOOK_ASSIGN_OR_RETURN(
      const std::unique_ptr<HighWaterMark> mark,
      HighWaterMark::Create(config.mark_file, configuration.Fingerprint()));
  SEALBOOK_RETURN_IF_ERROR(
      mark->Advance({head->tree_size, head->log_root, head->timestamp_ms}));
  out << config.mark_file << ": made, at tree size " << head->tree_size
      << "; the data go on " << head->tree_size - options.tree_size
      << " log entries behind the given tree.\nNext: sealbookd check --config "
      << config.file << std::endl;
  return absl::OkStatus();
}

}  // namespace sealbook::server

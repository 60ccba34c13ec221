// Publishes what a backup holds in a new log.
//
// Every version of every label gets its number and its value back, byte for
// byte, under a new opening and the new log's VRF; a label's versions keep
// their order, labels come in the order of their bytes. What is not brought
// over: when a version was in the old log (the new log's entries have the
// present time; the old dates stay in the backup), openings, padding.
// Publications, serial numbers, issuing certificates, revocations and
// compromised keys are copied as they are: they name labels and versions,
// which are the same.
//
// All of it goes through the log's writer, in the order of every batch: commit,
// read back, mark, sign. It can be interrupted and begun again.
#ifndef SEALBOOK_SERVER_BACKUP_RESTORE_H_
#define SEALBOOK_SERVER_BACKUP_RESTORE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/random.h"
#include "crypto/vrf.h"
#include "merkle/prefix_tree.h"
#include "server/backup/backup_folder.h"
#include "server/log_store.h"
#include "server/log_writer.h"

namespace sealbook::server {

// All of it outlives the call.
struct RestoreParts {
  // The backup, checked.
  const LogStore* from = nullptr;
  LogWriter* writer = nullptr;
  const crypto::VrfPrivateKey* vrf_key = nullptr;
  crypto::RandomSource* random = nullptr;
  merkle::ParallelFor parallel;
};

struct RestoreSummary {
  uint64_t labels = 0;
  // Published now, and found there from an earlier, interrupted run.
  uint64_t versions = 0;
  uint64_t versions_before = 0;
  // Of the other tables.
  uint64_t records = 0;
};

// `progress` is told now and then; false: CANCELLED, and the next run goes on.
// DATA_LOSS: the backup's records are damaged. Others: as LogWriter::Append.
absl::StatusOr<RestoreSummary> RestoreLog(
    const RestoreParts& parts,
    const std::function<bool(const RestoreSummary&)>& progress);

// The file RESTORE in a data directory says that a restore has begun and is not
// finished, and of which backup.

// FAILED_PRECONDITION: one is there; the log is not to be served.
absl::Status CheckNoUnfinishedRestore(const std::string& data_dir);
// Makes it; OK if it is there and is that of `backup`. FAILED_PRECONDITION: it
// is that of another one.
absl::Status BeginRestore(const std::string& data_dir,
                          const BackupManifest& backup);
// Whether there is one.
bool HasUnfinishedRestore(const std::string& data_dir);
// Renames it RESTORED.
absl::Status EndRestore(const std::string& data_dir);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_BACKUP_RESTORE_H_

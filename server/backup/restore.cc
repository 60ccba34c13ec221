#include "server/backup/restore.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/structures.h"
#include "server/batch_plan.h"
#include "server/batch_seal.h"
#include "server/storage/durable_file.h"

namespace sealbook::server {
namespace {

constexpr char kMarker[] = "/RESTORE";
constexpr char kDoneMarker[] = "/RESTORED";
// Versions in one commit; with the largest values they take some 100 MB.
constexpr size_t kVersionsPerCommit = 4096;
constexpr size_t kRecordsPerCommit = 10'000;
// Copied as they are. Issuing certificates first: versions name them.
constexpr Table kCopied[] = {Table::kIssuers, Table::kPublications,
                             Table::kSerials, Table::kRevocations,
                             Table::kCompromisedKeys};

// A version as the new log takes it.
struct Sealed {
  merkle::PrefixLeaf leaf;
  std::vector<Put> puts;
};

class Restorer {
 public:
  Restorer(const RestoreParts& parts,
           const std::function<bool(const RestoreSummary&)>& progress)
      : parts_(parts), progress_(progress) {}

  absl::StatusOr<RestoreSummary> Run() {
    for (const Table table : kCopied) SEALBOOK_RETURN_IF_ERROR(Copy(table));
    SEALBOOK_RETURN_IF_ERROR(CopyVersions());
    return summary_;
  }

 private:
  absl::Status CopyVersions();
  // Those of `keys` that the log does not have.
  absl::StatusOr<std::vector<LabelVersion>> Missing(
      const std::vector<LabelVersion>& keys);
  absl::Status Publish(const std::vector<LabelVersion>& keys);
  absl::StatusOr<Sealed> Seal(const LabelVersion& key, uint64_t position,
                              const crypto::Opening& opening,
                              std::string value) const;
  absl::Status Copy(Table table);
  absl::Status Append(std::vector<Put>& puts);
  absl::Status Tell() {
    if (progress_(summary_)) return absl::OkStatus();
    return absl::CancelledError(
        "the restore was interrupted; run it again, and it goes on");
  }

  const RestoreParts& parts_;
  const std::function<bool(const RestoreSummary&)>& progress_;
  RestoreSummary summary_;
};

// The log entry of each version, counted from the batch's first: at most
// kMaxLeavesPerEntry versions in one, and kMaxVersionsPerLabelAndEntry of a
// label. `keys` ascend.
std::vector<size_t> Places(const std::vector<LabelVersion>& keys) {
  std::vector<size_t> places;
  size_t entry = 0;
  size_t leaves = 0;
  size_t of_label = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (i > 0 && keys[i].label != keys[i - 1].label) of_label = 0;
    if (leaves == kMaxLeavesPerEntry ||
        of_label == kMaxVersionsPerLabelAndEntry) {
      ++entry;
      leaves = 0;
      of_label = 0;
    }
    ++leaves;
    ++of_label;
    places.push_back(entry);
  }
  return places;
}

absl::Status Restorer::CopyVersions() {
  std::vector<LabelVersion> keys;
  absl::Status status;
  const auto publish = [&] {
    auto missing = Missing(keys);
    if (!missing.ok()) return missing.status();
    keys.clear();
    SEALBOOK_RETURN_IF_ERROR(Publish(*missing));
    return Tell();
  };
  SEALBOOK_RETURN_IF_ERROR(parts_.from->storage().Scan(
      Table::kVersions, "", [&](absl::string_view key, absl::string_view) {
        absl::StatusOr<LabelVersion> decoded = DecodeVersionKey(key);
        status = decoded.status();
        if (!status.ok()) return false;
        if (decoded->version == 0) ++summary_.labels;
        keys.push_back(*std::move(decoded));
        if (keys.size() == kVersionsPerCommit) status = publish();
        return status.ok();
      }));
  SEALBOOK_RETURN_IF_ERROR(status);
  return publish();
}

absl::StatusOr<std::vector<LabelVersion>> Restorer::Missing(
    const std::vector<LabelVersion>& keys) {
  std::vector<std::string> labels;
  for (const LabelVersion& key : keys) {
    if (labels.empty() || labels.back() != key.label) {
      labels.push_back(key.label);
    }
  }
  SEALBOOK_ASSIGN_OR_RETURN(const auto greatest,
                            parts_.writer->store().ReadLabels(labels));
  std::vector<LabelVersion> missing;
  size_t label = 0;
  for (const LabelVersion& key : keys) {
    while (labels[label] != key.label) ++label;
    const uint32_t next =
        greatest[label].has_value() ? *greatest[label] + 1 : 0;
    if (key.version >= next) missing.push_back(key);
  }
  summary_.versions_before += keys.size() - missing.size();
  return missing;
}

absl::StatusOr<Sealed> Restorer::Seal(const LabelVersion& key,
                                      uint64_t position,
                                      const crypto::Opening& opening,
                                      std::string value) const {
  Sealed sealed;
  sealed.leaf.commitment =
      keytrans::CommitToValue(opening, key.label, key.version, value);
  SEALBOOK_ASSIGN_OR_RETURN(sealed.leaf.vrf_output,
                            parts_.vrf_key->Evaluate(keytrans::EncodeVrfInput(
                                key.label, key.version)));
  // A later version's label record comes later, and later puts win.
  sealed.puts.push_back(LabelPut(key.label, key.version));
  const keytrans::VersionFacts facts = {position, sealed.leaf.vrf_output,
                                        sealed.leaf.commitment};
  sealed.puts.push_back(VersionPut(key, facts));
  sealed.puts.push_back(ValuePut(facts, opening, std::move(value)));
  return sealed;
}

absl::Status Restorer::Publish(const std::vector<LabelVersion>& keys) {
  if (keys.empty()) return absl::OkStatus();
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<keytrans::OpenedValue> values,
                            parts_.from->ReadValues(keys));
  std::vector<crypto::Opening> openings(keys.size());
  for (crypto::Opening& opening : openings) {
    SEALBOOK_RETURN_IF_ERROR(
        parts_.random->Fill(opening.data(), crypto::Opening::kSize));
  }
  const std::vector<size_t> places = Places(keys);
  const uint64_t first = parts_.writer->tree_size();
  std::vector<absl::StatusOr<Sealed>> sealed(keys.size(), Sealed{});
  parts_.parallel(keys.size(), [&](size_t i) {
    sealed[i] = Seal(keys[i], first + places[i], openings[i],
                     std::move(values[i].value));
  });
  LogBatch batch;
  batch.entries.resize(places.back() + 1);
  for (size_t i = 0; i < keys.size(); ++i) {
    SEALBOOK_RETURN_IF_ERROR(sealed[i].status());
    batch.entries[places[i]].push_back(sealed[i]->leaf);
    std::move(sealed[i]->puts.begin(), sealed[i]->puts.end(),
              std::back_inserter(batch.puts));
  }
  SEALBOOK_RETURN_IF_ERROR(parts_.writer->Append(std::move(batch)));
  summary_.versions += keys.size();
  return absl::OkStatus();
}

absl::Status Restorer::Copy(Table table) {
  std::vector<Put> puts;
  absl::Status status;
  SEALBOOK_RETURN_IF_ERROR(parts_.from->storage().Scan(
      table, "", [&](absl::string_view key, absl::string_view value) {
        puts.push_back({table, std::string(key), std::string(value)});
        if (puts.size() == kRecordsPerCommit) status = Append(puts);
        return status.ok();
      }));
  SEALBOOK_RETURN_IF_ERROR(status);
  return puts.empty() ? absl::OkStatus() : Append(puts);
}

// Every log entry adds a leaf: these have one of padding.
absl::Status Restorer::Append(std::vector<Put>& puts) {
  SEALBOOK_ASSIGN_OR_RETURN(LogBatch batch, PaddingBatch(*parts_.random));
  summary_.records += puts.size();
  batch.puts = std::move(puts);
  puts.clear();
  SEALBOOK_RETURN_IF_ERROR(parts_.writer->Append(std::move(batch)));
  return Tell();
}

std::string MarkerText(const BackupManifest& backup) {
  return absl::StrCat("sealbook restore\nlog ", backup.log.ToHex(),
                      "\ntree_size ", backup.tree_size, "\nlog_root ",
                      backup.log_root.ToHex(), "\n");
}

}  // namespace

absl::StatusOr<RestoreSummary> RestoreLog(
    const RestoreParts& parts,
    const std::function<bool(const RestoreSummary&)>& progress) {
  return Restorer(parts, progress).Run();
}

bool HasUnfinishedRestore(const std::string& data_dir) {
  std::error_code error;
  return std::filesystem::symlink_status(absl::StrCat(data_dir, kMarker), error)
             .type() != std::filesystem::file_type::not_found;
}

absl::Status CheckNoUnfinishedRestore(const std::string& data_dir) {
  if (!HasUnfinishedRestore(data_dir)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      data_dir,
      " holds a log into which a backup is being restored, and that has not "
      "ended: run the same `sealbookd restore` again, and it goes on"));
}

absl::Status BeginRestore(const std::string& data_dir,
                          const BackupManifest& backup) {
  const std::string path = absl::StrCat(data_dir, kMarker);
  const std::string text = MarkerText(backup);
  if (!HasUnfinishedRestore(data_dir)) return WriteFileDurably(path, text);
  std::ifstream file(path, std::ios::binary);
  const std::string found(std::istreambuf_iterator<char>(file), {});
  if (found == text) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      path,
      " shows that a restore of another backup has begun here and not ended: "
      "go on with that one, or make a new log for this one"));
}

absl::Status EndRestore(const std::string& data_dir) {
  return RenameDurably(absl::StrCat(data_dir, kMarker),
                       absl::StrCat(data_dir, kDoneMarker));
}

}  // namespace sealbook::server

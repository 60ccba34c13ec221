#include "server/store_check.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "merkle/log_tree.h"
#include "server/directory_entry.h"
#include "server/log_store.h"
#include "server/lru_cache.h"
#include "server/recovery.h"
#include "server/tree_check.h"

namespace sealbook::server {
namespace {

constexpr size_t kPageCacheBytes = size_t{64} << 20;
constexpr size_t kEntryCacheBytes = size_t{16} << 20;
// Records between two reports of progress.
constexpr uint64_t kProgressStep = 10'000;
// Entries whose node values are compared in one read.
constexpr uint64_t kEntriesPerComparison = 1024;

class StoreCheck {
 public:
  StoreCheck(Storage& storage, MarkKeeper* mark,
             const StoreCheckCallbacks& callbacks)
      : store_(storage),
        mark_(mark),
        callbacks_(callbacks),
        tree_(store_, kPageCacheBytes,
              [this](const std::string& damage) { Damaged(damage); }),
        entries_(kEntryCacheBytes) {}

  absl::StatusOr<StoreCheckSummary> Run();

 private:
  // A label-version and what belongs to it.
  struct Version {
    LabelVersion key;
    keytrans::VersionFacts facts;
  };

  absl::Status CheckHeads();
  absl::Status CheckEntries();
  void CheckLogNodes(const merkle::LogAppender& log, uint64_t first_node);
  absl::Status CheckPages();
  void FinishEntry(uint64_t position);
  absl::Status CheckVersions();
  void CheckVersion(const Version& version);
  void CheckLeafOf(const Version& version);
  void CheckValueOf(const Version& version);
  void CheckPublicationOf(const Version& version,
                          const v1::DirectoryEntry& entry);
  void CheckGreatest(const LabelVersion& last);
  absl::Status CheckLabels();
  absl::Status CheckPublications();
  absl::Status CheckIssuers();

  absl::StatusOr<std::shared_ptr<const StoredEntry>> EntryAt(uint64_t position);
  void Damaged(const std::string& damage);
  void Damaged(const std::string& record, const absl::Status& status) {
    Damaged(absl::StrCat(record, ": ", status.message()));
  }
  void Progress(const std::string& stage, uint64_t done, bool last = false) {
    if (callbacks_.progress && (last || done % kProgressStep == 0)) {
      callbacks_.progress(stage, done);
    }
  }

  LogStore store_;
  MarkKeeper* const mark_;
  const StoreCheckCallbacks& callbacks_;
  TreeCheck tree_;
  LruCache<uint64_t, std::shared_ptr<const StoredEntry>> entries_;
  std::optional<Head> head_;
  absl::flat_hash_set<smime::CertificateHash> issuers_;
  StoreCheckSummary summary_;
};

std::string NameOf(const LabelVersion& key) {
  return absl::StrCat("version ", key.version, " of ",
                      absl::CHexEscape(key.label));
}

void StoreCheck::Damaged(const std::string& damage) {
  ++summary_.damages;
  if (callbacks_.damage) callbacks_.damage(damage);
}

absl::StatusOr<StoreCheckSummary> StoreCheck::Run() {
  SEALBOOK_RETURN_IF_ERROR(CheckHeads());
  if (head_.has_value()) {
    summary_.tree_size = head_->tree_size;
    SEALBOOK_RETURN_IF_ERROR(CheckEntries());
    SEALBOOK_RETURN_IF_ERROR(CheckPages());
    SEALBOOK_RETURN_IF_ERROR(CheckIssuers());
    SEALBOOK_RETURN_IF_ERROR(CheckVersions());
    SEALBOOK_RETURN_IF_ERROR(CheckLabels());
    SEALBOOK_RETURN_IF_ERROR(CheckPublications());
  }
  summary_.leaves = tree_.leaves();
  summary_.pages = tree_.pages();
  return summary_;
}

// The head, its root page, the signature, the mark.
absl::Status StoreCheck::CheckHeads() {
  absl::StatusOr<keytrans::Configuration> configuration =
      store_.ReadConfiguration();
  if (!configuration.ok()) return configuration.status();
  absl::StatusOr<std::optional<StoredHead>> head = store_.ReadHead();
  if (!head.ok()) {
    Damaged("head", head.status());
    return absl::OkStatus();
  }
  if (head->has_value()) head_ = std::move((*head)->head);
  std::optional<Mark> mark;
  if (mark_ != nullptr) {
    SEALBOOK_ASSIGN_OR_RETURN(mark, mark_->Read());
  }
  const absl::Status recovered =
      CompareHeads(store_, *configuration, mark).status();
  if (!recovered.ok()) Damaged("heads", recovered);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const StoredEntry>> StoreCheck::EntryAt(
    uint64_t position) {
  if (auto hit = entries_.Get(position)) return *std::move(hit);
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<StoredEntry> read,
                            store_.ReadEntries({position}));
  auto entry = std::make_shared<const StoredEntry>(std::move(read[0]));
  entries_.Put(
      position, entry,
      sizeof(StoredEntry) + entry->added.size() * crypto::VrfOutput::kSize);
  return entry;
}

absl::Status StoreCheck::CheckEntries() {
  merkle::LogAppender log(0, {});
  uint64_t first_node = 0;
  uint64_t timestamp = 0;
  for (uint64_t position = 0; position < head_->tree_size; ++position) {
    absl::StatusOr<std::shared_ptr<const StoredEntry>> entry =
        EntryAt(position);
    if (!entry.ok()) {
      Damaged("log tree", entry.status());
      return absl::OkStatus();
    }
    if ((*entry)->entry.timestamp < timestamp) {
      Damaged(absl::StrCat("log entry ", position,
                           ": its timestamp runs backwards"));
    }
    timestamp = (*entry)->entry.timestamp;
    log.Append((*entry)->entry.LeafValue());
    Progress("log entries", position);
    if (log.size() % kEntriesPerComparison == 0) {
      CheckLogNodes(log, first_node);
      first_node += log.new_nodes().size();
      log = merkle::LogAppender(log.size(), log.full_subtrees());
    }
  }
  CheckLogNodes(log, first_node);
  if (log.Root() != head_->log_root) {
    Damaged(absl::StrCat("head: its root is not the root of the ",
                         head_->tree_size, " stored log entries"));
  }
  Progress("log entries", head_->tree_size, true);
  return store_.storage().Scan(
      Table::kEntries, PositionKey(head_->tree_size),
      [&](absl::string_view key, absl::string_view) {
        const auto position = DecodePositionKey(key);
        Damaged(absl::StrCat("log entry ", position.ok() ? *position : 0,
                             ": lies beyond the head"));
        return true;
      });
}

void StoreCheck::CheckLogNodes(const merkle::LogAppender& log,
                               uint64_t first_node) {
  const std::vector<crypto::Hash>& expected = log.new_nodes();
  absl::StatusOr<std::vector<crypto::Hash>> stored =
      store_.ReadLogNodesFrom(first_node, first_node + expected.size());
  if (!stored.ok()) {
    Damaged("log tree", stored.status());
    return;
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    if ((*stored)[i] != expected[i]) {
      Damaged(absl::StrCat("log tree node ", first_node + i,
                           ": is not the hash of the entries below it"));
    }
  }
}

absl::Status StoreCheck::CheckPages() {
  // The entry whose pages are being gathered.
  uint64_t position = 0;
  SEALBOOK_RETURN_IF_ERROR(store_.storage().Scan(
      Table::kPages, "", [&](absl::string_view key, absl::string_view bytes) {
        const absl::StatusOr<merkle::PageId> id = DecodePageKey(key);
        if (!id.ok()) {
          Damaged("page", id.status());
          return true;
        }
        if (id->position >= head_->tree_size) {
          Damaged(absl::StrCat("page ", id->position, "/", id->ordinal,
                               ": lies beyond the head"));
          return true;
        }
        for (; position < id->position; ++position) FinishEntry(position);
        tree_.AddPage(*id, bytes);
        Progress("pages", tree_.pages());
        return true;
      }));
  for (; position < head_->tree_size; ++position) FinishEntry(position);
  Progress("pages", tree_.pages(), true);
  return absl::OkStatus();
}

void StoreCheck::FinishEntry(uint64_t position) {
  absl::StatusOr<std::shared_ptr<const StoredEntry>> entry = EntryAt(position);
  if (entry.ok()) {
    tree_.CheckEntry(position, **entry);
  } else {
    Damaged("pages", entry.status());
  }
}

absl::Status StoreCheck::CheckIssuers() {
  return store_.storage().Scan(
      Table::kIssuers, "", [&](absl::string_view key, absl::string_view der) {
        const auto hash = smime::CertificateHash::FromBytes(key);
        if (!hash.ok() || crypto::Sha256(der).view() != key) {
          Damaged(absl::StrCat("issuing certificate ",
                               absl::BytesToHexString(key),
                               ": the stored bytes have another hash"));
        } else {
          issuers_.insert(*hash);
        }
        return true;
      });
}

absl::Status StoreCheck::CheckVersions() {
  // Versions of a label stand together, in ascending order.
  std::optional<LabelVersion> last;
  SEALBOOK_RETURN_IF_ERROR(store_.storage().Scan(
      Table::kVersions, "",
      [&](absl::string_view key, absl::string_view record) {
        absl::StatusOr<LabelVersion> decoded = DecodeVersionKey(key);
        if (!decoded.ok()) {
          Damaged("version", decoded.status());
          return true;
        }
        const bool same = last.has_value() && last->label == decoded->label;
        if (!same && last.has_value()) CheckGreatest(*last);
        const uint32_t expected = same ? last->version + 1 : 0;
        if (decoded->version != expected) {
          Damaged(
              absl::StrCat(NameOf({decoded->label, expected}), ": missing"));
        }
        last = *decoded;
        ++summary_.versions;
        Progress("versions", summary_.versions);
        absl::StatusOr<keytrans::VersionFacts> facts =
            DecodeVersionRecord(record);
        if (!facts.ok()) {
          Damaged(NameOf(*decoded), facts.status());
        } else {
          CheckVersion({*decoded, *facts});
        }
        return true;
      }));
  if (last.has_value()) CheckGreatest(*last);
  Progress("versions", summary_.versions, true);
  return absl::OkStatus();
}

void StoreCheck::CheckVersion(const Version& version) {
  CheckLeafOf(version);
  CheckValueOf(version);
}

void StoreCheck::CheckLeafOf(const Version& version) {
  const keytrans::VersionFacts& facts = version.facts;
  absl::StatusOr<std::optional<merkle::PrefixLeaf>> leaf =
      tree_.FindLeaf(head_->tree_size - 1, facts.vrf_output);
  if (!leaf.ok()) {
    Damaged(NameOf(version.key), leaf.status());
  } else if (!leaf->has_value() || (*leaf)->commitment != facts.commitment) {
    Damaged(absl::StrCat(NameOf(version.key),
                         ": its commitment is not in the tree"));
  }
  absl::StatusOr<std::shared_ptr<const StoredEntry>> entry =
      facts.position < head_->tree_size
          ? EntryAt(facts.position)
          : absl::DataLossError("names a log entry beyond the head");
  if (!entry.ok()) {
    Damaged(NameOf(version.key), entry.status());
  } else if (!std::binary_search((*entry)->added.begin(), (*entry)->added.end(),
                                 facts.vrf_output)) {
    Damaged(absl::StrCat(NameOf(version.key), ": log entry ", facts.position,
                         " did not add it"));
  }
}

void StoreCheck::CheckValueOf(const Version& version) {
  const LabelVersion& key = version.key;
  absl::StatusOr<std::vector<keytrans::OpenedValue>> values =
      store_.ReadValues({key});
  if (!values.ok()) return Damaged(NameOf(key), values.status());
  const keytrans::OpenedValue& value = (*values)[0];
  if (keytrans::CommitToValue(value.opening, key.label, key.version,
                              value.value) != version.facts.commitment) {
    return Damaged(absl::StrCat("value of ", NameOf(key),
                                ": does not open its commitment"));
  }
  absl::StatusOr<v1::DirectoryEntry> entry = ParseDirectoryEntry(value.value);
  if (!entry.ok()) return Damaged(NameOf(key), entry.status());
  for (const smime::CertificateHash& issuer : IssuersOf(*entry)) {
    if (!issuers_.contains(issuer)) {
      Damaged(absl::StrCat(NameOf(key), ": issuing certificate ",
                           issuer.ToHex(), " is missing or damaged"));
    }
  }
  CheckPublicationOf(version, *entry);
}

void StoreCheck::CheckPublicationOf(const Version& version,
                                    const v1::DirectoryEntry& entry) {
  const std::string& bytes = entry.has_renewed()
                                 ? entry.renewed().certificate_sha256()
                                 : entry.issued().certificate_sha256();
  const auto hash = smime::CertificateHash::FromBytes(bytes);
  if (!hash.ok()) {
    return Damaged(NameOf(version.key), hash.status());
  }
  absl::StatusOr<std::vector<std::optional<uint32_t>>> found =
      store_.ReadPublications({{*hash, version.key.label}});
  if (!found.ok()) return Damaged(NameOf(version.key), found.status());
  if ((*found)[0] != version.key.version) {
    Damaged(absl::StrCat("publication of certificate ", hash->ToHex(),
                         ": is missing, or does not name ",
                         NameOf(version.key)));
  }
}

void StoreCheck::CheckGreatest(const LabelVersion& last) {
  ++summary_.labels;
  absl::StatusOr<std::vector<std::optional<uint32_t>>> greatest =
      store_.ReadLabels({last.label});
  if (!greatest.ok()) return Damaged(NameOf(last), greatest.status());
  if ((*greatest)[0] != last.version) {
    Damaged(absl::StrCat("label ", absl::CHexEscape(last.label),
                         ": its record does not name its greatest version ",
                         last.version));
  }
}

// Labels without any version: every other one was compared with its versions.
absl::Status StoreCheck::CheckLabels() {
  return store_.storage().Scan(
      Table::kLabels, "", [&](absl::string_view key, absl::string_view record) {
        const std::string label(key);
        const absl::StatusOr<uint32_t> greatest = DecodeLabelRecord(record);
        if (!greatest.ok()) {
          Damaged(absl::StrCat("label ", absl::CHexEscape(label)),
                  greatest.status());
          return true;
        }
        const auto facts = store_.ReadVersions({{label, *greatest}});
        if (!facts.ok()) {
          Damaged("label", facts.status());
        } else if (!(*facts)[0].has_value()) {
          Damaged(absl::StrCat("label ", absl::CHexEscape(label), ": ",
                               NameOf({label, *greatest}), " is missing"));
        }
        return true;
      });
}

// Publications of versions that do not exist: every version's own one was
// compared with it.
absl::Status StoreCheck::CheckPublications() {
  uint64_t publications = 0;
  return store_.storage().Scan(
      Table::kPublications, "",
      [&](absl::string_view key, absl::string_view record) {
        Progress("publications", ++publications);
        const auto decoded = DecodePublicationKey(key);
        const auto version = DecodePublicationRecord(record);
        if (!decoded.ok() || !version.ok()) {
          Damaged("publication",
                  decoded.ok() ? version.status() : decoded.status());
          return true;
        }
        const auto facts = store_.ReadVersions({{decoded->label, *version}});
        if (!facts.ok() || !(*facts)[0].has_value()) {
          Damaged(absl::StrCat(
              "publication of certificate ", decoded->certificate.ToHex(), ": ",
              NameOf({decoded->label, *version}), " is missing"));
        }
        return true;
      });
}

}  // namespace

absl::StatusOr<StoreCheckSummary> CheckStore(
    Storage& storage, MarkKeeper* mark, const StoreCheckCallbacks& callbacks) {
  return StoreCheck(storage, mark, callbacks).Run();
}

}  // namespace sealbook::server

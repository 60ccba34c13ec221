#include "server/version_check.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "keytrans/structures.h"
#include "server/directory_entry.h"
#include "server/record_batches.h"

namespace sealbook::server {

absl::Status VersionCheck::CheckIssuers() {
  return run_.store.storage().Scan(
      Table::kIssuers, "", [&](absl::string_view key, absl::string_view der) {
        const auto hash = smime::CertificateHash::FromBytes(key);
        if (!hash.ok() || crypto::Sha256(der).view() != key) {
          run_.Damaged(absl::StrCat("issuing certificate ",
                                    absl::BytesToHexString(key),
                                    ": the stored bytes have another hash"));
        } else {
          run_.issuers.insert(*hash);
        }
        return true;
      });
}

absl::Status VersionCheck::CheckVersions() {
  // Versions of a label stand together, in ascending order.
  std::optional<LabelVersion> last;
  RecordBatches<VersionToCheck> versions(
      run_.pool,
      [this](const VersionToCheck& version) { CheckVersion(version); });
  RecordBatches<LabelVersion> greatest(
      run_.pool, [this](const LabelVersion& label) { CheckGreatest(label); });
  SEALBOOK_RETURN_IF_ERROR(run_.store.storage().Scan(
      Table::kVersions, "",
      [&](absl::string_view key, absl::string_view record) {
        absl::StatusOr<LabelVersion> decoded = DecodeVersionKey(key);
        if (!decoded.ok()) {
          run_.Damaged("version", decoded.status());
          return true;
        }
        const bool same = last.has_value() && last->label == decoded->label;
        if (!same && last.has_value()) greatest.Add(*last);
        if (!same) ++run_.summary.labels;
        const uint32_t expected = same ? last->version + 1 : 0;
        if (decoded->version != expected) {
          run_.Damaged(
              absl::StrCat(NameOf({decoded->label, expected}), ": missing"));
        }
        last = *decoded;
        ++run_.summary.versions;
        run_.Progress("versions", run_.summary.versions, run_.tree.leaves());
        absl::StatusOr<keytrans::VersionFacts> facts =
            DecodeVersionRecord(record);
        if (!facts.ok()) {
          run_.Damaged(NameOf(*decoded), facts.status());
        } else {
          versions.Add({*std::move(decoded), *std::move(facts)});
        }
        return true;
      }));
  if (last.has_value()) greatest.Add(*last);
  versions.Finish();
  greatest.Finish();
  run_.Finished("versions", run_.summary.versions);
  return absl::OkStatus();
}

void VersionCheck::CheckVersion(const VersionToCheck& version) {
  CheckLeafOf(version);
  CheckValueOf(version);
}

void VersionCheck::CheckLeafOf(const VersionToCheck& version) {
  const keytrans::VersionFacts& facts = version.facts;
  absl::StatusOr<std::optional<merkle::PrefixLeaf>> leaf =
      run_.tree.FindLeaf(run_.head->tree_size - 1, facts.vrf_output);
  if (!leaf.ok()) {
    run_.Damaged(NameOf(version.key), leaf.status());
  } else if (!leaf->has_value() || (*leaf)->commitment != facts.commitment) {
    run_.Damaged(absl::StrCat(NameOf(version.key),
                              ": its commitment is not in the tree"));
  }
  absl::StatusOr<std::shared_ptr<const StoredEntry>> entry =
      facts.position < run_.head->tree_size
          ? run_.EntryAt(facts.position)
          : absl::DataLossError("names a log entry beyond the head");
  if (!entry.ok()) {
    run_.Damaged(NameOf(version.key), entry.status());
  } else if (!std::binary_search((*entry)->added.begin(), (*entry)->added.end(),
                                 facts.vrf_output)) {
    run_.Damaged(absl::StrCat(NameOf(version.key), ": log entry ",
                              facts.position, " did not add it"));
  }
}

void VersionCheck::CheckValueOf(const VersionToCheck& version) {
  const LabelVersion& key = version.key;
  absl::StatusOr<std::vector<keytrans::OpenedValue>> values =
      run_.store.ReadValues({key}, {version.facts});
  if (!values.ok()) return run_.Damaged(NameOf(key), values.status());
  const keytrans::OpenedValue& value = (*values)[0];
  if (keytrans::CommitToValue(value.opening, key.label, key.version,
                              value.value) != version.facts.commitment) {
    return run_.Damaged(absl::StrCat("value of ", NameOf(key),
                                     ": does not open its commitment"));
  }
  absl::StatusOr<v1::DirectoryEntry> entry = ParseDirectoryEntry(value.value);
  if (!entry.ok()) return run_.Damaged(NameOf(key), entry.status());
  for (const smime::CertificateHash& issuer : IssuersOf(*entry)) {
    if (!run_.issuers.contains(issuer)) {
      run_.Damaged(absl::StrCat(NameOf(key), ": issuing certificate ",
                                issuer.ToHex(), " is missing or damaged"));
    }
  }
  CheckPublicationOf(version, *entry);
}

void VersionCheck::CheckPublicationOf(const VersionToCheck& version,
                                      const v1::DirectoryEntry& entry) {
  if (entry.has_revoked() || entry.has_restored()) {
    return certificates_.CheckRevocationOf(version.key, entry);
  }
  const std::string& bytes = entry.has_renewed()
                                 ? entry.renewed().certificate_sha256()
                                 : entry.issued().certificate_sha256();
  const auto hash = smime::CertificateHash::FromBytes(bytes);
  if (!hash.ok()) {
    return run_.Damaged(NameOf(version.key), hash.status());
  }
  absl::StatusOr<std::vector<std::optional<uint32_t>>> found =
      run_.store.ReadPublications({{*hash, version.key.label}});
  if (!found.ok()) return run_.Damaged(NameOf(version.key), found.status());
  if ((*found)[0] != version.key.version) {
    run_.Damaged(absl::StrCat("publication of certificate ", hash->ToHex(),
                              ": is missing, or does not name ",
                              NameOf(version.key)));
  }
  certificates_.CheckSerialOf(version.key, *hash, entry);
}

void VersionCheck::CheckGreatest(const LabelVersion& last) {
  absl::StatusOr<std::vector<std::optional<uint32_t>>> greatest =
      run_.store.ReadLabels({last.label});
  if (!greatest.ok()) return run_.Damaged(NameOf(last), greatest.status());
  if ((*greatest)[0] != last.version) {
    run_.Damaged(absl::StrCat(
        "label ", absl::CHexEscape(last.label),
        ": its record does not name its greatest version ", last.version));
  }
}

absl::Status VersionCheck::CheckLabels() {
  uint64_t done = 0;
  RecordBatches<LabelVersion> labels(
      run_.pool,
      [this](const LabelVersion& greatest) { CheckLabel(greatest); });
  SEALBOOK_RETURN_IF_ERROR(run_.store.storage().Scan(
      Table::kLabels, "", [&](absl::string_view key, absl::string_view record) {
        run_.Progress("labels", ++done, run_.summary.labels);
        const absl::StatusOr<uint32_t> greatest = DecodeLabelRecord(record);
        if (greatest.ok()) {
          labels.Add({std::string(key), *greatest});
        } else {
          run_.Damaged(absl::StrCat("label ", absl::CHexEscape(key)),
                       greatest.status());
        }
        return true;
      }));
  labels.Finish();
  run_.Finished("labels", done);
  return absl::OkStatus();
}

void VersionCheck::CheckLabel(const LabelVersion& greatest) {
  const auto facts = run_.store.ReadVersions({greatest});
  if (!facts.ok()) {
    run_.Damaged("label", facts.status());
  } else if (!(*facts)[0].has_value()) {
    run_.Damaged(absl::StrCat("label ", absl::CHexEscape(greatest.label), ": ",
                              NameOf(greatest), " is missing"));
  }
}

absl::Status VersionCheck::CheckPublications() {
  uint64_t done = 0;
  RecordBatches<StoredPublication> publications(
      run_.pool, [this](const StoredPublication& publication) {
        CheckPublication(publication);
      });
  SEALBOOK_RETURN_IF_ERROR(run_.store.storage().Scan(
      Table::kPublications, "",
      [&](absl::string_view key, absl::string_view record) {
        run_.Progress("publications", ++done, run_.summary.versions);
        const auto decoded = DecodePublicationKey(key);
        const auto version = DecodePublicationRecord(record);
        if (!decoded.ok() || !version.ok()) {
          run_.Damaged("publication",
                       decoded.ok() ? version.status() : decoded.status());
          return true;
        }
        publications.Add({*decoded, *version});
        return true;
      }));
  publications.Finish();
  run_.Finished("publications", done);
  return absl::OkStatus();
}

void VersionCheck::CheckPublication(const StoredPublication& publication) {
  const LabelVersion version{publication.key.label, publication.version};
  const auto facts = run_.store.ReadVersions({version});
  if (!facts.ok() || !(*facts)[0].has_value()) {
    run_.Damaged(absl::StrCat("publication of certificate ",
                              publication.key.certificate.ToHex(), ": ",
                              NameOf(version), " is missing"));
  }
}

}  // namespace sealbook::server

#include "server/log_store.h"

#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/hash.h"

namespace sealbook::server {
namespace {

// The message of `status` with the record's name before it.
absl::Status InRecord(absl::string_view record, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(record, ": ", status.message()));
}

absl::Status Missing(absl::string_view record) {
  return absl::DataLossError(absl::StrCat(record, ": missing"));
}

// Reads `keys` and decodes what is there. `name(i)` names record i in messages.
template <typename Decode, typename Name>
auto ReadRecords(Storage& storage, Table table,
                 const std::vector<std::string>& keys, const Decode& decode,
                 const Name& name)
    -> absl::StatusOr<std::vector<std::optional<
        typename decltype(decode(absl::string_view()))::value_type>>> {
  SEALBOOK_ASSIGN_OR_RETURN(auto records, storage.Read(table, keys));
  std::vector<
      std::optional<typename decltype(decode(absl::string_view()))::value_type>>
      result(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!records[i].has_value()) continue;
    auto value = decode(*records[i]);
    if (!value.ok()) return InRecord(name(i), value.status());
    result[i] = *std::move(value);
  }
  return result;
}

// The same for records that must exist.
template <typename Decode, typename Name>
auto ReadExisting(Storage& storage, Table table,
                  const std::vector<std::string>& keys, const Decode& decode,
                  const Name& name)
    -> absl::StatusOr<std::vector<
        typename decltype(decode(absl::string_view()))::value_type>> {
  SEALBOOK_ASSIGN_OR_RETURN(auto found,
                            ReadRecords(storage, table, keys, decode, name));
  std::vector<typename decltype(decode(absl::string_view()))::value_type>
      result;
  result.reserve(found.size());
  for (size_t i = 0; i < found.size(); ++i) {
    if (!found[i].has_value()) return Missing(name(i));
    result.push_back(*std::move(found[i]));
  }
  return result;
}

// The one record of a table; absent where there is none.
template <typename Decode>
auto ReadSingle(Storage& storage, Table table, absl::string_view name,
                const Decode& decode)
    -> absl::StatusOr<std::optional<
        typename decltype(decode(absl::string_view()))::value_type>> {
  SEALBOOK_ASSIGN_OR_RETURN(
      auto found,
      ReadRecords(storage, table, {""}, decode, [&](size_t) { return name; }));
  return std::move(found[0]);
}

std::string NameOf(const LabelVersion& key) {
  return absl::StrCat("version ", key.version, " of ",
                      absl::CHexEscape(key.label));
}

}  // namespace

absl::Status CheckModeServed(const keytrans::Configuration& configuration) {
  if (configuration.mode == keytrans::DeploymentMode::kContactMonitoring) {
    return absl::OkStatus();
  }
  return absl::UnimplementedError(absl::StrCat(
      "deployment mode ", static_cast<int>(configuration.mode),
      configuration.mode == keytrans::DeploymentMode::kThirdPartyManagement
          ? " (thirdPartyManagement)"
          : " (thirdPartyAuditing)",
      " is not served by this version"));
}

absl::StatusOr<keytrans::Configuration> LogStore::ReadConfiguration() const {
  SEALBOOK_ASSIGN_OR_RETURN(auto found,
                            storage_.Read(Table::kConfiguration, {""}));
  if (!found[0].has_value()) {
    return absl::NotFoundError(
        "there is no log in this store: it has no configuration");
  }
  absl::StatusOr<keytrans::Configuration> configuration =
      keytrans::Configuration::Parse(*found[0]);
  absl::Status status = configuration.status();
  if (status.ok()) status = CheckModeServed(*configuration);
  if (absl::IsUnimplemented(status)) {
    return InRecord("stored configuration", status);
  }
  if (!status.ok()) {
    return absl::DataLossError(
        absl::StrCat("stored configuration: ", status.message()));
  }
  return configuration;
}

absl::StatusOr<std::optional<StoredHead>> LogStore::ReadHead() const {
  return ReadSingle(storage_, Table::kHead, "head record",
                    [](absl::string_view record) -> absl::StatusOr<StoredHead> {
                      SEALBOOK_ASSIGN_OR_RETURN(Head head,
                                                DecodeHeadRecord(record));
                      return StoredHead{std::move(head), std::string(record)};
                    });
}

absl::StatusOr<std::optional<SignedHead>> LogStore::ReadSignedHead() const {
  return ReadSingle(storage_, Table::kSignedHead, "signed head record",
                    DecodeSignedHeadRecord);
}

absl::StatusOr<std::vector<StoredEntry>> LogStore::ReadEntries(
    absl::Span<const uint64_t> positions) const {
  std::vector<std::string> keys;
  for (uint64_t position : positions) keys.push_back(PositionKey(position));
  return ReadExisting(
      storage_, Table::kEntries, keys, DecodeEntryRecord,
      [&](size_t i) { return absl::StrCat("log entry ", positions[i]); });
}

absl::StatusOr<std::vector<crypto::Hash>> LogStore::ReadLogNodes(
    absl::Span<const merkle::LogNode> nodes) const {
  std::vector<uint64_t> indexes;
  indexes.reserve(nodes.size());
  for (const merkle::LogNode& node : nodes) {
    indexes.push_back(merkle::NodeIndex(node));
  }
  return ReadLogNodesAt(indexes);
}

absl::StatusOr<std::vector<crypto::Hash>> LogStore::ReadLogNodesFrom(
    uint64_t first, uint64_t end) const {
  std::vector<uint64_t> indexes;
  for (uint64_t i = first; i < end; ++i) indexes.push_back(i);
  return ReadLogNodesAt(indexes);
}

absl::StatusOr<std::vector<crypto::Hash>> LogStore::ReadLogNodesAt(
    absl::Span<const uint64_t> indexes) const {
  // Nodes that are asked for together often share a record.
  std::map<uint64_t, size_t> place_of_chunk;
  std::vector<std::string> keys;
  for (uint64_t index : indexes) {
    const uint64_t chunk = index / kLogNodesPerRecord;
    if (place_of_chunk.emplace(chunk, keys.size()).second) {
      keys.push_back(PositionKey(chunk));
    }
  }
  SEALBOOK_ASSIGN_OR_RETURN(auto records,
                            storage_.Read(Table::kLogNodes, keys));
  std::vector<crypto::Hash> values;
  values.reserve(indexes.size());
  for (uint64_t index : indexes) {
    const size_t offset = index % kLogNodesPerRecord * crypto::Hash::kSize;
    const std::optional<std::string>& record =
        records[place_of_chunk[index / kLogNodesPerRecord]];
    if (!record.has_value() || record->size() < offset + crypto::Hash::kSize) {
      return Missing(absl::StrCat("log tree node ", index));
    }
    values.push_back(*crypto::Hash::FromBytes(
        absl::string_view(*record).substr(offset, crypto::Hash::kSize)));
  }
  return values;
}

absl::StatusOr<std::vector<std::string>> LogStore::ReadPages(
    absl::Span<const merkle::PageId> ids) const {
  std::vector<std::string> keys;
  keys.reserve(ids.size());
  for (const merkle::PageId& id : ids) keys.push_back(PageKey(id));
  SEALBOOK_ASSIGN_OR_RETURN(auto records, storage_.Read(Table::kPages, keys));
  std::vector<std::string> pages;
  pages.reserve(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!records[i].has_value()) {
      return Missing(
          absl::StrCat("page ", ids[i].position, "/", ids[i].ordinal));
    }
    pages.push_back(*std::move(records[i]));
  }
  return pages;
}

absl::StatusOr<std::vector<std::optional<uint32_t>>> LogStore::ReadLabels(
    absl::Span<const std::string> labels) const {
  return ReadRecords(storage_, Table::kLabels, {labels.begin(), labels.end()},
                     DecodeLabelRecord, [&](size_t i) {
                       return absl::StrCat("label ",
                                           absl::CHexEscape(labels[i]));
                     });
}

absl::StatusOr<std::vector<std::optional<keytrans::VersionFacts>>>
LogStore::ReadVersions(absl::Span<const LabelVersion> keys) const {
  std::vector<std::string> bytes;
  bytes.reserve(keys.size());
  for (const LabelVersion& key : keys) bytes.push_back(VersionKey(key));
  return ReadRecords(storage_, Table::kVersions, bytes, DecodeVersionRecord,
                     [&](size_t i) { return NameOf(keys[i]); });
}

absl::StatusOr<std::vector<keytrans::OpenedValue>> LogStore::ReadValues(
    absl::Span<const LabelVersion> keys) const {
  SEALBOOK_ASSIGN_OR_RETURN(const auto found, ReadVersions(keys));
  std::vector<keytrans::VersionFacts> facts;
  facts.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!found[i].has_value()) return Missing(NameOf(keys[i]));
    facts.push_back(*found[i]);
  }
  return ReadValues(keys, facts);
}

absl::StatusOr<std::vector<keytrans::OpenedValue>> LogStore::ReadValues(
    absl::Span<const LabelVersion> keys,
    absl::Span<const keytrans::VersionFacts> facts) const {
  std::vector<std::string> bytes;
  bytes.reserve(facts.size());
  for (const auto& version : facts) bytes.push_back(ValueKey(version));
  return ReadExisting(
      storage_, Table::kValues, bytes, DecodeValueRecord,
      [&](size_t i) { return absl::StrCat("value of ", NameOf(keys[i])); });
}

absl::StatusOr<std::vector<std::optional<uint32_t>>> LogStore::ReadPublications(
    absl::Span<const CertificateLabel> keys) const {
  std::vector<std::string> bytes;
  bytes.reserve(keys.size());
  for (const CertificateLabel& key : keys) bytes.push_back(PublicationKey(key));
  return ReadRecords(storage_, Table::kPublications, bytes,
                     DecodePublicationRecord, [&](size_t i) {
                       return absl::StrCat("publication of certificate ",
                                           keys[i].certificate.ToHex());
                     });
}

absl::StatusOr<std::vector<LabelVersion>> LogStore::ReadLabelsOf(
    const smime::CertificateHash& certificate) const {
  std::vector<LabelVersion> found;
  absl::Status damaged;
  SEALBOOK_RETURN_IF_ERROR(storage_.Scan(
      Table::kPublications, certificate.view(),
      [&](absl::string_view key, absl::string_view record) {
        if (!absl::StartsWith(key, certificate.view())) return false;
        const auto decoded = DecodePublicationKey(key);
        const auto version = DecodePublicationRecord(record);
        if (!version.ok()) {
          damaged = InRecord(
              absl::StrCat("publication of certificate ", certificate.ToHex()),
              version.status());
          return false;
        }
        found.push_back({decoded->label, *version});
        return true;
      }));
  if (!damaged.ok()) return damaged;
  return found;
}

absl::StatusOr<std::vector<smime::CertificateHash>> LogStore::ReadSerial(
    const SerialNumber& number) const {
  const std::string prefix = SerialKeyPrefix(number);
  std::vector<smime::CertificateHash> found;
  absl::Status damaged;
  SEALBOOK_RETURN_IF_ERROR(storage_.Scan(
      Table::kSerials, prefix, [&](absl::string_view key, absl::string_view) {
        if (!absl::StartsWith(key, prefix)) return false;
        const auto certificate = DecodeSerialKey(key);
        if (!certificate.ok()) {
          damaged = InRecord("serial number", certificate.status());
          return false;
        }
        found.push_back(*certificate);
        return true;
      }));
  if (!damaged.ok()) return damaged;
  return found;
}

absl::StatusOr<std::vector<std::optional<v1::RevocationRecord>>>
LogStore::ReadRevocations(
    absl::Span<const smime::CertificateHash> certificates) const {
  std::vector<std::string> keys;
  keys.reserve(certificates.size());
  for (const auto& hash : certificates) keys.push_back(hash.ToString());
  return ReadRecords(storage_, Table::kRevocations, keys,
                     DecodeRevocationRecord, [&](size_t i) {
                       return absl::StrCat("revocation of ",
                                           certificates[i].ToHex());
                     });
}

absl::StatusOr<std::vector<std::optional<v1::RevocationRecord>>>
LogStore::ReadRevokedSerials(absl::Span<const SerialNumber> numbers) const {
  std::vector<std::string> keys;
  keys.reserve(numbers.size());
  for (const SerialNumber& number : numbers) {
    keys.push_back(SerialKeyPrefix(number));
  }
  return ReadRecords(storage_, Table::kRevocations, keys,
                     DecodeRevocationRecord, [&](size_t i) {
                       return absl::StrCat(
                           "revocation of the serial number ",
                           absl::BytesToHexString(numbers[i].serial),
                           " of the issuing key ",
                           numbers[i].issuer_key.ToHex());
                     });
}

absl::StatusOr<std::vector<std::optional<v1::CompromisedKeyRecord>>>
LogStore::ReadCompromisedKeys(absl::Span<const smime::KeyHash> hashes) const {
  std::vector<std::string> keys;
  keys.reserve(hashes.size());
  for (const auto& hash : hashes) keys.push_back(hash.ToString());
  return ReadRecords(storage_, Table::kCompromisedKeys, keys,
                     DecodeCompromisedKeyRecord, [&](size_t i) {
                       return absl::StrCat("compromised key ",
                                           hashes[i].ToHex());
                     });
}

absl::StatusOr<std::vector<std::optional<std::string>>> LogStore::ReadIssuers(
    absl::Span<const smime::CertificateHash> hashes) const {
  std::vector<std::string> keys;
  for (const smime::CertificateHash& hash : hashes) {
    keys.push_back(hash.ToString());
  }
  SEALBOOK_ASSIGN_OR_RETURN(auto records, storage_.Read(Table::kIssuers, keys));
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].has_value() &&
        crypto::Sha256(*records[i]).view() != hashes[i].view()) {
      return absl::DataLossError(
          absl::StrCat("issuing certificate ", hashes[i].ToHex(),
                       ": the stored bytes have another hash"));
    }
  }
  return records;
}

absl::Status LogStore::ScanIssuers(
    const std::function<bool(absl::string_view der)>& visit) const {
  return storage_.Scan(
      Table::kIssuers, "",
      [&](absl::string_view, absl::string_view der) { return visit(der); });
}

absl::Status LogStore::WriteSignedHead(const SignedHead& head) {
  return storage_.PutRecord(SignedHeadPut(head));
}

absl::Status LogStore::WriteConfiguration(
    const keytrans::Configuration& configuration) {
  return storage_.PutRecord(
      {Table::kConfiguration, "", configuration.Encode()});
}

}  // namespace sealbook::server

#include "server/log_records.h"

#include <algorithm>
#include <cstdint>
#include <functional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "merkle/log_tree.h"
#include "proto/sealbook/v1/records.pb.h"

namespace sealbook::server {
namespace {

constexpr size_t kMaxAddedLeaves = 255;

void AppendBigEndian(std::string& out, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

uint64_t ReadBigEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

template <typename Bytes>
absl::StatusOr<Bytes> Fixed(absl::string_view field, absl::string_view bytes) {
  absl::StatusOr<Bytes> value = Bytes::FromBytes(bytes);
  if (!value.ok()) {
    return absl::DataLossError(
        absl::StrCat(field, ": ", value.status().message()));
  }
  return value;
}

template <typename Record>
absl::StatusOr<Record> Parse(absl::string_view bytes) {
  Record record;
  if (bytes.size() > size_t{INT32_MAX} ||
      !record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(
        absl::StrCat("not a ", Record::descriptor()->name()));
  }
  return record;
}

}  // namespace

std::string PositionKey(uint64_t position) {
  std::string key;
  AppendBigEndian(key, position, 8);
  return key;
}

std::string PageKey(const merkle::PageId& id) {
  std::string key;
  key.reserve(12);
  AppendBigEndian(key, id.position, 8);
  AppendBigEndian(key, id.ordinal, 4);
  return key;
}

std::string VersionKey(const LabelVersion& key) {
  std::string bytes;
  bytes.reserve(key.label.size() + 5);
  AppendBigEndian(bytes, key.label.size(), 1);
  bytes.append(key.label);
  AppendBigEndian(bytes, key.version, 4);
  return bytes;
}

std::string ValueKey(const keytrans::VersionFacts& facts) {
  std::string key;
  key.reserve(8 + crypto::VrfOutput::kSize);
  AppendBigEndian(key, facts.position, 8);
  key.append(facts.vrf_output.view().data(), crypto::VrfOutput::kSize);
  return key;
}

std::string PublicationKey(const CertificateLabel& key) {
  return absl::StrCat(key.certificate.view(), key.label);
}

SerialNumber SerialNumber::FromHex(const smime::KeyHash& issuer_key,
                                   absl::string_view hex) {
  std::string bytes = absl::HexStringToBytes(
      hex.size() % 2 == 0 ? std::string(hex) : absl::StrCat("0", hex));
  bytes.erase(0, std::min(bytes.find_first_not_of('\0'), bytes.size()));
  return {issuer_key, std::move(bytes)};
}

std::string SerialKeyPrefix(const SerialNumber& number) {
  std::string key = number.issuer_key.ToString();
  AppendBigEndian(key, number.serial.size(), 1);
  return key + number.serial;
}

std::string EncodeHead(const Head& head) {
  v1::HeadRecord record;
  record.set_tree_size(head.tree_size);
  record.set_log_root(head.log_root.ToString());
  record.set_timestamp_ms(head.timestamp_ms);
  record.set_prefix_root(head.prefix_root.ToString());
  record.set_term(head.term);
  for (const crypto::Hash& value : head.full_subtrees) {
    record.add_full_subtrees(value.ToString());
  }
  return record.SerializeAsString();
}

Put SignedHeadPut(const SignedHead& head) {
  v1::SignedHeadRecord record;
  record.set_tree_size(head.tree_size);
  record.set_log_root(head.log_root.ToString());
  record.set_signature(head.signature);
  record.set_timestamp_ms(head.timestamp_ms);
  return {Table::kSignedHead, "", record.SerializeAsString()};
}

Put EntryPut(uint64_t position, const StoredEntry& entry) {
  std::string added;
  added.reserve(entry.added.size() * crypto::VrfOutput::kSize);
  for (const crypto::VrfOutput& key : entry.added) {
    absl::StrAppend(&added, key.view());
  }
  v1::EntryRecord record;
  record.set_timestamp_ms(entry.entry.timestamp);
  record.set_prefix_root(entry.entry.prefix_root.ToString());
  record.set_added(std::move(added));
  return {Table::kEntries, PositionKey(position), record.SerializeAsString()};
}

Put PagePut(merkle::NewPage page) {
  return {Table::kPages, PageKey(page.id), std::move(page.bytes)};
}

Put LabelPut(absl::string_view label, uint32_t greatest_version) {
  v1::LabelRecord record;
  record.set_greatest_version(greatest_version);
  return {Table::kLabels, std::string(label), record.SerializeAsString()};
}

Put VersionPut(const LabelVersion& key, const keytrans::VersionFacts& facts) {
  v1::VersionRecord record;
  record.set_position(facts.position);
  record.set_vrf_output(facts.vrf_output.ToString());
  record.set_commitment(facts.commitment.ToString());
  return {Table::kVersions, VersionKey(key), record.SerializeAsString()};
}

Put ValuePut(const keytrans::VersionFacts& facts,
             const crypto::Opening& opening, std::string value) {
  v1::ValueRecord record;
  record.set_opening(opening.ToString());
  record.set_value(std::move(value));
  return {Table::kValues, ValueKey(facts), record.SerializeAsString()};
}

Put PublicationPut(const CertificateLabel& key, uint32_t version) {
  std::string record;
  AppendBigEndian(record, version, 4);
  return {Table::kPublications, PublicationKey(key), std::move(record)};
}

Put IssuerPut(const smime::CertificateHash& hash, absl::string_view der) {
  return {Table::kIssuers, hash.ToString(), std::string(der)};
}

Put RevocationPut(const smime::CertificateHash& certificate,
                  const v1::RevocationRecord& record) {
  return {Table::kRevocations, certificate.ToString(),
          record.SerializeAsString()};
}

Put RevokedSerialPut(const SerialNumber& number,
                     const v1::RevocationRecord& record) {
  return {Table::kRevocations, SerialKeyPrefix(number),
          record.SerializeAsString()};
}

Put CompromisedKeyPut(const smime::KeyHash& key,
                      const v1::CompromisedKeyRecord& record) {
  return {Table::kCompromisedKeys, key.ToString(), record.SerializeAsString()};
}

Put SerialPut(const SerialNumber& number,
              const smime::CertificateHash& certificate) {
  return {Table::kSerials,
          absl::StrCat(SerialKeyPrefix(number), certificate.view()), ""};
}

std::vector<Put> LogNodePuts(uint64_t first,
                             absl::Span<const crypto::Hash> values) {
  std::vector<Put> puts;
  for (size_t i = 0; i < values.size(); i += kLogNodesPerRecord) {
    std::string record;
    record.reserve(kLogNodesPerRecord * crypto::Hash::kSize);
    for (const crypto::Hash& value : values.subspan(i, kLogNodesPerRecord)) {
      absl::StrAppend(&record, value.view());
    }
    puts.push_back({Table::kLogNodes,
                    PositionKey((first + i) / kLogNodesPerRecord),
                    std::move(record)});
  }
  return puts;
}

absl::StatusOr<LabelVersion> DecodeVersionKey(absl::string_view key) {
  if (key.size() < 5 || static_cast<uint8_t>(key[0]) != key.size() - 5) {
    return absl::DataLossError("not a key of a label-version");
  }
  return LabelVersion{
      std::string(key.substr(1, key.size() - 5)),
      static_cast<uint32_t>(ReadBigEndian(key.substr(key.size() - 4)))};
}

absl::StatusOr<CertificateLabel> DecodePublicationKey(absl::string_view key) {
  constexpr size_t kHash = smime::CertificateHash::kSize;
  if (key.size() < kHash) {
    return absl::DataLossError("not a key of a publication");
  }
  return CertificateLabel{
      *smime::CertificateHash::FromBytes(key.substr(0, kHash)),
      std::string(key.substr(kHash))};
}

absl::StatusOr<smime::CertificateHash> DecodeSerialKey(absl::string_view key) {
  constexpr size_t kKey = smime::KeyHash::kSize;
  constexpr size_t kHash = smime::CertificateHash::kSize;
  if (key.size() < kKey + 1 + kHash ||
      key.size() != kKey + 1 + static_cast<uint8_t>(key[kKey]) + kHash) {
    return absl::DataLossError("not a key of a serial number");
  }
  return smime::CertificateHash::FromBytes(key.substr(key.size() - kHash));
}

absl::StatusOr<uint64_t> DecodePositionKey(absl::string_view key) {
  if (key.size() != 8) return absl::DataLossError("not a key of a position");
  return ReadBigEndian(key);
}

absl::StatusOr<merkle::PageId> DecodePageKey(absl::string_view key) {
  if (key.size() != 12) return absl::DataLossError("not a key of a page");
  return merkle::PageId{ReadBigEndian(key.substr(0, 8)),
                        static_cast<uint32_t>(ReadBigEndian(key.substr(8)))};
}

absl::StatusOr<uint32_t> DecodeLabelRecord(absl::string_view record) {
  SEALBOOK_ASSIGN_OR_RETURN(v1::LabelRecord label,
                            Parse<v1::LabelRecord>(record));
  return label.greatest_version();
}

absl::StatusOr<uint32_t> DecodePublicationRecord(absl::string_view record) {
  if (record.size() != 4) return absl::DataLossError("not a version number");
  return static_cast<uint32_t>(ReadBigEndian(record));
}

absl::StatusOr<keytrans::VersionFacts> DecodeVersionRecord(
    absl::string_view record) {
  SEALBOOK_ASSIGN_OR_RETURN(v1::VersionRecord version,
                            Parse<v1::VersionRecord>(record));
  keytrans::VersionFacts facts;
  facts.position = version.position();
  SEALBOOK_ASSIGN_OR_RETURN(
      facts.vrf_output,
      Fixed<crypto::VrfOutput>("vrf_output", version.vrf_output()));
  SEALBOOK_ASSIGN_OR_RETURN(
      facts.commitment,
      Fixed<crypto::Commitment>("commitment", version.commitment()));
  return facts;
}

absl::StatusOr<keytrans::OpenedValue> DecodeValueRecord(
    absl::string_view record) {
  SEALBOOK_ASSIGN_OR_RETURN(v1::ValueRecord value,
                            Parse<v1::ValueRecord>(record));
  keytrans::OpenedValue opened;
  SEALBOOK_ASSIGN_OR_RETURN(opened.opening,
                            Fixed<crypto::Opening>("opening", value.opening()));
  opened.value = std::move(*value.mutable_value());
  return opened;
}

absl::StatusOr<v1::RevocationRecord> DecodeRevocationRecord(
    absl::string_view record) {
  SEALBOOK_ASSIGN_OR_RETURN(v1::RevocationRecord revocation,
                            Parse<v1::RevocationRecord>(record));
  if (!v1::CrlReason_IsValid(revocation.reason())) {
    return absl::DataLossError(
        absl::StrCat("unknown reason ", revocation.reason()));
  }
  return revocation;
}

absl::StatusOr<v1::CompromisedKeyRecord> DecodeCompromisedKeyRecord(
    absl::string_view record) {
  return Parse<v1::CompromisedKeyRecord>(record);
}

absl::StatusOr<StoredEntry> DecodeEntryRecord(absl::string_view record) {
  constexpr size_t kKey = crypto::VrfOutput::kSize;
  SEALBOOK_ASSIGN_OR_RETURN(v1::EntryRecord entry,
                            Parse<v1::EntryRecord>(record));
  const std::string& added = entry.added();
  if (added.empty() || added.size() % kKey != 0 ||
      added.size() / kKey > kMaxAddedLeaves) {
    return absl::DataLossError(absl::StrCat("added: ", added.size(),
                                            " bytes are not 1 to ",
                                            kMaxAddedLeaves, " search keys"));
  }
  StoredEntry stored;
  stored.entry.timestamp = entry.timestamp_ms();
  SEALBOOK_ASSIGN_OR_RETURN(
      stored.entry.prefix_root,
      Fixed<crypto::Hash>("prefix_root", entry.prefix_root()));
  for (size_t i = 0; i < added.size(); i += kKey) {
    stored.added.push_back(*crypto::VrfOutput::FromBytes(
        absl::string_view(added).substr(i, kKey)));
  }
  if (std::adjacent_find(stored.added.begin(), stored.added.end(),
                         std::greater_equal<>()) != stored.added.end()) {
    return absl::DataLossError("added: search keys are not ascending");
  }
  return stored;
}

absl::StatusOr<Head> DecodeHeadRecord(absl::string_view record) {
  SEALBOOK_ASSIGN_OR_RETURN(v1::HeadRecord stored,
                            Parse<v1::HeadRecord>(record));
  Head head;
  head.tree_size = stored.tree_size();
  head.timestamp_ms = stored.timestamp_ms();
  head.term = stored.term();
  SEALBOOK_ASSIGN_OR_RETURN(head.log_root,
                            Fixed<crypto::Hash>("log_root", stored.log_root()));
  SEALBOOK_ASSIGN_OR_RETURN(
      head.prefix_root,
      Fixed<crypto::Hash>("prefix_root", stored.prefix_root()));
  for (const std::string& bytes : stored.full_subtrees()) {
    SEALBOOK_ASSIGN_OR_RETURN(crypto::Hash value,
                              Fixed<crypto::Hash>("full_subtrees", bytes));
    head.full_subtrees.push_back(value);
  }
  if (head.tree_size == 0 || head.full_subtrees.size() !=
                                 merkle::FullSubtrees(head.tree_size).size()) {
    return absl::DataLossError(absl::StrCat(
        head.full_subtrees.size(), " full subtrees do not make a tree of ",
        head.tree_size, " entries"));
  }
  return head;
}

absl::StatusOr<SignedHead> DecodeSignedHeadRecord(absl::string_view record) {
  SEALBOOK_ASSIGN_OR_RETURN(v1::SignedHeadRecord stored,
                            Parse<v1::SignedHeadRecord>(record));
  SignedHead head;
  head.tree_size = stored.tree_size();
  head.signature = std::move(*stored.mutable_signature());
  head.timestamp_ms = stored.timestamp_ms();
  SEALBOOK_ASSIGN_OR_RETURN(head.log_root,
                            Fixed<crypto::Hash>("log_root", stored.log_root()));
  if (head.tree_size == 0) {
    return absl::DataLossError("a signed head of an empty tree");
  }
  return head;
}

}  // namespace sealbook::server

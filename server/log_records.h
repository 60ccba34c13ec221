// The records that make up a log in the store, and their encodings: the only
// place that knows them.
//
// Table            Key                                   Record
// kConfiguration (empty)                               [KT] Configuration, TLS
// kHead          (empty)                               HeadRecord
// kSignedHead    (empty)                               SignedHeadRecord
// kEntries       BE64(position)                        EntryRecord
// kLogNodes      BE64(index / 64)                      hashes, 32 bytes each
// kPages         BE64(position) || BE32(ordinal)       merkle::Page
// kLabels        label                                 LabelRecord
// kVersions      len8(label) || label || BE32(version) VersionRecord
// kValues        BE64(position) || VRF output          ValueRecord
// kPublications  SHA-256(certificate) || label         BE32(version)
// kIssuers       SHA-256(certificate)                  DER
// kRevocations   SHA-256(certificate)                  RevocationRecord
//                SHA-256(issuer's SubjectPublicKeyInfo) || len8(serial) ||
//                serial                                RevocationRecord
// kCompromisedKeys SHA-256(SubjectPublicKeyInfo)       CompromisedKeyRecord
// kSerials       SHA-256(issuer's SubjectPublicKeyInfo) || len8(serial) ||
//                serial || SHA-256(certificate)        (empty)
//
// Values are by far the largest records of an address. Their keys ascend with
// the log, so that the store need not sort them into what it has: it moves them
// instead of merging them again and again.
//
// XRecord: protobuf (proto/sealbook/v1/records.proto). Log nodes stand in the
// order of merkle::NodeIndex, 64 values a record; only the last record is
// shorter, and is written again as it grows.
#ifndef SEALBOOK_SERVER_LOG_RECORDS_H_
#define SEALBOOK_SERVER_LOG_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/types.h"
#include "keytrans/prover.h"
#include "keytrans/structures.h"
#include "merkle/page_store.h"
#include "merkle/prefix_tree.h"
#include "proto/sealbook/v1/records.pb.h"
#include "server/storage/storage.h"
#include "smime/types.h"

namespace sealbook::server {

// What the last commit wrote, signed or not.
struct Head {
  uint64_t tree_size = 0;  // At least 1.
  crypto::Hash log_root;
  // Milliseconds since the Unix epoch, of the last entry.
  uint64_t timestamp_ms = 0;
  // Of the last entry.
  crypto::Hash prefix_root;
  // Grows with every start of a writer.
  uint64_t term = 0;
  // Values of merkle::FullSubtrees(tree_size).
  std::vector<crypto::Hash> full_subtrees;

  friend bool operator==(const Head&, const Head&) = default;
};

struct StoredHead {
  Head head;
  // The record as it is stored: the next commit's expected_head.
  std::string record;
};

// A head with its signature.
struct SignedHead {
  uint64_t tree_size = 0;
  crypto::Hash log_root;
  // Over TreeHeadTBS.
  std::string signature;
  // Milliseconds since the Unix epoch, of the last entry.
  uint64_t timestamp_ms = 0;

  keytrans::TreeHead TreeHead() const { return {tree_size, signature}; }
  friend bool operator==(const SignedHead&, const SignedHead&) = default;
};

struct StoredEntry {
  keytrans::LogEntry entry;
  // Search keys of the leaves that it added, ascending; at most 255.
  std::vector<crypto::VrfOutput> added;

  friend bool operator==(const StoredEntry&, const StoredEntry&) = default;
};

struct LabelVersion {
  std::string label;
  uint32_t version = 0;

  friend bool operator==(const LabelVersion&, const LabelVersion&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const LabelVersion& key) {
    return H::combine(std::move(h), key.label, key.version);
  }
};

// A certificate published under a label.
struct CertificateLabel {
  smime::CertificateHash certificate;
  std::string label;

  friend bool operator==(const CertificateLabel&,
                         const CertificateLabel&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CertificateLabel& key) {
    return H::combine(std::move(h), key.certificate, key.label);
  }
};

// A certificate as its issuer counts it.
struct SerialNumber {
  smime::KeyHash issuer_key;
  // Big endian, without leading zeros; at most 255 bytes.
  std::string serial;

  // `hex` as smime/certificate.h gives it.
  static SerialNumber FromHex(const smime::KeyHash& issuer_key,
                              absl::string_view hex);
};

// Node values in one record of Table::kLogNodes.
inline constexpr uint64_t kLogNodesPerRecord = 64;

// Keys.
std::string PositionKey(uint64_t position);
std::string PageKey(const merkle::PageId& id);
// Requires: key.label.size() <= keytrans::kMaxLabelSize.
std::string VersionKey(const LabelVersion& key);
// Of the version with these facts; the commitment does not matter.
std::string ValueKey(const keytrans::VersionFacts& facts);
std::string PublicationKey(const CertificateLabel& key);
// What the keys of all certificates with that number begin with.
std::string SerialKeyPrefix(const SerialNumber& number);

// The records of a commit.
std::string EncodeHead(const Head& head);
Put SignedHeadPut(const SignedHead& head);
Put EntryPut(uint64_t position, const StoredEntry& entry);
Put PagePut(merkle::NewPage page);
Put LabelPut(absl::string_view label, uint32_t greatest_version);
Put VersionPut(const LabelVersion& key, const keytrans::VersionFacts& facts);
Put ValuePut(const keytrans::VersionFacts& facts,
             const crypto::Opening& opening, std::string value);
Put PublicationPut(const CertificateLabel& key, uint32_t version);
Put IssuerPut(const smime::CertificateHash& hash, absl::string_view der);
Put RevocationPut(const smime::CertificateHash& certificate,
                  const v1::RevocationRecord& record);
// Of all certificates with that number, published or not; without versions.
Put RevokedSerialPut(const SerialNumber& number,
                     const v1::RevocationRecord& record);
Put CompromisedKeyPut(const smime::KeyHash& key,
                      const v1::CompromisedKeyRecord& record);
Put SerialPut(const SerialNumber& number,
              const smime::CertificateHash& certificate);
// Records of consecutive node values from index `first` on. Requires: `first`
// is a multiple of kLogNodesPerRecord.
std::vector<Put> LogNodePuts(uint64_t first,
                             absl::Span<const crypto::Hash> values);

// Decoding. DATA_LOSS: the bytes are no such key or record; the message says
// why, the caller adds which one it was.
absl::StatusOr<LabelVersion> DecodeVersionKey(absl::string_view key);
absl::StatusOr<CertificateLabel> DecodePublicationKey(absl::string_view key);
// The certificate that a key of Table::kSerials names.
absl::StatusOr<smime::CertificateHash> DecodeSerialKey(absl::string_view key);
absl::StatusOr<uint64_t> DecodePositionKey(absl::string_view key);
absl::StatusOr<merkle::PageId> DecodePageKey(absl::string_view key);
absl::StatusOr<uint32_t> DecodeLabelRecord(absl::string_view record);
absl::StatusOr<uint32_t> DecodePublicationRecord(absl::string_view record);
absl::StatusOr<keytrans::VersionFacts> DecodeVersionRecord(
    absl::string_view record);
absl::StatusOr<keytrans::OpenedValue> DecodeValueRecord(
    absl::string_view record);
absl::StatusOr<v1::RevocationRecord> DecodeRevocationRecord(
    absl::string_view record);
absl::StatusOr<v1::CompromisedKeyRecord> DecodeCompromisedKeyRecord(
    absl::string_view record);
absl::StatusOr<StoredEntry> DecodeEntryRecord(absl::string_view record);
absl::StatusOr<Head> DecodeHeadRecord(absl::string_view record);
absl::StatusOr<SignedHead> DecodeSignedHeadRecord(absl::string_view record);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_LOG_RECORDS_H_

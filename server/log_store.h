// Typed reads of a log's records (server/log_records.h) over Storage.
#ifndef SEALBOOK_SERVER_LOG_STORE_H_
#define SEALBOOK_SERVER_LOG_STORE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/types.h"
#include "keytrans/prover.h"
#include "keytrans/structures.h"
#include "merkle/log_tree.h"
#include "merkle/page_store.h"
#include "server/log_records.h"
#include "server/storage/storage.h"
#include "smime/types.h"

namespace sealbook::server {

// UNIMPLEMENTED, naming it: a deployment mode in which this version serves no
// log.
absl::Status CheckModeServed(const keytrans::Configuration& configuration);

// How records are read. All methods: DATA_LOSS names a record that does not
// decode, or that is missing where it must exist; other errors are the
// storage's. Results stand in the order of the arguments. Thread-safe.
class LogStore {
 public:
  // `storage` outlives this.
  explicit LogStore(Storage& storage) : storage_(storage) {}

  // NOT_FOUND: there is no log here. UNIMPLEMENTED: a log with a cipher suite
  // or deployment mode that this version does not speak.
  absl::StatusOr<keytrans::Configuration> ReadConfiguration() const;
  // Absent before the first commit.
  absl::StatusOr<std::optional<StoredHead>> ReadHead() const;
  // Absent before the first signature.
  absl::StatusOr<std::optional<SignedHead>> ReadSignedHead() const;

  absl::StatusOr<std::vector<StoredEntry>> ReadEntries(
      absl::Span<const uint64_t> positions) const;
  // The nodes must be complete in the log as it is now.
  absl::StatusOr<std::vector<crypto::Hash>> ReadLogNodes(
      absl::Span<const merkle::LogNode> nodes) const;
  // Values of the nodes with indexes (merkle::NodeIndex) `first` to `end` - 1.
  absl::StatusOr<std::vector<crypto::Hash>> ReadLogNodesFrom(
      uint64_t first, uint64_t end) const;
  // Serialized pages.
  absl::StatusOr<std::vector<std::string>> ReadPages(
      absl::Span<const merkle::PageId> ids) const;

  // Greatest versions; absent for a label without one.
  absl::StatusOr<std::vector<std::optional<uint32_t>>> ReadLabels(
      absl::Span<const std::string> labels) const;
  // Absent for versions that do not exist.
  absl::StatusOr<std::vector<std::optional<keytrans::VersionFacts>>>
  ReadVersions(absl::Span<const LabelVersion> keys) const;
  // The values of versions that exist.
  absl::StatusOr<std::vector<keytrans::OpenedValue>> ReadValues(
      absl::Span<const LabelVersion> keys) const;
  // The same where what their records say is known, which saves reading them.
  absl::StatusOr<std::vector<keytrans::OpenedValue>> ReadValues(
      absl::Span<const LabelVersion> keys,
      absl::Span<const keytrans::VersionFacts> facts) const;
  // The version that a certificate made; absent when it was not published under
  // that label.
  absl::StatusOr<std::vector<std::optional<uint32_t>>> ReadPublications(
      absl::Span<const CertificateLabel> keys) const;
  // The versions that a certificate made, by label.
  absl::StatusOr<std::vector<LabelVersion>> ReadLabelsOf(
      const smime::CertificateHash& certificate) const;
  // Published certificates with that number: one, unless their CA erred.
  absl::StatusOr<std::vector<smime::CertificateHash>> ReadSerial(
      const SerialNumber& number) const;
  // Absent for certificates that were never revoked.
  absl::StatusOr<std::vector<std::optional<v1::RevocationRecord>>>
  ReadRevocations(absl::Span<const smime::CertificateHash> certificates) const;
  // Absent for serial numbers none of whose certificates was ever revoked.
  absl::StatusOr<std::vector<std::optional<v1::RevocationRecord>>>
  ReadRevokedSerials(absl::Span<const SerialNumber> numbers) const;
  // Absent for keys that were never revoked for keyCompromise.
  absl::StatusOr<std::vector<std::optional<v1::CompromisedKeyRecord>>>
  ReadCompromisedKeys(absl::Span<const smime::KeyHash> keys) const;
  // DER of issuing certificates, checked against their hashes; absent when
  // unknown.
  absl::StatusOr<std::vector<std::optional<std::string>>> ReadIssuers(
      absl::Span<const smime::CertificateHash> hashes) const;
  // Visits all issuing certificates until `visit` returns false.
  absl::Status ScanIssuers(
      const std::function<bool(absl::string_view der)>& visit) const;

  // Signed heads and the configuration are written outside the commit order.
  absl::Status WriteSignedHead(const SignedHead& head);
  absl::Status WriteConfiguration(const keytrans::Configuration& configuration);

  Storage& storage() const { return storage_; }

 private:
  absl::StatusOr<std::vector<crypto::Hash>> ReadLogNodesAt(
      absl::Span<const uint64_t> indexes) const;

  Storage& storage_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_LOG_STORE_H_

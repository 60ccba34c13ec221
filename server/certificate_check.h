// The part of a check of a whole store (server/store_check.h) that compares the
// records of single certificates with the log: revocations, compromised keys,
// serial numbers. No hash covers those records, and they decide what may be
// published.
#ifndef SEALBOOK_SERVER_CERTIFICATE_CHECK_H_
#define SEALBOOK_SERVER_CERTIFICATE_CHECK_H_

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "proto/sealbook/v1/records.pb.h"
#include "server/store_check_run.h"
#include "smime/types.h"

namespace sealbook::server {

// Errors of all: the storage's; damages go to the run.
class CertificateCheck {
 public:
  // `run` outlives this.
  explicit CertificateCheck(StoreCheckRun& run) : run_(run) {}

  // From a version to the records. Thread-safe.
  // `entry`, the value of `key`, says that a revocation or the lifting of a
  // hold made it: the certificate's record names it, or a later one of its
  // label.
  void CheckRevocationOf(const LabelVersion& key,
                         const v1::DirectoryEntry& entry);
  // `entry` says that `certificate` made it: it holds that certificate, whose
  // serial number is recorded.
  void CheckSerialOf(const LabelVersion& key,
                     const smime::CertificateHash& certificate,
                     const v1::DirectoryEntry& entry);

  // From each record to the log. Not thread-safe.
  // A revocation: the versions that it names say the same; a key that was
  // compromised is recorded, and how its serial number stands. That of a serial
  // number: it is for the reason, and of the time and publisher, of revocations
  // of its certificates.
  absl::Status CheckRevocations();
  // A compromised key: its certificate was revoked for that.
  absl::Status CheckCompromisedKeys();
  // A serial number: it is that of its certificate, which was published.
  absl::Status CheckSerials();

 private:
  struct StoredSerial {
    std::string key;
    smime::CertificateHash certificate;
  };
  struct StoredRevocation {
    smime::CertificateHash certificate;
    v1::RevocationRecord record;
  };
  // How a serial number stands.
  struct StoredStanding {
    SerialNumber number;
    v1::RevocationRecord record;
  };

  void CheckRevocation(const StoredRevocation& revocation);
  void CheckRevokedVersion(const StoredRevocation& revocation,
                           const LabelVersion& made);
  void CheckKeyOf(const StoredRevocation& revocation);
  void CheckStandingOf(const StoredRevocation& revocation);
  void CheckStanding(const StoredStanding& standing);
  void CheckCompromisedKey(const smime::KeyHash& key,
                           const smime::CertificateHash& certificate);
  void CheckSerial(const StoredSerial& serial);

  absl::StatusOr<v1::DirectoryEntry> EntryOf(const LabelVersion& key) const;
  // As the version that it made holds it; DATA_LOSS: it was never published, or
  // that version does not hold it.
  absl::StatusOr<v1::CertificateInForce> FindCertificate(
      const smime::CertificateHash& certificate) const;
  absl::StatusOr<smime::KeyHash> KeyOf(
      const smime::CertificateHash& certificate) const;
  absl::StatusOr<SerialNumber> SerialNumberOf(
      const v1::CertificateInForce& certificate);
  // The key of the record of a certificate's serial number.
  absl::StatusOr<std::string> SerialKeyOf(
      const v1::CertificateInForce& certificate);
  absl::StatusOr<smime::KeyHash> IssuerKey(const std::string& sha256);

  StoreCheckRun& run_;
  Mutex mutex_;
  // By the SHA-256 of issuing certificates.
  absl::flat_hash_map<std::string, smime::KeyHash> issuer_keys_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_CERTIFICATE_CHECK_H_

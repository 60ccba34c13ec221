#include "server/certificate_check.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/directory_entry.h"
#include "server/record_batches.h"
#include "smime/certificate.h"
#include "smime/serial.h"

namespace sealbook::server {
namespace {

std::string NameOfRevocation(absl::string_view certificate) {
  return absl::StrCat("revocation of ", absl::BytesToHexString(certificate));
}

std::string NameOfKey(absl::string_view key) {
  return absl::StrCat("compromised key ", absl::BytesToHexString(key));
}

std::string NameOfStanding(const SerialNumber& number) {
  return absl::StrCat("revocation of the serial number ",
                      absl::BytesToHexString(number.serial),
                      " of the issuing key ", number.issuer_key.ToHex());
}

// Absent: `key` is not that of a serial number, which is the key of its issuer,
// and the number with its length before it.
std::optional<SerialNumber> FromStandingKey(absl::string_view key) {
  constexpr size_t kPrefix = smime::KeyHash::kSize + 1;
  if (key.size() < kPrefix ||
      static_cast<uint8_t>(key[kPrefix - 1]) != key.size() - kPrefix) {
    return std::nullopt;
  }
  const auto issuer =
      smime::KeyHash::FromBytes(key.substr(0, smime::KeyHash::kSize));
  return SerialNumber{*issuer, std::string(key.substr(kPrefix))};
}

// Null: `entry` does not hold it.
const v1::CertificateInForce* Find(const v1::DirectoryEntry& entry,
                                   const smime::CertificateHash& certificate) {
  for (const v1::CertificateInForce& found : entry.certificates()) {
    if (smime::HashCertificate(found.certificate()) == certificate) {
      return &found;
    }
  }
  return nullptr;
}

}  // namespace

void CertificateCheck::CheckRevocationOf(const LabelVersion& key,
                                         const v1::DirectoryEntry& entry) {
  const std::string& bytes = entry.has_revoked()
                                 ? entry.revoked().certificate_sha256()
                                 : entry.restored().certificate_sha256();
  const auto hash = smime::CertificateHash::FromBytes(bytes);
  if (!hash.ok()) return run_.Damaged(NameOf(key), hash.status());
  const auto found = run_.store.ReadRevocations({*hash});
  if (!found.ok()) return run_.Damaged(NameOf(key), found.status());
  const std::string name = NameOfRevocation(bytes);
  if (!(*found)[0].has_value()) {
    return run_.Damaged(absl::StrCat(name, ": is missing, but ", NameOf(key),
                                     " comes from one"));
  }
  for (const auto& made : (*found)[0]->versions()) {
    if (made.label() == key.label && made.version() >= key.version) return;
  }
  run_.Damaged(absl::StrCat(name, ": names neither ", NameOf(key),
                            ", which comes from it, nor a later one"));
}

void CertificateCheck::CheckSerialOf(const LabelVersion& key,
                                     const smime::CertificateHash& certificate,
                                     const v1::DirectoryEntry& entry) {
  const v1::CertificateInForce* const found = Find(entry, certificate);
  if (found == nullptr) {
    return run_.Damaged(absl::StrCat(NameOf(key),
                                     ": does not hold the certificate ",
                                     certificate.ToHex(), " that made it"));
  }
  const absl::StatusOr<std::string> serial = SerialKeyOf(*found);
  if (!serial.ok()) return run_.Damaged(NameOf(key), serial.status());
  const auto record = run_.storage.Read(Table::kSerials, {*serial});
  if (!record.ok()) return run_.Damaged(NameOf(key), record.status());
  if (!(*record)[0].has_value()) {
    run_.Damaged(absl::StrCat("serial number of ", certificate.ToHex(),
                              ": is missing, but ", NameOf(key),
                              " comes from that certificate"));
  }
}

absl::Status CertificateCheck::CheckRevocations() {
  uint64_t done = 0;
  RecordBatches<StoredRevocation> revocations(
      run_.pool, [this](const StoredRevocation& one) { CheckRevocation(one); });
  RecordBatches<StoredStanding> standings(
      run_.pool, [this](const StoredStanding& one) { CheckStanding(one); });
  SEALBOOK_RETURN_IF_ERROR(run_.storage.Scan(
      Table::kRevocations, "",
      [&](absl::string_view key, absl::string_view record) {
        ++done;
        const auto certificate = smime::CertificateHash::FromBytes(key);
        auto decoded = DecodeRevocationRecord(record);
        auto number = FromStandingKey(key);
        if (decoded.ok() && number.has_value()) {
          standings.Add({*std::move(number), *std::move(decoded)});
        } else if (!certificate.ok() || !decoded.ok()) {
          run_.Damaged(NameOfRevocation(key),
                       decoded.ok() ? certificate.status() : decoded.status());
        } else {
          revocations.Add({*certificate, *std::move(decoded)});
        }
        return true;
      }));
  revocations.Finish();
  standings.Finish();
  if (done > 0) run_.Finished("revocations", done);
  return absl::OkStatus();
}

void CertificateCheck::CheckRevocation(const StoredRevocation& revocation) {
  if (revocation.record.versions().empty()) {
    run_.Damaged(absl::StrCat(NameOfRevocation(revocation.certificate.view()),
                              ": names no version"));
  }
  for (const auto& made : revocation.record.versions()) {
    CheckRevokedVersion(revocation, {made.label(), made.version()});
  }
  if (revocation.record.reason() == v1::CRL_REASON_KEY_COMPROMISE) {
    CheckKeyOf(revocation);
  }
  CheckStandingOf(revocation);
}

void CertificateCheck::CheckStandingOf(const StoredRevocation& revocation) {
  const std::string name = NameOfRevocation(revocation.certificate.view());
  const absl::StatusOr<v1::CertificateInForce> certificate =
      FindCertificate(revocation.certificate);
  if (!certificate.ok()) return run_.Damaged(name, certificate.status());
  const absl::StatusOr<SerialNumber> number = SerialNumberOf(*certificate);
  if (!number.ok()) return run_.Damaged(name, number.status());
  // Its bytes are compared where it is met itself.
  const auto record =
      run_.storage.Read(Table::kRevocations, {SerialKeyPrefix(*number)});
  if (!record.ok()) return run_.Damaged(name, record.status());
  if (!(*record)[0].has_value()) {
    run_.Damaged(absl::StrCat(NameOfStanding(*number),
                              ": is missing, but there is the ", name));
  }
}

// The sequencer writes it anew with each revocation of one of its certificates,
// with that one's time and publisher. Its reason is that one's too, unless it
// was a graver one already, which came from another of them.
void CertificateCheck::CheckStanding(const StoredStanding& standing) {
  const std::string name = NameOfStanding(standing.number);
  if (!standing.record.versions().empty()) {
    return run_.Damaged(absl::StrCat(name, ": names versions"));
  }
  const auto certificates = run_.store.ReadSerial(standing.number);
  if (!certificates.ok()) return run_.Damaged(name, certificates.status());
  const auto revocations = run_.store.ReadRevocations(*certificates);
  // Of its certificates; reported with them.
  if (absl::IsDataLoss(revocations.status())) return;
  if (!revocations.ok()) return run_.Damaged(name, revocations.status());
  bool reason = false;
  bool origin = false;
  for (const auto& revocation : *revocations) {
    if (!revocation.has_value()) continue;
    reason = reason || revocation->reason() == standing.record.reason();
    origin = origin || (revocation->time_ms() == standing.record.time_ms() &&
                        revocation->publisher() == standing.record.publisher());
  }
  if (reason && origin) return;
  run_.Damaged(
      absl::StrCat(name, ": no revocation of a certificate with that number ",
                   reason ? "has its time and publisher" : "has its reason"));
}

void CertificateCheck::CheckRevokedVersion(const StoredRevocation& revocation,
                                           const LabelVersion& made) {
  const std::string name = NameOfRevocation(revocation.certificate.view());
  const auto facts = run_.store.ReadVersions({made});
  if (!facts.ok() || !(*facts)[0].has_value()) {
    return run_.Damaged(absl::StrCat(name, ": ", NameOf(made), " is missing"));
  }
  const absl::StatusOr<v1::DirectoryEntry> entry = EntryOf(made);
  if (!entry.ok()) return run_.Damaged(name, entry.status());
  const bool lifted =
      revocation.record.reason() == v1::CRL_REASON_REMOVE_FROM_CRL;
  const bool says_so =
      lifted ? entry->restored().certificate_sha256() ==
                   revocation.certificate.view()
             : entry->revoked().certificate_sha256() ==
                       revocation.certificate.view() &&
                   entry->revoked().reason() == revocation.record.reason();
  if (!says_so) {
    run_.Damaged(absl::StrCat(name, ": ", NameOf(made),
                              " does not say the same of that certificate"));
  }
}

void CertificateCheck::CheckKeyOf(const StoredRevocation& revocation) {
  const std::string name = NameOfRevocation(revocation.certificate.view());
  const absl::StatusOr<smime::KeyHash> key = KeyOf(revocation.certificate);
  if (!key.ok()) return run_.Damaged(name, key.status());
  const auto record = run_.store.ReadCompromisedKeys({*key});
  if (!record.ok()) return run_.Damaged(name, record.status());
  if (!(*record)[0].has_value()) {
    run_.Damaged(absl::StrCat(NameOfKey(key->view()), ": is missing, but the ",
                              name, " was for keyCompromise"));
  }
}

absl::Status CertificateCheck::CheckCompromisedKeys() {
  return run_.storage.Scan(
      Table::kCompromisedKeys, "",
      [&](absl::string_view key, absl::string_view record) {
        const auto hash = smime::KeyHash::FromBytes(key);
        const auto decoded = DecodeCompromisedKeyRecord(record);
        if (!decoded.ok() || !hash.ok()) {
          run_.Damaged(absl::StrCat(NameOfKey(key), ": cannot be read"));
          return true;
        }
        const auto certificate =
            smime::CertificateHash::FromBytes(decoded->certificate_sha256());
        if (certificate.ok()) {
          CheckCompromisedKey(*hash, *certificate);
        } else {
          run_.Damaged(NameOfKey(key), certificate.status());
        }
        return true;
      });
}

void CertificateCheck::CheckCompromisedKey(
    const smime::KeyHash& key, const smime::CertificateHash& certificate) {
  const std::string name = NameOfKey(key.view());
  const auto revocation = run_.store.ReadRevocations({certificate});
  if (!revocation.ok()) return run_.Damaged(name, revocation.status());
  if (!(*revocation)[0].has_value() ||
      (*revocation)[0]->reason() != v1::CRL_REASON_KEY_COMPROMISE) {
    return run_.Damaged(absl::StrCat(name, ": the certificate ",
                                     certificate.ToHex(),
                                     " was not revoked for keyCompromise"));
  }
  const absl::StatusOr<smime::KeyHash> found = KeyOf(certificate);
  if (!found.ok()) return run_.Damaged(name, found.status());
  if (*found != key) {
    run_.Damaged(absl::StrCat(name, ": the certificate ", certificate.ToHex(),
                              " has another key"));
  }
}

absl::Status CertificateCheck::CheckSerials() {
  uint64_t done = 0;
  RecordBatches<StoredSerial> serials(
      run_.pool, [this](const StoredSerial& serial) { CheckSerial(serial); });
  SEALBOOK_RETURN_IF_ERROR(run_.storage.Scan(
      Table::kSerials, "", [&](absl::string_view key, absl::string_view) {
        run_.Progress("serial numbers", ++done, run_.summary.versions);
        const auto certificate = DecodeSerialKey(key);
        if (certificate.ok()) {
          serials.Add({std::string(key), *certificate});
        } else {
          run_.Damaged("serial number", certificate.status());
        }
        return true;
      }));
  serials.Finish();
  run_.Finished("serial numbers", done);
  return absl::OkStatus();
}

void CertificateCheck::CheckSerial(const StoredSerial& serial) {
  const std::string name =
      absl::StrCat("serial number of ", serial.certificate.ToHex());
  const absl::StatusOr<v1::CertificateInForce> certificate =
      FindCertificate(serial.certificate);
  if (!certificate.ok()) return run_.Damaged(name, certificate.status());
  const absl::StatusOr<std::string> expected = SerialKeyOf(*certificate);
  if (!expected.ok()) return run_.Damaged(name, expected.status());
  if (*expected != serial.key) {
    run_.Damaged(
        absl::StrCat(name, ": that certificate has another issuer or number"));
  }
}

absl::StatusOr<v1::DirectoryEntry> CertificateCheck::EntryOf(
    const LabelVersion& key) const {
  SEALBOOK_ASSIGN_OR_RETURN(const auto values, run_.store.ReadValues({key}));
  return ParseDirectoryEntry(values[0].value);
}

absl::StatusOr<v1::CertificateInForce> CertificateCheck::FindCertificate(
    const smime::CertificateHash& certificate) const {
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<LabelVersion> published,
                            run_.store.ReadLabelsOf(certificate));
  if (published.empty()) {
    return absl::DataLossError("that certificate was never published");
  }
  SEALBOOK_ASSIGN_OR_RETURN(const v1::DirectoryEntry entry,
                            EntryOf(published[0]));
  const v1::CertificateInForce* const found = Find(entry, certificate);
  if (found != nullptr) return *found;
  return absl::DataLossError(absl::StrCat(
      NameOf(published[0]), ", which it made, does not hold that certificate"));
}

absl::StatusOr<smime::KeyHash> CertificateCheck::KeyOf(
    const smime::CertificateHash& certificate) const {
  SEALBOOK_ASSIGN_OR_RETURN(const v1::CertificateInForce found,
                            FindCertificate(certificate));
  return smime::HashSubjectKey(found.certificate());
}

absl::StatusOr<SerialNumber> CertificateCheck::SerialNumberOf(
    const v1::CertificateInForce& certificate) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::string number,
                            smime::ReadSerialHex(certificate.certificate()));
  SEALBOOK_ASSIGN_OR_RETURN(const smime::KeyHash issuer,
                            IssuerKey(certificate.issuer_sha256(0)));
  return SerialNumber::FromHex(issuer, number);
}

absl::StatusOr<std::string> CertificateCheck::SerialKeyOf(
    const v1::CertificateInForce& certificate) {
  SEALBOOK_ASSIGN_OR_RETURN(const SerialNumber number,
                            SerialNumberOf(certificate));
  return SerialPut(number, smime::HashCertificate(certificate.certificate()))
      .key;
}

absl::StatusOr<smime::KeyHash> CertificateCheck::IssuerKey(
    const std::string& sha256) {
  {
    MutexLock lock(mutex_);
    if (const auto known = issuer_keys_.find(sha256);
        known != issuer_keys_.end()) {
      return known->second;
    }
  }
  SEALBOOK_ASSIGN_OR_RETURN(const auto hash,
                            smime::CertificateHash::FromBytes(sha256));
  SEALBOOK_ASSIGN_OR_RETURN(const auto ders, run_.store.ReadIssuers({hash}));
  if (!ders[0].has_value()) {
    return absl::DataLossError(
        absl::StrCat("issuing certificate ", hash.ToHex(), ": missing"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(const smime::KeyHash key,
                            smime::HashSubjectKey(*ders[0]));
  MutexLock lock(mutex_);
  issuer_keys_.emplace(sha256, key);
  return key;
}

}  // namespace sealbook::server

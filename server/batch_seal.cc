#include "server/batch_seal.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "keytrans/structures.h"
#include "server/revocation_state.h"

namespace sealbook::server {
namespace {

absl::StatusOr<merkle::PrefixLeaf> SealVersion(
    const PlannedVersion& version, uint64_t position,
    const crypto::Opening& opening, const crypto::VrfPrivateKey& vrf_key,
    std::vector<Put>& puts) {
  const LabelVersion& key = version.key;
  std::string value = ValueOf(version);
  merkle::PrefixLeaf leaf;
  leaf.commitment =
      keytrans::CommitToValue(opening, key.label, key.version, value);
  SEALBOOK_ASSIGN_OR_RETURN(
      leaf.vrf_output,
      vrf_key.Evaluate(keytrans::EncodeVrfInput(key.label, key.version)));
  // A later version of the label in this batch has its label record later in
  // the commit, and later puts win.
  puts.reserve(5);
  puts.push_back(LabelPut(key.label, key.version));
  const keytrans::VersionFacts facts = {position, leaf.vrf_output,
                                        leaf.commitment};
  puts.push_back(VersionPut(key, facts));
  puts.push_back(ValuePut(facts, opening, std::move(value)));
  if (!IsRevocation(*version.submission)) {
    const smime::AdmittedCertificate& certificate =
        *version.submission->certificate;
    puts.push_back(
        PublicationPut({certificate.sha256, key.label}, key.version));
    puts.push_back(SerialPut(SerialNumberOf(certificate), certificate.sha256));
  }
  return leaf;
}

// Drawn at once: a generator's cost is by the call, not by the byte.
absl::StatusOr<std::vector<crypto::Opening>> NewOpenings(
    size_t count, crypto::RandomSource& random) {
  std::vector<uint8_t> bytes(count * crypto::Opening::kSize);
  SEALBOOK_RETURN_IF_ERROR(random.Fill(bytes.data(), bytes.size()));
  std::vector<crypto::Opening> openings(count);
  for (size_t i = 0; i < count; ++i) {
    std::copy_n(&bytes[i * crypto::Opening::kSize], crypto::Opening::kSize,
                openings[i].data());
  }
  return openings;
}

void AddRevocations(const BatchPlan& plan, std::vector<Put>& puts) {
  for (const PlannedRevocation& revocation : plan.revocations) {
    const smime::AdmittedCertificate& certificate =
        *revocation.submission->certificate;
    puts.push_back(RevocationPut(certificate.sha256, revocation.record));
    v1::RevocationRecord serial;
    serial.set_reason(revocation.serial_reason);
    serial.set_time_ms(revocation.record.time_ms());
    serial.set_publisher(revocation.record.publisher());
    puts.push_back(RevokedSerialPut(SerialNumberOf(certificate), serial));
    if (revocation.record.reason() == v1::CRL_REASON_KEY_COMPROMISE) {
      v1::CompromisedKeyRecord record;
      record.set_certificate_sha256(certificate.sha256.ToString());
      record.set_time_ms(revocation.record.time_ms());
      puts.push_back(CompromisedKeyPut(certificate.key_sha256, record));
    }
  }
}

void AddIssuers(const BatchPlan& plan,
                const absl::flat_hash_set<smime::CertificateHash>& known,
                SealedBatch& sealed) {
  absl::flat_hash_set<smime::CertificateHash> added;
  absl::flat_hash_set<const smime::Chain*> seen;
  for (const PlannedVersion& version : plan.versions) {
    const smime::Chain& chain = *version.submission->certificate->chain;
    if (!seen.insert(&chain).second) continue;
    for (const smime::Issuer& issuer : chain) {
      if (known.contains(issuer.sha256) ||
          !added.insert(issuer.sha256).second) {
        continue;
      }
      sealed.batch.puts.push_back(IssuerPut(issuer.sha256, issuer.der));
      sealed.new_issuers.push_back(issuer.sha256);
    }
  }
}

}  // namespace

absl::StatusOr<SealedBatch> SealBatch(
    const BatchPlan& plan, uint64_t first_position,
    const absl::flat_hash_set<smime::CertificateHash>& known_issuers,
    const crypto::VrfPrivateKey& vrf_key, crypto::RandomSource& random,
    const merkle::ParallelFor& parallel) {
  const size_t count = plan.versions.size();
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<crypto::Opening> openings,
                            NewOpenings(count, random));
  SealedBatch sealed;
  std::vector<std::vector<Put>> puts(count);
  std::vector<absl::StatusOr<merkle::PrefixLeaf>> leaves(count,
                                                         merkle::PrefixLeaf{});
  parallel(count, [&](size_t i) {
    leaves[i] =
        SealVersion(plan.versions[i], first_position + plan.versions[i].entry,
                    openings[i], vrf_key, puts[i]);
  });
  sealed.batch.entries.resize(plan.entries);
  for (size_t i = 0; i < count; ++i) {
    if (!leaves[i].ok()) return leaves[i].status();
    sealed.commitments.push_back(leaves[i]->commitment);
    sealed.batch.entries[plan.versions[i].entry].push_back(*leaves[i]);
    std::move(puts[i].begin(), puts[i].end(),
              std::back_inserter(sealed.batch.puts));
  }
  AddRevocations(plan, sealed.batch.puts);
  AddIssuers(plan, known_issuers, sealed);
  return sealed;
}

absl::Status AddPadding(size_t leaves, crypto::RandomSource& random,
                        LogBatch& batch) {
  for (std::vector<merkle::PrefixLeaf>& entry : batch.entries) {
    while (entry.size() < leaves) {
      merkle::PrefixLeaf leaf;
      SEALBOOK_RETURN_IF_ERROR(
          random.Fill(leaf.vrf_output.data(), leaf.vrf_output.size()));
      SEALBOOK_RETURN_IF_ERROR(
          random.Fill(leaf.commitment.data(), leaf.commitment.size()));
      entry.push_back(leaf);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<LogBatch> PaddingBatch(crypto::RandomSource& random,
                                      size_t leaves) {
  LogBatch batch;
  batch.entries.resize(1);
  SEALBOOK_RETURN_IF_ERROR(AddPadding(leaves, random, batch));
  return batch;
}

}  // namespace sealbook::server

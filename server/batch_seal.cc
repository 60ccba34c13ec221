#include "server/batch_seal.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "keytrans/structures.h"
#include "server/directory_entry.h"

namespace sealbook::server {
namespace {

// Records of a version: label, version, value, publication.
constexpr size_t kPutsPerVersion = 4;

std::string ValueOf(const PlannedVersion& version) {
  EntryDraft draft;
  for (const auto& certificate : version.in_force) {
    draft.in_force.push_back(&certificate->stored);
  }
  draft.added = version.submission->certificate.get();
  draft.cause = version.submission->cause;
  draft.publisher = version.submission->publisher;
  draft.basis = version.submission->basis;
  return SerializeDirectoryEntry(draft);
}

// `puts` points to kPutsPerVersion elements.
absl::StatusOr<merkle::PrefixLeaf> SealVersion(
    const PlannedVersion& version, uint64_t position,
    const crypto::Opening& opening, const crypto::VrfPrivateKey& vrf_key,
    Put* puts) {
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
  puts[0] = LabelPut(key.label, key.version);
  puts[1] = VersionPut(key, {position, leaf.vrf_output, leaf.commitment});
  puts[2] = ValuePut(key, opening, std::move(value));
  puts[3] = PublicationPut({version.submission->certificate->sha256, key.label},
                           key.version);
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
  sealed.batch.puts.resize(count * kPutsPerVersion);
  std::vector<absl::StatusOr<merkle::PrefixLeaf>> leaves(count,
                                                         merkle::PrefixLeaf{});
  parallel(count, [&](size_t i) {
    leaves[i] = SealVersion(
        plan.versions[i], first_position + plan.versions[i].entry, openings[i],
        vrf_key, &sealed.batch.puts[i * kPutsPerVersion]);
  });
  sealed.batch.entries.resize(plan.entries);
  for (size_t i = 0; i < count; ++i) {
    if (!leaves[i].ok()) return leaves[i].status();
    sealed.commitments.push_back(leaves[i]->commitment);
    sealed.batch.entries[plan.versions[i].entry].push_back(*leaves[i]);
  }
  AddIssuers(plan, known_issuers, sealed);
  return sealed;
}

absl::StatusOr<LogBatch> PaddingBatch(crypto::RandomSource& random) {
  merkle::PrefixLeaf leaf;
  SEALBOOK_RETURN_IF_ERROR(
      random.Fill(leaf.vrf_output.data(), leaf.vrf_output.size()));
  SEALBOOK_RETURN_IF_ERROR(
      random.Fill(leaf.commitment.data(), leaf.commitment.size()));
  LogBatch batch;
  batch.entries.push_back({leaf});
  return batch;
}

}  // namespace sealbook::server

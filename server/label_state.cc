#include "server/label_state.h"

#include <cstddef>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/structures.h"
#include "server/directory_entry.h"
#include "smime/certificate.h"

namespace sealbook::server {
namespace {

// Labels whose records are read together. Small enough that the pool's threads
// share a batch evenly, large enough for the store to read in order.
constexpr size_t kLabelsPerRead = 256;

using IssuerKeys = absl::flat_hash_map<smime::CertificateHash, smime::KeyHash>;

absl::Status Damaged(const LabelVersion& version, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("version ", version.version, " of ",
                                          absl::CHexEscape(version.label), ": ",
                                          what));
}

absl::StatusOr<smime::KeyHash> IssuerKey(const LogStore& store,
                                         const smime::CertificateHash& issuer,
                                         IssuerKeys& known) {
  if (auto found = known.find(issuer); found != known.end()) {
    return found->second;
  }
  SEALBOOK_ASSIGN_OR_RETURN(auto ders, store.ReadIssuers({issuer}));
  if (!ders[0].has_value()) {
    return absl::DataLossError(
        absl::StrCat("issuing certificate ", issuer.ToHex(), ": missing"));
  }
  absl::StatusOr<smime::KeyHash> key = smime::HashSubjectKey(*ders[0]);
  if (!key.ok()) {
    return absl::DataLossError(absl::StrCat(
        "issuing certificate ", issuer.ToHex(), ": ", key.status().message()));
  }
  known.emplace(issuer, *key);
  return key;
}

// The certificates in the committed value of `version`.
absl::StatusOr<std::vector<std::shared_ptr<const CertificateState>>>
ReadInForce(const LogStore& store, const LabelVersion& version,
            const keytrans::VersionFacts& facts,
            const keytrans::OpenedValue& value, IssuerKeys& issuer_keys) {
  if (keytrans::CommitToValue(value.opening, version.label, version.version,
                              value.value) != facts.commitment) {
    return Damaged(version, "the stored value does not open its commitment");
  }
  absl::StatusOr<v1::DirectoryEntry> entry = ParseDirectoryEntry(value.value);
  if (!entry.ok()) return Damaged(version, entry.status().message());
  std::vector<std::shared_ptr<const CertificateState>> in_force;
  for (v1::CertificateInForce& stored : *entry->mutable_certificates()) {
    absl::StatusOr<smime::CertificateFacts> read =
        smime::ReadCertificateFacts(stored.certificate());
    if (!read.ok()) return Damaged(version, read.status().message());
    auto state = std::make_shared<CertificateState>();
    state->facts.sha256 = read->sha256;
    state->facts.not_after_ms = read->not_after_ms;
    SEALBOOK_ASSIGN_OR_RETURN(auto issuer, smime::CertificateHash::FromBytes(
                                               stored.issuer_sha256(0)));
    SEALBOOK_ASSIGN_OR_RETURN(state->facts.issuer_key_sha256,
                              IssuerKey(store, issuer, issuer_keys));
    state->stored = std::move(stored);
    in_force.push_back(std::move(state));
  }
  return in_force;
}

// Which of the certificates that are to be published already are.
absl::Status ReadPublished(const LogStore& store,
                           absl::Span<const LabelQuery> queries,
                           const std::vector<size_t>& existing,
                           absl::Span<LabelState> states) {
  std::vector<CertificateLabel> keys;
  std::vector<size_t> owner;
  for (size_t i : existing) {
    for (const smime::CertificateHash& hash : queries[i].certificates) {
      keys.push_back({hash, queries[i].label});
      owner.push_back(i);
    }
  }
  SEALBOOK_ASSIGN_OR_RETURN(auto found, store.ReadPublications(keys));
  std::vector<LabelVersion> versions;
  std::vector<size_t> key_of_version;
  for (size_t k = 0; k < keys.size(); ++k) {
    if (!found[k].has_value()) continue;
    versions.push_back({keys[k].label, *found[k]});
    key_of_version.push_back(k);
  }
  SEALBOOK_ASSIGN_OR_RETURN(auto facts, store.ReadVersions(versions));
  for (size_t v = 0; v < versions.size(); ++v) {
    if (!facts[v].has_value()) {
      return Damaged(versions[v], "a publication names it, but it is missing");
    }
    const size_t k = key_of_version[v];
    states[owner[k]].published.emplace(keys[k].certificate,
                                       StoredPublication{*found[k], *facts[v]});
  }
  return absl::OkStatus();
}

absl::Status ReadNewest(const LogStore& store,
                        absl::Span<const LabelQuery> queries,
                        const std::vector<size_t>& existing,
                        absl::Span<LabelState> states) {
  std::vector<LabelVersion> newest;
  newest.reserve(existing.size());
  for (size_t i : existing) {
    newest.push_back({queries[i].label, *states[i].greatest_version});
  }
  SEALBOOK_ASSIGN_OR_RETURN(const auto found, store.ReadVersions(newest));
  std::vector<keytrans::VersionFacts> facts;
  for (size_t v = 0; v < newest.size(); ++v) {
    if (!found[v].has_value()) {
      return Damaged(newest[v], "its label names it, but it is missing");
    }
    facts.push_back(*found[v]);
  }
  SEALBOOK_ASSIGN_OR_RETURN(auto values, store.ReadValues(newest, facts));
  IssuerKeys issuer_keys;
  for (size_t v = 0; v < newest.size(); ++v) {
    SEALBOOK_ASSIGN_OR_RETURN(
        states[existing[v]].in_force,
        ReadInForce(store, newest[v], facts[v], values[v], issuer_keys));
  }
  return absl::OkStatus();
}

absl::Status ReadSome(const LogStore& store,
                      absl::Span<const LabelQuery> queries,
                      absl::Span<LabelState> states) {
  std::vector<std::string> labels;
  for (const LabelQuery& query : queries) labels.push_back(query.label);
  SEALBOOK_ASSIGN_OR_RETURN(auto greatest, store.ReadLabels(labels));
  // A label without a version has no publication either: most labels of a batch
  // are new, and need this one read only.
  std::vector<size_t> existing;
  for (size_t i = 0; i < queries.size(); ++i) {
    states[i] = LabelState{};
    states[i].greatest_version = greatest[i];
    if (greatest[i].has_value()) existing.push_back(i);
  }
  if (existing.empty()) return absl::OkStatus();
  SEALBOOK_RETURN_IF_ERROR(ReadPublished(store, queries, existing, states));
  return ReadNewest(store, queries, existing, states);
}

// One read for all; where records are damaged, one a label.
absl::Status ReadGroup(const LogStore& store,
                       absl::Span<const LabelQuery> queries,
                       absl::Span<LabelState> states) {
  absl::Status all = ReadSome(store, queries, states);
  if (!absl::IsDataLoss(all)) return all;
  for (size_t i = 0; i < queries.size(); ++i) {
    absl::Status one =
        ReadSome(store, queries.subspan(i, 1), states.subspan(i, 1));
    if (!one.ok() && !absl::IsDataLoss(one)) return one;
    if (absl::IsDataLoss(one)) {
      states[i] = LabelState{};
      states[i].status = one;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<LabelState>> ReadLabelStates(
    const LogStore& store, absl::Span<const LabelQuery> queries,
    const merkle::ParallelFor& parallel) {
  std::vector<LabelState> states(queries.size());
  const size_t groups = (queries.size() + kLabelsPerRead - 1) / kLabelsPerRead;
  std::vector<absl::Status> statuses(groups);
  parallel(groups, [&](size_t group) {
    const size_t first = group * kLabelsPerRead;
    statuses[group] =
        ReadGroup(store, queries.subspan(first, kLabelsPerRead),
                  absl::MakeSpan(states).subspan(first, kLabelsPerRead));
  });
  for (const absl::Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return states;
}

}  // namespace sealbook::server

#include "tests/protocol/structure_mirror.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crypto/types.h"
#include "merkle/prefix_proof.h"

namespace sealbook {
namespace {

void Mirror(const crypto::Hash& ours, std::string* theirs) {
  *theirs = std::string(ours.view());
}

// What only one deployment mode has is empty or 0 there in the others.
void Mirror(const keytrans::UpdateSuffix& ours,
            reference::UpdateSuffix* theirs) {
  theirs->signature = ours.signature.value_or("");
}

void Mirror(const keytrans::TreeHead& ours, reference::TreeHead* theirs) {
  theirs->tree_size = ours.tree_size;
  theirs->signature = ours.signature;
}

void Mirror(const keytrans::FullTreeHead& ours,
            reference::FullTreeHead* theirs) {
  if (!ours.updated.has_value()) return;
  theirs->head_type = reference::FullTreeHeadType::kUpdated;
  Mirror(*ours.updated, &theirs->tree_head);
  if (ours.auditor.has_value()) {
    sealbook::Mirror(*ours.auditor, &theirs->auditor_tree_head);
  }
}

void Mirror(const merkle::PrefixLeaf& ours, reference::PrefixLeaf* theirs) {
  theirs->vrf_output = std::string(ours.vrf_output.view());
  theirs->commitment = std::string(ours.commitment.view());
}

void Mirror(const merkle::PrefixSearchResult& ours,
            reference::PrefixSearchResult* theirs) {
  using Ours = merkle::PrefixSearchResultType;
  using Theirs = reference::PrefixSearchResultType;
  switch (ours.type) {
    case Ours::kInclusion:
      theirs->result_type = Theirs::kInclusion;
      break;
    case Ours::kNonInclusionLeaf:
      theirs->result_type = Theirs::kNonInclusionLeaf;
      break;
    case Ours::kNonInclusionParent:
      theirs->result_type = Theirs::kNonInclusionParent;
      break;
  }
  if (ours.leaf.has_value()) Mirror(*ours.leaf, &theirs->leaf);
  theirs->depth = ours.depth;
}

void Mirror(const keytrans::BinaryLadderStep& ours,
            reference::BinaryLadderStep* theirs) {
  theirs->proof = ours.proof.bytes;
  if (ours.commitment.has_value()) {
    theirs->commitment = std::string(ours.commitment->view());
  }
}

void Mirror(const keytrans::MonitorMapEntry& ours,
            reference::MonitorMapEntry* theirs) {
  theirs->position = ours.position;
  theirs->version = ours.version;
}

void Mirror(const keytrans::LabelValue& ours, reference::LabelValue* theirs) {
  theirs->value = ours.value;
}

void Mirror(const keytrans::UpdateInfo& ours, reference::UpdateInfo* theirs) {
  theirs->opening = std::string(ours.opening.view());
  Mirror(ours.suffix, &theirs->suffix);
}

void Mirror(const keytrans::UpdateValue& ours, reference::UpdateValue* theirs) {
  theirs->value = ours.value;
  Mirror(ours.suffix, &theirs->suffix);
}

template <typename Ours, typename Theirs>
void MirrorEach(const std::vector<Ours>& ours, std::vector<Theirs>* theirs) {
  for (const Ours& element : ours) Mirror(element, &theirs->emplace_back());
}

void Mirror(const merkle::PrefixProof& ours, reference::PrefixProof* theirs) {
  MirrorEach(ours.results, &theirs->results);
  MirrorEach(ours.elements, &theirs->elements);
}

void Mirror(const keytrans::CombinedTreeProof& ours,
            reference::CombinedTreeProof* theirs) {
  theirs->timestamps = ours.timestamps;
  for (const merkle::PrefixProof& proof : ours.prefix_proofs) {
    Mirror(proof, &theirs->prefix_proofs.emplace_back());
  }
  MirrorEach(ours.prefix_roots, &theirs->prefix_roots);
  MirrorEach(ours.inclusion, &theirs->inclusion.elements);
}

// What a response, and a credential, have in common with others.
template <typename Ours, typename Theirs>
void MirrorOpenedValue(const Ours& ours, Theirs* theirs) {
  theirs->opening = std::string(ours.opening.view());
  theirs->value.value = ours.value;
  Mirror(ours.suffix, &theirs->value.suffix);
  MirrorEach(ours.binary_ladder, &theirs->binary_ladder);
}

}  // namespace

void Mirror(const keytrans::Configuration& ours,
            reference::Configuration* theirs) {
  theirs->ciphersuite = static_cast<uint16_t>(ours.ciphersuite);
  theirs->mode = static_cast<reference::DeploymentMode>(ours.mode);
  theirs->signature_public_key = ours.signature_public_key;
  theirs->vrf_public_key = ours.vrf_public_key;
  theirs->leaf_public_key = ours.leaf_public_key;
  theirs->max_auditor_lag = ours.max_auditor_lag;
  theirs->auditor_start_pos = ours.auditor_start_pos;
  theirs->auditor_public_key = ours.auditor_public_key;
  theirs->max_ahead = ours.max_ahead;
  theirs->max_behind = ours.max_behind;
  theirs->reasonable_monitoring_window = ours.reasonable_monitoring_window;
  theirs->maximum_lifetime = ours.maximum_lifetime;
}

void Mirror(const keytrans::AuditorTreeHead& ours,
            reference::AuditorTreeHead* theirs) {
  theirs->timestamp = ours.timestamp;
  theirs->tree_size = ours.tree_size;
  theirs->signature = ours.signature;
}

void Mirror(const keytrans::SearchRequest& ours,
            reference::SearchRequest* theirs) {
  theirs->last = ours.last;
  theirs->label = ours.label;
  theirs->version = ours.version;
}

void Mirror(const keytrans::SearchResponse& ours,
            reference::SearchResponse* theirs) {
  Mirror(ours.full_tree_head, &theirs->full_tree_head);
  theirs->version = ours.version.value();
  MirrorOpenedValue(ours, theirs);
  Mirror(ours.search, &theirs->search);
}

void Mirror(const keytrans::SearchResponse& ours,
            reference::FixedVersionResponse* theirs) {
  Mirror(ours.full_tree_head, &theirs->full_tree_head);
  MirrorOpenedValue(ours, theirs);
  Mirror(ours.search, &theirs->search);
}

void Mirror(const keytrans::ContactMonitorRequest& ours,
            reference::ContactMonitorRequest* theirs) {
  theirs->last = ours.last;
  theirs->label = ours.label;
  MirrorEach(ours.entries, &theirs->entries);
}

void Mirror(const keytrans::ContactMonitorResponse& ours,
            reference::ContactMonitorResponse* theirs) {
  Mirror(ours.full_tree_head, &theirs->full_tree_head);
  Mirror(ours.monitor, &theirs->monitor);
}

void Mirror(const keytrans::OwnerInitRequest& ours,
            reference::OwnerInitRequest* theirs) {
  theirs->last = ours.last;
  theirs->label = ours.label;
  theirs->start = ours.start;
}

void Mirror(const keytrans::OwnerInitResponse& ours,
            reference::OwnerInitResponse* theirs) {
  Mirror(ours.full_tree_head, &theirs->full_tree_head);
  theirs->greatest_versions = ours.greatest_versions;
  MirrorEach(ours.binary_ladder, &theirs->binary_ladder);
  Mirror(ours.init, &theirs->init);
}

void Mirror(const keytrans::OwnerMonitorRequest& ours,
            reference::OwnerMonitorRequest* theirs) {
  theirs->last = ours.last;
  theirs->label = ours.label;
  MirrorEach(ours.entries, &theirs->entries);
  theirs->start = ours.start;
  theirs->greatest_version = ours.greatest_version;
}

void Mirror(const keytrans::OwnerMonitorResponse& ours,
            reference::OwnerMonitorResponse* theirs) {
  Mirror(ours.full_tree_head, &theirs->full_tree_head);
  Mirror(ours.monitor, &theirs->monitor);
}

void Mirror(const keytrans::UpdateRequest& ours,
            reference::UpdateRequest* theirs) {
  theirs->last = ours.last;
  theirs->label = ours.label;
  theirs->greatest_version = ours.greatest_version;
  MirrorEach(ours.values, &theirs->values);
}

void Mirror(const keytrans::UpdateResponse& ours,
            reference::UpdateResponse* theirs) {
  Mirror(ours.full_tree_head, &theirs->full_tree_head);
  theirs->position = ours.position;
  theirs->skipped_versions = ours.skipped_versions.value_or(0);
  MirrorEach(ours.values, &theirs->values);
  MirrorEach(ours.info, &theirs->info);
  MirrorEach(ours.binary_ladder, &theirs->binary_ladder);
  Mirror(ours.update, &theirs->update);
}

void Mirror(const keytrans::ManagerUpdateRequest& ours,
            reference::ManagerUpdateRequest* theirs) {
  theirs->last = ours.last;
  theirs->label = ours.label;
  theirs->greatest_version = ours.greatest_version;
  MirrorEach(ours.values, &theirs->values);
  theirs->signed_version = ours.signed_version;
}

void Mirror(const keytrans::DistinguishedRequest& ours,
            reference::DistinguishedRequest* theirs) {
  theirs->last = ours.last;
  theirs->stop = ours.stop;
}

void Mirror(const keytrans::DistinguishedResponse& ours,
            reference::DistinguishedResponse* theirs) {
  Mirror(ours.full_tree_head, &theirs->full_tree_head);
  Mirror(ours.distinguished, &theirs->distinguished);
}

void Mirror(const keytrans::DistinguishedHead& ours,
            reference::DistinguishedHead* theirs) {
  MirrorEach(ours.heads, &theirs->heads);
}

void Mirror(const keytrans::Credential& ours, reference::Credential* theirs) {
  theirs->label = ours.label;
  theirs->version = ours.version;
  MirrorOpenedValue(ours, theirs);
  theirs->position = ours.position;
  if (const auto* standard =
          std::get_if<keytrans::StandardCredential>(&ours.proof)) {
    theirs->credential_type = reference::CredentialType::kStandard;
    Mirror(standard->distinguished, &theirs->distinguished);
  } else {
    const auto& provisional =
        std::get<keytrans::ProvisionalCredential>(ours.proof);
    theirs->credential_type = reference::CredentialType::kProvisional;
    Mirror(provisional.tree_head, &theirs->tree_head);
    Mirror(provisional.search, &theirs->search);
  }
}

void Mirror(const keytrans::CredentialUpdate& ours,
            reference::CredentialUpdate* theirs) {
  Mirror(ours.monitor, &theirs->monitor);
}

void Mirror(const keytrans::AuditorUpdate& ours,
            reference::AuditorUpdate* theirs) {
  theirs->timestamp = ours.timestamp;
  MirrorEach(ours.added, &theirs->added);
  MirrorEach(ours.removed, &theirs->removed);
  Mirror(ours.proof, &theirs->proof);
}

}  // namespace sealbook

#include "tests/protocol/response_edits.h"

#include <functional>
#include <utility>
#include <vector>

namespace sealbook {
namespace {

// Collects what can be changed in a response, and changes one of it.
class Editor {
 public:
  explicit Editor(std::mt19937_64& random) : random_(random) {}

  void Apply() {
    if (!edits_.empty()) edits_[random_() % edits_.size()]();
  }

  template <typename T>
  void Vector(std::vector<T>& elements) {
    if (elements.empty()) return;
    edits_.push_back([this, &elements] {
      const size_t at = random_() % elements.size();
      switch (random_() % 3) {
        case 0:
          elements.erase(elements.begin() + at);
          break;
        case 1: {
          const T copy = elements[at];
          elements.insert(elements.begin() + at, copy);
          break;
        }
        default:
          std::swap(elements[at], elements[random_() % elements.size()]);
      }
    });
  }

  template <typename T>
  void Number(T& number) {
    edits_.push_back([this, &number] {
      const T by = random_() % 2 == 0 ? 1 : static_cast<T>(1 + random_() % 300);
      number = random_() % 2 == 0 ? number + by : number - by;
    });
  }

  void Bytes(std::string& bytes) {
    if (bytes.empty()) return;
    edits_.push_back([this, &bytes] {
      bytes[random_() % bytes.size()] ^= static_cast<char>(1 << random_() % 8);
    });
  }

  void Leaves(std::vector<reference::PrefixLeaf>& leaves) {
    Vector(leaves);
    for (reference::PrefixLeaf& leaf : leaves) {
      Bytes(leaf.vrf_output);
      Bytes(leaf.commitment);
    }
  }

  void Head(reference::FullTreeHead& head) {
    edits_.push_back([this, &head] {
      using Type = reference::FullTreeHeadType;
      if (head.head_type == Type::kSame) {
        head.head_type = Type::kUpdated;
        head.tree_head = {1 + random_() % 80, std::string(64, 's')};
      } else {
        head.head_type = Type::kSame;
        head.tree_head = {};
      }
    });
    if (head.head_type == reference::FullTreeHeadType::kSame) return;
    Number(head.tree_head.tree_size);
    Bytes(head.tree_head.signature);
    // Only with an auditor.
    reference::AuditorTreeHead& audited = head.auditor_tree_head;
    if (audited.signature.empty()) return;
    Number(audited.timestamp);
    Number(audited.tree_size);
    Bytes(audited.signature);
  }

  void Ladder(std::vector<reference::BinaryLadderStep>& steps) {
    Vector(steps);
    for (reference::BinaryLadderStep& step : steps) {
      Bytes(step.proof);
      edits_.push_back([&step] {
        if (step.commitment.has_value()) {
          step.commitment.reset();
        } else {
          step.commitment = std::string(32, 'c');
        }
      });
    }
  }

  void Proof(reference::CombinedTreeProof& proof) {
    Vector(proof.timestamps);
    Vector(proof.prefix_proofs);
    Vector(proof.prefix_roots);
    Vector(proof.inclusion.elements);
    for (uint64_t& timestamp : proof.timestamps) Number(timestamp);
    for (std::string& root : proof.prefix_roots) Bytes(root);
    for (std::string& value : proof.inclusion.elements) Bytes(value);
    for (reference::PrefixProof& prefix : proof.prefix_proofs) Prefix(prefix);
  }

  void Prefix(reference::PrefixProof& proof) {
    using Type = reference::PrefixSearchResultType;
    Vector(proof.results);
    Vector(proof.elements);
    for (std::string& value : proof.elements) Bytes(value);
    for (reference::PrefixSearchResult& result : proof.results) {
      Number(result.depth);
      if (result.result_type == Type::kNonInclusionLeaf) {
        Bytes(result.leaf.vrf_output);
        Bytes(result.leaf.commitment);
      }
      edits_.push_back([&result] {
        result.result_type = result.result_type == Type::kInclusion
                                 ? Type::kNonInclusionParent
                                 : Type::kInclusion;
        result.leaf = {};
      });
    }
  }

 private:
  std::mt19937_64& random_;
  std::vector<std::function<void()>> edits_;
};

template <typename Response>
void EditFound(Response& response, Editor& editor) {
  editor.Head(response.full_tree_head);
  editor.Bytes(response.opening);
  editor.Bytes(response.value.value);
  editor.Bytes(response.value.suffix.signature);
  editor.Ladder(response.binary_ladder);
  editor.Proof(response.search);
  editor.Apply();
}

}  // namespace

std::string EditBytes(std::string bytes, std::mt19937_64& random) {
  const size_t at = random() % bytes.size();
  switch (random() % 8) {
    case 0:
      bytes.erase(at, 1);
      break;
    case 1:
      bytes.insert(at, 1, static_cast<char>(random()));
      break;
    default:
      bytes[at] ^= static_cast<char>(1 << random() % 8);
  }
  return bytes;
}

void Edit(reference::SearchResponse& response, std::mt19937_64& random) {
  Editor editor(random);
  editor.Number(response.version);
  EditFound(response, editor);
}

void Edit(reference::FixedVersionResponse& response, std::mt19937_64& random) {
  Editor editor(random);
  EditFound(response, editor);
}

void Edit(reference::AbsenceResponse& response, std::mt19937_64& random) {
  Editor editor(random);
  editor.Head(response.full_tree_head);
  editor.Bytes(response.proof);
  editor.Proof(response.search);
  editor.Apply();
}

void Edit(reference::DistinguishedResponse& response, std::mt19937_64& random) {
  Editor editor(random);
  editor.Head(response.full_tree_head);
  editor.Proof(response.distinguished);
  editor.Apply();
}

void Edit(reference::ContactMonitorResponse& response,
          std::mt19937_64& random) {
  Editor editor(random);
  editor.Head(response.full_tree_head);
  editor.Proof(response.monitor);
  editor.Apply();
}

void Edit(reference::OwnerInitResponse& response, std::mt19937_64& random) {
  Editor editor(random);
  editor.Head(response.full_tree_head);
  editor.Vector(response.greatest_versions);
  for (uint32_t& version : response.greatest_versions) editor.Number(version);
  editor.Ladder(response.binary_ladder);
  editor.Proof(response.init);
  editor.Apply();
}

void Edit(reference::OwnerMonitorResponse& response, std::mt19937_64& random) {
  Editor editor(random);
  editor.Head(response.full_tree_head);
  editor.Proof(response.monitor);
  editor.Apply();
}

void Edit(reference::UpdateResponse& response, std::mt19937_64& random) {
  Editor editor(random);
  editor.Head(response.full_tree_head);
  editor.Number(response.position);
  editor.Vector(response.values);
  for (reference::LabelValue& value : response.values) {
    editor.Bytes(value.value);
  }
  editor.Vector(response.info);
  // Only with a manager.
  if (!response.info.empty() && !response.info[0].suffix.signature.empty()) {
    editor.Number(response.skipped_versions);
  }
  for (reference::UpdateInfo& info : response.info) {
    editor.Bytes(info.opening);
    editor.Bytes(info.suffix.signature);
  }
  editor.Ladder(response.binary_ladder);
  editor.Proof(response.update);
  editor.Apply();
}

void Edit(reference::Credential& credential, std::mt19937_64& random) {
  Editor editor(random);
  editor.Bytes(credential.label);
  editor.Number(credential.version);
  editor.Bytes(credential.opening);
  editor.Bytes(credential.value.value);
  editor.Bytes(credential.value.suffix.signature);
  editor.Ladder(credential.binary_ladder);
  editor.Number(credential.position);
  if (credential.credential_type == reference::CredentialType::kStandard) {
    editor.Prefix(credential.distinguished);
  } else {
    editor.Number(credential.tree_head.tree_size);
    editor.Bytes(credential.tree_head.signature);
    editor.Proof(credential.search);
  }
  editor.Apply();
}

void Edit(reference::CredentialUpdate& update, std::mt19937_64& random) {
  Editor editor(random);
  editor.Proof(update.monitor);
  editor.Apply();
}

void Edit(reference::AuditorUpdate& update, std::mt19937_64& random) {
  Editor editor(random);
  editor.Number(update.timestamp);
  editor.Leaves(update.added);
  editor.Leaves(update.removed);
  editor.Prefix(update.proof);
  editor.Apply();
}

}  // namespace sealbook

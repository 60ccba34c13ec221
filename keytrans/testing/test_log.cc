#include "keytrans/testing/test_log.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "crypto/hash.h"
#include "keytrans/implicit_tree.h"
#include "keytrans/testing/fake_keys.h"
#include "merkle/page.h"

namespace sealbook::keytrans {
namespace {

// A test that cannot build its log has nothing to go on with.
template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::cerr << value.status() << std::endl;
    std::abort();
  }
  return *std::move(value);
}

void RunInOrder(size_t n, const std::function<void(size_t)>& task) {
  for (size_t i = 0; i < n; ++i) task(i);
}

}  // namespace

class TestLog::Pages : public merkle::PageStore {
 public:
  absl::StatusOr<std::vector<std::shared_ptr<const merkle::Page>>> ReadPages(
      absl::Span<const merkle::PageId> ids) override {
    std::vector<std::shared_ptr<const merkle::Page>> pages;
    for (const merkle::PageId& id : ids) {
      auto page = pages_.find(id);
      if (page == pages_.end()) return absl::DataLossError("no such page");
      pages.push_back(page->second);
    }
    return pages;
  }

  void Add(const merkle::NewPage& page) {
    pages_[page.id] = Must(merkle::Page::Decode(page.bytes));
  }

 private:
  std::map<merkle::PageId, std::shared_ptr<const merkle::Page>> pages_;
};

TestLog::TestLog(uint64_t window, TestKeys keys, crypto::CipherSuite suite)
    : pages_(std::make_unique<Pages>()), appender_(0, {}) {
  configuration_.ciphersuite = suite;
  configuration_.signature_public_key = "signature public key";
  configuration_.vrf_public_key = "vrf public key";
  configuration_.max_ahead = 60'000;
  configuration_.max_behind = 3'600'000;
  configuration_.reasonable_monitoring_window = window;
  if (keys == TestKeys::kFake) return;
  signature_key_ = Must(crypto::SignaturePrivateKey::Generate(suite));
  vrf_key_ = Must(crypto::VrfPrivateKey::Generate(suite));
  configuration_.signature_public_key = signature_key_->public_key();
  configuration_.vrf_public_key = vrf_key_->public_key();
}

TestLog::~TestLog() = default;

std::unique_ptr<TestLog> TestLog::Twin() const {
  auto twin =
      std::make_unique<TestLog>(configuration_.reasonable_monitoring_window);
  twin->configuration_ = configuration_;
  twin->signature_key_ = signature_key_;
  twin->vrf_key_ = vrf_key_;
  return twin;
}

void TestLog::Append(uint64_t timestamp,
                     const std::vector<NewVersion>& versions) {
  const uint64_t position = size();
  std::vector<merkle::PrefixLeaf> leaves;
  bool passing = false;
  for (const NewVersion& added : versions) {
    std::vector<Version>& known = labels_[added.label];
    const uint32_t number = static_cast<uint32_t>(known.size());
    Version version;
    version.opened.value = added.value;
    crypto::Hash random =
        crypto::Sha256({"opening", added.label, std::to_string(number)});
    version.opened.opening =
        *crypto::Opening::FromBytes(random.view().substr(0, 16));
    version.facts.position = position;
    version.facts.vrf_output = Must(ProveVrf(added.label, number)).output;
    if (configuration_.mode == DeploymentMode::kThirdPartyManagement) {
      version.opened.suffix.signature = SignMessage(
          EncodeUpdateTbs(configuration_, added.label, number, added.value));
    }
    version.facts.commitment =
        CommitToValue(version.opened.opening, added.label, number, added.value,
                      version.opened.suffix);
    if (added.dummy) version.facts.commitment = crypto::Commitment();
    if (added.skipped) {
      version.facts.position = ~uint64_t{0};
    } else {
      leaves.push_back({version.facts.vrf_output, version.facts.commitment});
    }
    passing = passing || added.passing;
    known.push_back(std::move(version));
  }
  const merkle::PrefixTreeVersion tree =
      AppendEntry(timestamp, tree_, std::move(leaves));
  if (!passing) tree_ = tree;
}

void TestLog::AppendLapse(uint64_t timestamp) {
  AppendEntry(timestamp, merkle::PrefixTreeVersion(), {});
}

void TestLog::AppendAgain(uint64_t timestamp, const std::string& label,
                          uint32_t version, bool passing) {
  const VersionFacts& facts = labels_.at(label).at(version).facts;
  const merkle::PrefixTreeVersion tree =
      AppendEntry(timestamp, tree_, {{facts.vrf_output, facts.commitment}});
  if (!passing) tree_ = tree;
}

merkle::PrefixTreeVersion TestLog::AppendEntry(
    uint64_t timestamp, const merkle::PrefixTreeVersion& tree,
    std::vector<merkle::PrefixLeaf> leaves) {
  const uint64_t position = size();
  if (leaves.empty()) {
    std::string seed = std::to_string(position);
    leaves.push_back(
        {*crypto::VrfOutput::FromBytes(crypto::Sha256({"key", seed}).view()),
         *crypto::Commitment::FromBytes(
             crypto::Sha256({"commitment", seed}).view())});
  }
  merkle::PrefixTreeUpdate update = Must(merkle::InsertLeaves(
      *pages_, tree, position,
      std::vector<std::vector<merkle::PrefixLeaf>>{leaves}, RunInOrder));
  for (const merkle::NewPage& page : update.pages) pages_->Add(page);
  entries_.push_back(LogEntry{timestamp, update.versions[0].root});
  added_.push_back(std::move(leaves));
  appender_.Append(entries_.back().LeafValue());
  return update.versions[0];
}

bool TestLog::Shows(uint64_t position, const crypto::VrfOutput& search_key) {
  const std::vector<merkle::PrefixProof> proofs = Must(merkle::ProveLookups(
      *pages_,
      std::vector<merkle::PrefixLookup>{
          {{merkle::PageId{position, 0}, entries_.at(position).prefix_root},
           {search_key}}}));
  return proofs[0].results[0].type ==
         merkle::PrefixSearchResultType::kInclusion;
}

Verifier TestLog::verifier() const {
  if (signature_key_ != nullptr) return Must(Verifier::Create(configuration_));
  const auto key = std::make_shared<FakeSignatureKey>();
  return Verifier::WithKeys(
      {configuration_, key, /*auditor=*/key, /*leaf=*/key},
      std::make_shared<FakeVrfKey>(configuration_.ciphersuite));
}

TreeView TestLog::View(uint64_t size) const {
  TreeView view;
  view.tree_head.tree_size = size;
  for (const merkle::LogNode& node : merkle::FullSubtrees(size)) {
    view.full_subtrees.push_back(
        appender_.new_nodes()[merkle::NodeIndex(node)]);
  }
  for (uint64_t position : Frontier(size)) {
    view.frontier.push_back(entries_[position]);
  }
  view.tree_head = Sign(size, view.Root());
  return view;
}

crypto::Hash TestLog::Root(uint64_t size) const { return View(size).Root(); }

TreeHead TestLog::Sign(uint64_t size, const crypto::Hash& root) const {
  return {size, SignMessage(EncodeTreeHeadTbs(configuration_, size, root))};
}

void TestLog::SetManager() {
  configuration_.mode = DeploymentMode::kThirdPartyManagement;
  configuration_.leaf_public_key = configuration_.signature_public_key;
}

std::string TestLog::SignMessage(absl::string_view message) const {
  if (signature_key_ == nullptr) return FakeSign(message);
  return Must(signature_key_->Sign(message));
}

void TestLog::SetAuditor(uint64_t max_lag_ms, uint64_t start_pos) {
  configuration_.mode = DeploymentMode::kThirdPartyAuditing;
  configuration_.max_auditor_lag = max_lag_ms;
  configuration_.auditor_start_pos = start_pos;
  configuration_.auditor_public_key = configuration_.signature_public_key;
}

LogHead TestLog::AuditedHead(uint64_t size, uint64_t auditor_size) const {
  AuditorTreeHead head;
  head.tree_size = auditor_size;
  head.timestamp = entries_.at(auditor_size - 1).timestamp;
  head.signature = SignMessage(EncodeAuditorTreeHeadTbs(
      configuration_, head.timestamp, auditor_size, Root(auditor_size)));
  return {Sign(size, Root(size)), head};
}

absl::StatusOr<SearchAnswer> TestLog::Answer(const SearchRequest& request,
                                             std::optional<uint64_t> size) {
  uint64_t shown = size.value_or(this->size());
  return AnswerSearch(*this, configuration_, Sign(shown, Root(shown)), request);
}

absl::StatusOr<std::vector<LogEntry>> TestLog::ReadEntries(
    absl::Span<const uint64_t> positions) {
  std::vector<LogEntry> entries;
  for (uint64_t position : positions) entries.push_back(entries_.at(position));
  return entries;
}

absl::StatusOr<std::vector<crypto::Hash>> TestLog::ReadLogNodes(
    absl::Span<const merkle::LogNode> nodes) {
  std::vector<crypto::Hash> hashes;
  for (const merkle::LogNode& node : nodes) {
    hashes.push_back(appender_.new_nodes().at(merkle::NodeIndex(node)));
  }
  return hashes;
}

merkle::PageStore& TestLog::pages() { return *pages_; }

absl::StatusOr<std::optional<uint32_t>> TestLog::ReadGreatestVersion(
    absl::string_view label) {
  auto known = labels_.find(std::string(label));
  if (known == labels_.end()) return std::nullopt;
  return static_cast<uint32_t>(known->second.size() - 1);
}

absl::StatusOr<std::vector<std::optional<VersionFacts>>> TestLog::ReadVersions(
    absl::string_view label, absl::Span<const uint32_t> versions) {
  std::vector<std::optional<VersionFacts>> facts(versions.size());
  auto known = labels_.find(std::string(label));
  if (known == labels_.end()) return facts;
  for (size_t i = 0; i < versions.size(); ++i) {
    if (versions[i] < known->second.size()) {
      facts[i] = known->second[versions[i]].facts;
    }
  }
  return facts;
}

absl::StatusOr<OpenedValue> TestLog::ReadValue(absl::string_view label,
                                               uint32_t version,
                                               const VersionFacts& /*facts*/) {
  return labels_.at(std::string(label)).at(version).opened;
}

absl::StatusOr<crypto::VrfPrivateKey::Proven> TestLog::ProveVrf(
    absl::string_view label, uint32_t version) {
  std::string input = EncodeVrfInput(label, version);
  if (vrf_key_ != nullptr) return vrf_key_->Prove(input);
  return FakeProve(input, configuration_.ciphersuite);
}

}  // namespace sealbook::keytrans

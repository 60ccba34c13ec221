#include "server/storage/testing/fault_filesystem.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "server/storage/durable_env.h"

namespace sealbook::server::testing {
namespace {

std::string NameOf(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

// Cuts what is written but not synced.
void PowerCutFile(FaultFilesystem::File& file, Survives survives,
                  std::mt19937_64& random) {
  switch (survives) {
    case Survives::kNothing:
      file.data = file.durable;
      break;
    case Survives::kRandomPart:
      if (absl::StartsWith(file.data, file.durable)) {
        const size_t unsynced = file.data.size() - file.durable.size();
        file.data.resize(file.durable.size() + random() % (unsynced + 1));
      } else if (random() % 2 == 0) {
        file.data = file.durable;
      }
      break;
    case Survives::kEverything:
      break;
  }
  file.durable = file.data;
}

}  // namespace

bool FaultFilesystem::IsDirectory(const std::string& path) const {
  const NodePtr node = FindNode(path);
  return node != nullptr && node->file == nullptr;
}

bool FaultFilesystem::MakeDirectory(const std::string& path) {
  if (FindNode(path) != nullptr) return false;
  return ChangeParentOf(path, {"", NameOf(path), std::make_shared<Node>()});
}

bool FaultFilesystem::SyncDirectory(const std::string& path) {
  const NodePtr node = FindNode(path);
  if (node == nullptr || node->file != nullptr) return false;
  node->durable_entries = node->entries;
  node->unsynced.clear();
  return true;
}

bool FaultFilesystem::Rename(const std::string& from, const std::string& to) {
  const NodePtr node = FindNode(from);
  // Within one directory is all that a database needs.
  if (node == nullptr || ParentDirectory(from) != ParentDirectory(to)) {
    return false;
  }
  return ChangeParentOf(to, {NameOf(from), NameOf(to), node});
}

bool FaultFilesystem::Remove(const std::string& path) {
  if (FindNode(path) == nullptr) return false;
  return ChangeParentOf(path, {NameOf(path), "", nullptr});
}

FaultFilesystem::FilePtr FaultFilesystem::Find(const std::string& path) const {
  const NodePtr node = FindNode(path);
  return node == nullptr ? nullptr : node->file;
}

FaultFilesystem::FilePtr FaultFilesystem::Create(const std::string& path) {
  if (const FilePtr file = Find(path)) {
    file->data.clear();
    return file;
  }
  auto node = std::make_shared<Node>();
  node->file = std::make_shared<File>();
  return ChangeParentOf(path, {"", NameOf(path), node}) ? node->file : nullptr;
}

std::vector<std::string> FaultFilesystem::List(const std::string& path) const {
  std::vector<std::string> names;
  if (const NodePtr node = FindNode(path)) {
    for (const auto& [name, child] : node->entries) names.push_back(name);
  }
  return names;
}

std::vector<std::string> FaultFilesystem::AllFiles() const {
  std::vector<std::string> paths;
  ListFiles(*root_, "", paths);
  return paths;
}

void FaultFilesystem::PowerCut(Survives survives, std::mt19937_64& random) {
  PowerCutNode(*root_, survives, random);
}

FaultFilesystem FaultFilesystem::DurableCopy() const {
  FaultFilesystem copy;
  copy.root_ = CopyNode(*root_);
  return copy;
}

void FaultFilesystem::Apply(const Change& change, Entries& entries) {
  if (!change.gone.empty()) entries.erase(change.gone);
  if (!change.name.empty()) entries[change.name] = change.node;
}

void FaultFilesystem::PowerCutNode(Node& node, Survives survives,
                                   std::mt19937_64& random) {
  if (node.file != nullptr) {
    PowerCutFile(*node.file, survives, random);
    return;
  }
  for (const Change& change : node.unsynced) {
    if (survives == Survives::kEverything ||
        (survives == Survives::kRandomPart && random() % 2 == 0)) {
      Apply(change, node.durable_entries);
    }
  }
  node.unsynced.clear();
  node.entries = node.durable_entries;
  for (const auto& [name, child] : node.entries) {
    PowerCutNode(*child, survives, random);
  }
}

FaultFilesystem::NodePtr FaultFilesystem::CopyNode(const Node& node) {
  auto copy = std::make_shared<Node>();
  if (node.file != nullptr) {
    copy->file = std::make_shared<File>(File{node.file->data, node.file->data});
  }
  for (const auto& [name, child] : node.entries) {
    copy->entries[name] = CopyNode(*child);
  }
  copy->durable_entries = copy->entries;
  return copy;
}

void FaultFilesystem::ListFiles(const Node& node, const std::string& path,
                                std::vector<std::string>& paths) {
  if (node.file != nullptr) paths.push_back(path);
  for (const auto& [name, child] : node.entries) {
    ListFiles(*child, path + "/" + name, paths);
  }
}

FaultFilesystem::NodePtr FaultFilesystem::FindNode(
    const std::string& path) const {
  NodePtr node = root_;
  for (const absl::string_view part :
       absl::StrSplit(path, '/', absl::SkipEmpty())) {
    const auto child = node->entries.find(std::string(part));
    if (child == node->entries.end()) return nullptr;
    node = child->second;
  }
  return node;
}

bool FaultFilesystem::ChangeParentOf(const std::string& path, Change change) {
  const NodePtr parent = FindNode(ParentDirectory(path));
  if (parent == nullptr || parent->file != nullptr) return false;
  Apply(change, parent->entries);
  parent->unsynced.push_back(std::move(change));
  return true;
}

}  // namespace sealbook::server::testing

#include "keytrans/tree_view.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/implicit_tree.h"
#include "keytrans/structure_codec.h"
#include "keytrans/tls_codec.h"
#include "merkle/log_tree.h"

namespace sealbook::keytrans {
namespace {

constexpr uint8_t kFormat = 1;
constexpr uint8_t kFormatWithAuditor = 2;

absl::Status CheckShape(const TreeView& view) {
  if (view.size() == 0) {
    return absl::InvalidArgumentError("TreeView has tree size 0");
  }
  size_t subtrees = merkle::FullSubtrees(view.size()).size();
  size_t entries = Frontier(view.size()).size();
  if (view.full_subtrees.size() != subtrees ||
      view.frontier.size() != entries) {
    return absl::InvalidArgumentError(absl::StrCat(
        "TreeView of size ", view.size(), " has ", view.full_subtrees.size(),
        " full subtrees and ", view.frontier.size(),
        " frontier entries; expected ", subtrees, " and ", entries));
  }
  if (view.auditor.has_value() &&
      (view.auditor->tree_size == 0 || view.auditor->tree_size > view.size())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "TreeView of size ", view.size(), " has an auditor's head of size ",
        view.auditor->tree_size));
  }
  for (size_t i = 1; i < entries; ++i) {
    if (view.frontier[i].timestamp < view.frontier[i - 1].timestamp) {
      return absl::InvalidArgumentError(
          "TreeView has timestamps that run backwards");
    }
  }
  return absl::OkStatus();
}

}  // namespace

crypto::Hash TreeView::Root() const {
  return merkle::RootFromFullSubtrees(size(), full_subtrees);
}

std::string TreeView::Encode() const {
  TlsWriter writer;
  writer.U8(auditor.has_value() ? kFormatWithAuditor : kFormat);
  writer.U64(tree_head.tree_size);
  writer.Opaque(tree_head.signature, 2);
  writer.Count(full_subtrees.size(), 1);
  for (const crypto::Hash& subtree : full_subtrees) writer.Bytes(subtree);
  writer.Count(frontier.size(), 1);
  for (const LogEntry& entry : frontier) {
    writer.U64(entry.timestamp);
    writer.Bytes(entry.prefix_root);
  }
  if (auditor.has_value()) Write(writer, *auditor);
  return writer.Take();
}

absl::StatusOr<TreeView> TreeView::Parse(absl::string_view bytes) {
  TlsReader reader(bytes);
  uint8_t format = reader.U8();
  if (reader.ok() && format != kFormat && format != kFormatWithAuditor) {
    return absl::InvalidArgumentError(
        absl::StrCat("TreeView has format ", format, ", this version reads ",
                     kFormat, " and ", kFormatWithAuditor));
  }
  TreeView view;
  view.tree_head.tree_size = reader.U64();
  view.tree_head.signature = std::string(reader.Opaque(2));
  view.full_subtrees.resize(reader.Count(1, crypto::Hash::kSize));
  for (crypto::Hash& subtree : view.full_subtrees) {
    subtree = reader.Get<crypto::Hash>();
  }
  view.frontier.resize(reader.Count(1, 8 + crypto::Hash::kSize));
  for (LogEntry& entry : view.frontier) {
    entry.timestamp = reader.U64();
    entry.prefix_root = reader.Get<crypto::Hash>();
  }
  if (format == kFormatWithAuditor) view.auditor = ReadAuditorTreeHead(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("TreeView"));
  SEALBOOK_RETURN_IF_ERROR(CheckShape(view));
  return view;
}

}  // namespace sealbook::keytrans

#include "keytrans/audit_structures.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/structure_codec.h"
#include "keytrans/tls_codec.h"

namespace sealbook::keytrans {
namespace {

using merkle::PrefixLeaf;

void Write(TlsWriter& writer, const std::vector<PrefixLeaf>& leaves,
           absl::string_view what) {
  writer.Count(leaves.size(), 2, what);
  for (const PrefixLeaf& leaf : leaves) Write(writer, leaf);
}

std::vector<PrefixLeaf> ReadLeaves(TlsReader& reader, absl::string_view what) {
  std::vector<PrefixLeaf> leaves = ReadVector(
      reader, 2, kPrefixLeafSize, [&] { return ReadPrefixLeaf(reader); });
  for (size_t i = 1; i < leaves.size(); ++i) {
    if (leaves[i - 1].vrf_output < leaves[i].vrf_output) continue;
    reader.Fail(absl::StrCat(what, " is not ascending at element ", i));
    break;
  }
  return leaves;
}

}  // namespace

absl::StatusOr<std::string> AuditorUpdate::Encode() const {
  TlsWriter writer;
  writer.U64(timestamp);
  Write(writer, added, "added");
  Write(writer, removed, "removed");
  Write(writer, proof);
  return writer.Finish("AuditorUpdate");
}

absl::StatusOr<AuditorUpdate> AuditorUpdate::Parse(absl::string_view bytes) {
  TlsReader reader(bytes);
  AuditorUpdate update;
  update.timestamp = reader.U64();
  update.added = ReadLeaves(reader, "added");
  update.removed = ReadLeaves(reader, "removed");
  update.proof = ReadPrefixProof(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("AuditorUpdate"));
  return update;
}

}  // namespace sealbook::keytrans

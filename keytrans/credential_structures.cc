#include "keytrans/credential_structures.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/structure_codec.h"
#include "keytrans/tls_codec.h"

namespace sealbook::keytrans {
namespace {

enum CredentialType : uint8_t { kStandard = 1, kProvisional = 2 };

void Write(TlsWriter& writer, const StandardCredential& proof) {
  writer.U8(kStandard);
  Write(writer, proof.distinguished);
}

void Write(TlsWriter& writer, const ProvisionalCredential& proof) {
  writer.U8(kProvisional);
  Write(writer, proof.tree_head);
  Write(writer, proof.search);
}

void ReadProof(TlsReader& reader, Credential& credential) {
  const uint8_t type = reader.U8();
  if (type == kStandard) {
    credential.proof = StandardCredential{ReadPrefixProof(reader)};
  } else if (type == kProvisional) {
    ProvisionalCredential proof;
    proof.tree_head = ReadTreeHead(reader);
    proof.search = ReadCombinedTreeProof(reader);
    credential.proof = std::move(proof);
  } else {
    reader.Fail(absl::StrCat("unknown CredentialType ", type));
  }
}

}  // namespace

absl::StatusOr<std::string> Credential::Encode() const {
  TlsWriter writer;
  writer.Opaque(label, 1, "label");
  writer.U32(version);
  writer.Bytes(opening);
  writer.Opaque(value, 4, "UpdateValue.value");
  Write(writer, suffix);
  Write(writer, binary_ladder, 1);
  writer.U64(position);
  std::visit([&](const auto& typed) { Write(writer, typed); }, proof);
  return writer.Finish("Credential");
}

absl::StatusOr<Credential> Credential::Parse(const Configuration& configuration,
                                             absl::string_view bytes) {
  TlsReader reader(bytes);
  Credential credential;
  credential.label = ReadString(reader, 1);
  credential.version = reader.U32();
  credential.opening = reader.Get<crypto::Opening>();
  credential.value = ReadString(reader, 4);
  credential.suffix = ReadUpdateSuffix(reader, configuration);
  credential.binary_ladder = ReadBinaryLadder(reader, configuration, 1);
  credential.position = reader.U64();
  ReadProof(reader, credential);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("Credential"));
  return credential;
}

absl::StatusOr<std::string> CredentialUpdate::Encode() const {
  TlsWriter writer;
  Write(writer, monitor);
  return writer.Finish("CredentialUpdate");
}

absl::StatusOr<CredentialUpdate> CredentialUpdate::Parse(
    absl::string_view bytes) {
  TlsReader reader(bytes);
  CredentialUpdate update;
  update.monitor = ReadCombinedTreeProof(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("CredentialUpdate"));
  return update;
}

}  // namespace sealbook::keytrans

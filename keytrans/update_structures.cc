#include "keytrans/update_structures.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/structure_codec.h"
#include "keytrans/tls_codec.h"

namespace sealbook::keytrans {
namespace {

void Write(TlsWriter& writer, const std::vector<LabelValue>& values) {
  writer.Count(values.size(), 1, "values");
  for (const LabelValue& value : values) {
    writer.Opaque(value.value, 4, "LabelValue.value");
  }
}

std::vector<LabelValue> ReadLabelValues(TlsReader& reader) {
  return ReadVector(reader, 1, 4,
                    [&] { return LabelValue{ReadString(reader, 4)}; });
}

void Write(TlsWriter& writer, const std::vector<UpdateInfo>& info) {
  writer.Count(info.size(), 1, "info");
  for (const UpdateInfo& update : info) {
    writer.Bytes(update.opening);
    Write(writer, update.suffix);
  }
}

std::vector<UpdateInfo> ReadUpdateInfo(TlsReader& reader,
                                       const Configuration& configuration) {
  return ReadVector(reader, 1, crypto::Opening::kSize, [&] {
    UpdateInfo update;
    update.opening = reader.Get<crypto::Opening>();
    update.suffix = ReadUpdateSuffix(reader, configuration);
    return update;
  });
}

void Write(TlsWriter& writer, const std::vector<UpdateValue>& values) {
  writer.Count(values.size(), 1, "values");
  for (const UpdateValue& value : values) {
    if (!value.suffix.signature.has_value()) {
      writer.Fail(absl::InvalidArgumentError("a value has no signature"));
    }
    writer.Opaque(value.value, 4, "UpdateValue.value");
    Write(writer, value.suffix);
  }
}

std::string SignedVersionIsNotZero(uint32_t signed_version) {
  return absl::StrCat("signed_version is ", signed_version,
                      " where there are no values");
}

}  // namespace

absl::StatusOr<std::string> UpdateRequest::Encode() const {
  TlsWriter writer;
  Write(writer, last);
  writer.Opaque(label, 1, "label");
  Write(writer, greatest_version);
  Write(writer, values);
  return writer.Finish("UpdateRequest");
}

absl::StatusOr<UpdateRequest> UpdateRequest::Parse(absl::string_view bytes) {
  TlsReader reader(bytes);
  UpdateRequest request;
  request.last = ReadOptionalU64(reader);
  request.label = ReadString(reader, 1);
  request.greatest_version = ReadOptionalU32(reader);
  request.values = ReadLabelValues(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("UpdateRequest"));
  return request;
}

absl::StatusOr<std::string> UpdateResponse::Encode() const {
  TlsWriter writer;
  for (const UpdateInfo& update : info) {
    if (update.suffix.signature.has_value() == skipped_versions.has_value()) {
      continue;
    }
    writer.Fail(absl::InvalidArgumentError(
        "skipped_versions and signatures are in one deployment mode only, and "
        "there together"));
  }
  Write(writer, full_tree_head);
  writer.U64(position);
  if (skipped_versions.has_value()) writer.U32(*skipped_versions);
  Write(writer, values);
  Write(writer, info);
  Write(writer, binary_ladder, 1);
  Write(writer, update);
  return writer.Finish("UpdateResponse");
}

absl::StatusOr<UpdateResponse> UpdateResponse::Parse(
    const Configuration& configuration, absl::string_view bytes) {
  TlsReader reader(bytes);
  UpdateResponse response;
  response.full_tree_head = ReadFullTreeHead(reader, configuration);
  response.position = reader.U64();
  if (configuration.mode == DeploymentMode::kThirdPartyManagement) {
    response.skipped_versions = reader.U32();
  }
  response.values = ReadLabelValues(reader);
  response.info = ReadUpdateInfo(reader, configuration);
  response.binary_ladder = ReadBinaryLadder(reader, configuration, 1);
  response.update = ReadCombinedTreeProof(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("UpdateResponse"));
  return response;
}

absl::StatusOr<std::string> ManagerUpdateRequest::Encode() const {
  TlsWriter writer;
  if (values.empty() && signed_version != 0) {
    writer.Fail(
        absl::InvalidArgumentError(SignedVersionIsNotZero(signed_version)));
  }
  Write(writer, last);
  writer.Opaque(label, 1, "label");
  Write(writer, greatest_version);
  Write(writer, values);
  writer.U32(signed_version);
  return writer.Finish("ManagerUpdateRequest");
}

absl::StatusOr<ManagerUpdateRequest> ManagerUpdateRequest::Parse(
    absl::string_view bytes) {
  TlsReader reader(bytes);
  ManagerUpdateRequest request;
  request.last = ReadOptionalU64(reader);
  request.label = ReadString(reader, 1);
  request.greatest_version = ReadOptionalU32(reader);
  // An UpdateValue takes six bytes at least: its two counts.
  request.values = ReadVector(reader, 1, 6, [&] {
    UpdateValue value;
    value.value = ReadString(reader, 4);
    value.suffix.signature = ReadString(reader, 2);
    return value;
  });
  request.signed_version = reader.U32();
  if (request.values.empty() && request.signed_version != 0) {
    reader.Fail(SignedVersionIsNotZero(request.signed_version));
  }
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("ManagerUpdateRequest"));
  return request;
}

}  // namespace sealbook::keytrans

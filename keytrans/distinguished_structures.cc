#include "keytrans/distinguished_structures.h"

#include "base/status_macros.h"
#include "keytrans/structure_codec.h"
#include "keytrans/tls_codec.h"

namespace sealbook::keytrans {

std::string DistinguishedRequest::Encode() const {
  TlsWriter writer;
  Write(writer, last);
  Write(writer, stop);
  return writer.Take();
}

absl::StatusOr<DistinguishedRequest> DistinguishedRequest::Parse(
    absl::string_view bytes) {
  TlsReader reader(bytes);
  DistinguishedRequest request;
  request.last = ReadOptionalU64(reader);
  request.stop = ReadOptionalU64(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("DistinguishedRequest"));
  return request;
}

absl::StatusOr<std::string> DistinguishedResponse::Encode() const {
  TlsWriter writer;
  Write(writer, full_tree_head);
  Write(writer, distinguished);
  return writer.Finish("DistinguishedResponse");
}

absl::StatusOr<DistinguishedResponse> DistinguishedResponse::Parse(
    const Configuration& configuration, absl::string_view bytes) {
  TlsReader reader(bytes);
  DistinguishedResponse response;
  response.full_tree_head = ReadFullTreeHead(reader, configuration);
  response.distinguished = ReadCombinedTreeProof(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("DistinguishedResponse"));
  return response;
}

absl::StatusOr<std::string> DistinguishedHead::Encode() const {
  TlsWriter writer;
  Write(writer, heads, 1, "heads");
  return writer.Finish("DistinguishedHead");
}

absl::StatusOr<DistinguishedHead> DistinguishedHead::Parse(
    absl::string_view bytes) {
  TlsReader reader(bytes);
  DistinguishedHead head;
  head.heads = ReadHashes(reader, 1);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("DistinguishedHead"));
  return head;
}

}  // namespace sealbook::keytrans

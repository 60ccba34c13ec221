#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "keytrans/structures.h"
#include "keytrans/tls_codec.h"

namespace sealbook::keytrans {
namespace {

// Where the draft knows a value that this version does not speak, the caller is
// told that, not that the bytes are malformed.
absl::Status CheckSpoken(uint16_t ciphersuite, uint8_t mode) {
  if (ciphersuite == 0x0002) {
    return absl::UnimplementedError(
        "cipher suite 0x0002 (KT_128_SHA256_Ed25519) is not spoken by this "
        "version");
  }
  if (ciphersuite != static_cast<uint16_t>(crypto::CipherSuite::kP256)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "Configuration is malformed: unknown cipher suite 0x%04x",
        ciphersuite));
  }
  if (mode == 2 || mode == 3) {
    return absl::UnimplementedError(absl::StrCat(
        "deployment mode ", mode,
        mode == 2 ? " (thirdPartyManagement)" : " (thirdPartyAuditing)",
        " is not spoken by this version"));
  }
  if (mode != static_cast<uint8_t>(DeploymentMode::kContactMonitoring)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "Configuration is malformed: unknown deployment mode ", mode));
  }
  return absl::OkStatus();
}

}  // namespace

std::string Configuration::Encode() const {
  TlsWriter writer;
  writer.U16(static_cast<uint16_t>(ciphersuite));
  writer.U8(static_cast<uint8_t>(mode));
  writer.Opaque(signature_public_key, 2);
  writer.Opaque(vrf_public_key, 2);
  writer.U64(max_ahead);
  writer.U64(max_behind);
  writer.U64(reasonable_monitoring_window);
  writer.U8(maximum_lifetime.has_value() ? 1 : 0);
  if (maximum_lifetime.has_value()) writer.U64(*maximum_lifetime);
  return writer.Take();
}

absl::StatusOr<Configuration> Configuration::Parse(absl::string_view bytes) {
  TlsReader reader(bytes);
  Configuration result;
  uint16_t ciphersuite = reader.U16();
  uint8_t mode = reader.U8();
  if (reader.ok()) SEALBOOK_RETURN_IF_ERROR(CheckSpoken(ciphersuite, mode));
  result.signature_public_key = std::string(reader.Opaque(2));
  result.vrf_public_key = std::string(reader.Opaque(2));
  result.max_ahead = reader.U64();
  result.max_behind = reader.U64();
  result.reasonable_monitoring_window = reader.U64();
  if (reader.Present()) result.maximum_lifetime = reader.U64();
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("Configuration"));
  // "Maximum Lifetime": greater than zero and than the RMW.
  if (result.maximum_lifetime.has_value() &&
      *result.maximum_lifetime <= result.reasonable_monitoring_window) {
    return absl::InvalidArgumentError(absl::StrCat(
        "Configuration: maximum lifetime ", *result.maximum_lifetime,
        " ms is not greater than the Reasonable Monitoring Window, ",
        result.reasonable_monitoring_window, " ms"));
  }
  return result;
}

crypto::Hash Configuration::Fingerprint() const {
  return crypto::Sha256(Encode());
}

}  // namespace sealbook::keytrans

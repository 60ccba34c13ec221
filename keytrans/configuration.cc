#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "keytrans/structures.h"
#include "keytrans/tls_codec.h"

namespace sealbook::keytrans {
namespace {

absl::Status CheckKnown(uint16_t ciphersuite, uint8_t mode) {
  if (ciphersuite != static_cast<uint16_t>(crypto::CipherSuite::kP256) &&
      ciphersuite != static_cast<uint16_t>(crypto::CipherSuite::kEd25519)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "Configuration is malformed: unknown cipher suite 0x%04x",
        ciphersuite));
  }
  if (mode < static_cast<uint8_t>(DeploymentMode::kContactMonitoring) ||
      mode > static_cast<uint8_t>(DeploymentMode::kThirdPartyAuditing)) {
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
  writer.Opaque(signature_public_key, 2, "signature_public_key");
  writer.Opaque(vrf_public_key, 2, "vrf_public_key");
  if (mode == DeploymentMode::kThirdPartyManagement) {
    writer.Opaque(leaf_public_key, 2, "leaf_public_key");
  }
  if (mode == DeploymentMode::kThirdPartyAuditing) {
    writer.U64(max_auditor_lag);
    writer.U64(auditor_start_pos);
    writer.Opaque(auditor_public_key, 2, "auditor_public_key");
  }
  writer.U64(max_ahead);
  writer.U64(max_behind);
  writer.U64(reasonable_monitoring_window);
  writer.Present(maximum_lifetime.has_value());
  if (maximum_lifetime.has_value()) writer.U64(*maximum_lifetime);
  return writer.Take();
}

absl::StatusOr<Configuration> Configuration::Parse(absl::string_view bytes) {
  TlsReader reader(bytes);
  Configuration result;
  uint16_t ciphersuite = reader.U16();
  uint8_t mode = reader.U8();
  if (reader.ok()) SEALBOOK_RETURN_IF_ERROR(CheckKnown(ciphersuite, mode));
  result.mode = static_cast<DeploymentMode>(mode);
  result.ciphersuite = static_cast<crypto::CipherSuite>(ciphersuite);
  result.signature_public_key = std::string(reader.Opaque(2));
  result.vrf_public_key = std::string(reader.Opaque(2));
  if (result.mode == DeploymentMode::kThirdPartyManagement) {
    result.leaf_public_key = std::string(reader.Opaque(2));
  }
  if (result.mode == DeploymentMode::kThirdPartyAuditing) {
    result.max_auditor_lag = reader.U64();
    result.auditor_start_pos = reader.U64();
    result.auditor_public_key = std::string(reader.Opaque(2));
  }
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

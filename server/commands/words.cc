#include "server/commands/words.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "crypto/hash.h"
#include "crypto/types.h"

namespace sealbook::server {
namespace {

std::string SuiteText(crypto::CipherSuite suite) {
  switch (suite) {
    case crypto::CipherSuite::kP256:
      return "0x0001 KT_128_SHA256_P256: ECDSA and ECVRF over P-256, SHA-256";
    case crypto::CipherSuite::kEd25519:
      return "0x0002 KT_128_SHA256_Ed25519: Ed25519, ECVRF over edwards25519, "
             "SHA-256";
  }
  return absl::StrFormat("0x%04x", static_cast<unsigned>(suite));
}

std::string ModeText(keytrans::DeploymentMode mode) {
  switch (mode) {
    case keytrans::DeploymentMode::kContactMonitoring:
      return "contact monitoring: owners and their contacts watch the log; no "
             "third party is needed";
    case keytrans::DeploymentMode::kThirdPartyManagement:
      return "third-party management: a third party runs the log";
    case keytrans::DeploymentMode::kThirdPartyAuditing:
      return "third-party auditing: a third party signs what it has seen";
  }
  return absl::StrCat("mode ", static_cast<int>(mode));
}

std::string Line(absl::string_view name, absl::string_view text) {
  return absl::StrFormat("  %-18s %s\n", name, text);
}

}  // namespace

std::string DurationText(uint64_t milliseconds) {
  constexpr std::pair<uint64_t, const char*> kUnits[] = {
      {3'600'000, "hour"}, {60'000, "minute"}, {1'000, "second"}};
  for (const auto& [size, name] : kUnits) {
    if (milliseconds == 0 || milliseconds % size != 0) continue;
    const uint64_t count = milliseconds / size;
    return absl::StrCat(count, " ", name, count == 1 ? "" : "s");
  }
  return absl::StrCat(milliseconds, " millisecond",
                      milliseconds == 1 ? "" : "s");
}

std::string DescribeConfiguration(
    const keytrans::Configuration& configuration) {
  return absl::StrCat(
      Line("cipher suite", SuiteText(configuration.ciphersuite)),
      Line("deployment mode", ModeText(configuration.mode)),
      Line("max ahead", absl::StrCat(DurationText(configuration.max_ahead),
                                     ": how far a tree head may be ahead of a "
                                     "client's clock")),
      Line("max behind", absl::StrCat(DurationText(configuration.max_behind),
                                      ": how old the newest tree head may be; "
                                      "longer downtime makes clients refuse "
                                      "answers")),
      Line(
          "monitoring window",
          absl::StrCat(DurationText(configuration.reasonable_monitoring_window),
                       ": how often owners are expected to look at their own "
                       "address")),
      Line("maximum lifetime",
           configuration.maximum_lifetime.has_value()
               ? absl::StrCat(DurationText(*configuration.maximum_lifetime),
                              ": older log entries are not proven any more")
               : "none: old log entries stay provable"),
      Line("signing key",
           absl::StrCat(
               "SHA-256 ",
               crypto::Sha256(configuration.signature_public_key).ToHex())),
      Line("VRF key",
           absl::StrCat("SHA-256 ",
                        crypto::Sha256(configuration.vrf_public_key).ToHex())),
      Line("log fingerprint", configuration.Fingerprint().ToHex()));
}

}  // namespace sealbook::server

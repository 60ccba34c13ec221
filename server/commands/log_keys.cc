#include "server/commands/log_keys.h"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/cipher_suite.h"
#include "crypto/hash.h"
#include "crypto/key_file.h"
#include "crypto/key_store.h"
#include "crypto/secret_text.h"
#include "server/commands/key_passphrase.h"

namespace sealbook::server {
namespace {

namespace fs = std::filesystem;

absl::Status InPlace(const std::string& path, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(path, ": ", status.message()));
}

// The key as PEM without encryption.
absl::StatusOr<crypto::SecretText> ReadPem(
    const std::string& path,
    const std::optional<crypto::SecretText>& passphrase) {
  const crypto::SecretText* const secret =
      passphrase.has_value() ? &*passphrase : nullptr;
  if (crypto::IsKeyUri(path)) {
    absl::StatusOr<crypto::SecretText> pem = crypto::LoadKeyUri(path, secret);
    if (!pem.ok()) return InPlace(path, pem.status());
    return pem;
  }
  absl::StatusOr<crypto::SecretText> stored = crypto::ReadKeyFile(path);
  if (absl::IsNotFound(stored.status())) {
    return absl::NotFoundError(
        absl::StrCat("there is no key file ", path,
                     "; a new log's keys are made by `sealbookd init`, an "
                     "existing log's come from its backup"));
  }
  SEALBOOK_RETURN_IF_ERROR(stored.status());
  absl::StatusOr<crypto::SecretText> pem = crypto::DecryptPem(*stored, secret);
  if (!pem.ok()) return InPlace(path, pem.status());
  return pem;
}

template <typename Key>
absl::StatusOr<std::unique_ptr<Key>> ReadKey(
    const std::string& path, crypto::CipherSuite suite,
    const std::optional<crypto::SecretText>& passphrase) {
  SEALBOOK_ASSIGN_OR_RETURN(const crypto::SecretText pem,
                            ReadPem(path, passphrase));
  absl::StatusOr<std::unique_ptr<Key>> key = Key::FromPem(suite, pem.view());
  if (!key.ok()) {
    return absl::Status(key.status().code(),
                        absl::StrCat(path, ": ", key.status().message(),
                                     "; the log's keys are of cipher suite ",
                                     crypto::CipherSuiteName(suite)));
  }
  return key;
}

// A symbolic link that leads nowhere counts: WriteKeyFile would not follow it.
// A URI counts as well: whoever writes one has a key there.
bool Exists(const std::string& path) {
  if (crypto::IsKeyUri(path)) return true;
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

absl::Status CheckKey(const std::string& path, absl::string_view what,
                      const std::string& here, const std::string& expected) {
  if (here == expected) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the key in ", path, " is not the ", what,
      " of the log in data_dir: SHA-256 of its public key is ",
      crypto::Sha256(here).ToHex(), ", the log's is ",
      crypto::Sha256(expected).ToHex(),
      ". Put the log's key back, or correct the configuration; nothing was "
      "signed"));
}

}  // namespace

absl::StatusOr<LogKeys> ReadLogKeys(const Config& config,
                                    crypto::CipherSuite suite) {
  LogKeys keys;
  SEALBOOK_ASSIGN_OR_RETURN(const std::optional<crypto::SecretText> passphrase,
                            ReadKeyPassphrase(config.key_passphrase));
  SEALBOOK_ASSIGN_OR_RETURN(keys.signing,
                            ReadKey<crypto::SignaturePrivateKey>(
                                config.signing_key_file, suite, passphrase));
  SEALBOOK_ASSIGN_OR_RETURN(
      keys.vrf,
      ReadKey<crypto::VrfPrivateKey>(config.vrf_key_file, suite, passphrase));
  return keys;
}

absl::StatusOr<bool> HaveLogKeys(const Config& config) {
  const bool signing = Exists(config.signing_key_file);
  const bool vrf = Exists(config.vrf_key_file);
  if (signing == vrf) return signing;
  return absl::FailedPreconditionError(absl::StrCat(
      "half a set of keys: ",
      signing ? config.signing_key_file : config.vrf_key_file,
      " is there, but not ",
      signing ? config.vrf_key_file : config.signing_key_file,
      ". Put the missing one back; or, if no log uses the first one (an `init` "
      "was interrupted), move it away and run `init` again"));
}

absl::StatusOr<LogKeys> GenerateLogKeys(crypto::CipherSuite suite) {
  LogKeys keys;
  SEALBOOK_ASSIGN_OR_RETURN(keys.signing,
                            crypto::SignaturePrivateKey::Generate(suite));
  SEALBOOK_ASSIGN_OR_RETURN(keys.vrf, crypto::VrfPrivateKey::Generate(suite));
  return keys;
}

absl::Status WriteLogKeys(const Config& config, const LogKeys& keys) {
  SEALBOOK_ASSIGN_OR_RETURN(crypto::SecretText signing, keys.signing->ToPem());
  SEALBOOK_ASSIGN_OR_RETURN(crypto::SecretText vrf, keys.vrf->ToPem());
  SEALBOOK_ASSIGN_OR_RETURN(const std::optional<crypto::SecretText> passphrase,
                            ReadKeyPassphrase(config.key_passphrase));
  if (passphrase.has_value()) {
    SEALBOOK_ASSIGN_OR_RETURN(signing,
                              crypto::EncryptPem(signing, *passphrase));
    SEALBOOK_ASSIGN_OR_RETURN(vrf, crypto::EncryptPem(vrf, *passphrase));
  }
  SEALBOOK_RETURN_IF_ERROR(
      crypto::WriteKeyFile(config.signing_key_file, signing));
  return crypto::WriteKeyFile(config.vrf_key_file, vrf);
}

absl::Status CheckLogKeys(const Config& config, const LogKeys& keys,
                          const keytrans::Configuration& configuration) {
  SEALBOOK_RETURN_IF_ERROR(CheckKey(config.signing_key_file, "signing key",
                                    keys.signing->public_key(),
                                    configuration.signature_public_key));
  return CheckKey(config.vrf_key_file, "VRF key", keys.vrf->public_key(),
                  configuration.vrf_public_key);
}

}  // namespace sealbook::server

#include "server/commands/key_passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "crypto/key_file.h"

namespace sealbook::server {
namespace {

// systemd itself guards the folder; the files in it may be root's.
absl::StatusOr<crypto::SecretText> ReadCredential(const std::string& name) {
  const char* folder = getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr) {
    return absl::NotFoundError(absl::StrCat(
        "no credential ", name,
        ": CREDENTIALS_DIRECTORY is not set; add LoadCredential=", name,
        ":... to the unit, or run this under systemd-run with it"));
  }
  const std::string path = absl::StrCat(folder, "/", name);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("opening ", path));
  }
  absl::StatusOr<crypto::SecretText> text = crypto::ReadSecret(fd, path);
  close(fd);
  return text;
}

absl::StatusOr<crypto::SecretText> Read(const PassphraseSource& source) {
  switch (source.kind) {
    case PassphraseSource::Kind::kFile:
      return crypto::ReadKeyFile(source.name);
    case PassphraseSource::Kind::kDescriptor:
      return crypto::ReadSecret(source.descriptor,
                                absl::StrCat("descriptor ", source.descriptor));
    case PassphraseSource::Kind::kCredential:
      return ReadCredential(source.name);
    case PassphraseSource::Kind::kNone:
      break;
  }
  return absl::InternalError("no source of a passphrase");
}

}  // namespace

absl::StatusOr<std::optional<crypto::SecretText>> ReadKeyPassphrase(
    const PassphraseSource& source) {
  if (source.kind == PassphraseSource::Kind::kNone) {
    return std::optional<crypto::SecretText>();
  }
  SEALBOOK_ASSIGN_OR_RETURN(const crypto::SecretText read, Read(source));
  absl::string_view line = read.view();
  if (absl::ConsumeSuffix(&line, "\n")) absl::ConsumeSuffix(&line, "\r");
  if (line.empty()) {
    return absl::InvalidArgumentError("the keys' passphrase is empty");
  }
  return std::optional<crypto::SecretText>(
      crypto::SecretText(std::string(line)));
}

}  // namespace sealbook::server

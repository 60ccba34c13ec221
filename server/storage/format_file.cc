#include "server/storage/format_file.h"

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "server/storage/leveldb_status.h"

namespace sealbook::server {
namespace {

constexpr char kMagic[] = "sealbook storage\nformat ";

leveldb::Status WriteAndSync(leveldb::Env& env, const std::string& path,
                             const std::string& contents) {
  leveldb::WritableFile* opened = nullptr;
  leveldb::Status status = env.NewWritableFile(path, &opened);
  if (!status.ok()) return status;
  const std::unique_ptr<leveldb::WritableFile> file(opened);
  status = file->Append(contents);
  if (status.ok()) status = file->Sync();
  if (status.ok()) status = file->Close();
  return status;
}

}  // namespace

absl::Status WriteFormatFile(leveldb::Env& env, const std::string& directory,
                             int version) {
  const std::string path = absl::StrCat(directory, "/", kFormatFileName);
  const std::string unfinished = absl::StrCat(path, ".tmp");
  const std::string contents = absl::StrCat(kMagic, version, "\n");
  leveldb::Status status = WriteAndSync(env, unfinished, contents);
  if (status.ok()) status = env.RenameFile(unfinished, path);
  return FromLevelDb(status, absl::StrCat("writing ", path));
}

absl::StatusOr<int> ReadFormatFile(leveldb::Env& env,
                                   const std::string& directory) {
  const std::string path = absl::StrCat(directory, "/", kFormatFileName);
  std::string contents;
  SEALBOOK_RETURN_IF_ERROR(
      FromLevelDb(leveldb::ReadFileToString(&env, path, &contents),
                  absl::StrCat("reading ", path)));
  absl::string_view version_text(contents);
  int version = 0;
  if (!absl::ConsumePrefix(&version_text, kMagic) ||
      !absl::ConsumeSuffix(&version_text, "\n") ||
      !absl::SimpleAtoi(version_text, &version)) {
    return absl::FailedPreconditionError(absl::StrCat(
        path,
        " is damaged or not Sealbook's: it does not hold the two lines "
        "that a Sealbook data directory is known by"));
  }
  return version;
}

absl::Status CheckFormatFile(leveldb::Env& env, const std::string& directory) {
  SEALBOOK_ASSIGN_OR_RETURN(const int version, ReadFormatFile(env, directory));
  if (version == kFormatVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      directory, " has storage format ", version,
      ", but this program reads and writes format ", kFormatVersion, " only: ",
      version < kFormatVersion
          ? "run `sealbookd migrate`"
          : "a newer sealbookd wrote it; run that version"));
}

}  // namespace sealbook::server

#include "server/commands/version.h"

#include <google/protobuf/stubs/common.h>
#include <grpcpp/grpcpp.h>
#include <spdlog/version.h>

#include "absl/base/config.h"
#include "absl/strings/str_cat.h"
#include "base/version.h"
#include "crypto/library.h"
#include "leveldb/db.h"

namespace sealbook::server {

std::string VersionText() {
  return absl::StrCat(
      "sealbookd ", kSealbookVersion,
      "\nprotocol: draft-ietf-keytrans-protocol, commit ", kDraftCommit,
      "\nlibraries: gRPC ", grpc::Version(), ", protobuf ",
      google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION),
      ", LevelDB ", leveldb::kMajorVersion, ".", leveldb::kMinorVersion,
      ", Abseil ", ABSL_LTS_RELEASE_VERSION, ", spdlog ", SPDLOG_VER_MAJOR, ".",
      SPDLOG_VER_MINOR, ".", SPDLOG_VER_PATCH, ", ",
      crypto::CryptoLibraryVersion(), "\ncompiler: GCC ", __VERSION__);
}

}  // namespace sealbook::server

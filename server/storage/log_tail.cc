#include "server/storage/log_tail.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/storage/leveldb_status.h"

namespace sealbook::server {
namespace {

// LevelDB's log format: blocks of 32 KiB; records of checksum (4 bytes, little
// endian, over type and data, masked), length (2), type (1), data.
constexpr uint64_t kBlockSize = 32768;
constexpr size_t kHeaderSize = 7;

constexpr std::array<uint32_t, 256> Crc32cTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
    }
    table[byte] = crc;
  }
  return table;
}

uint32_t Extend(uint32_t crc, uint8_t byte) {
  static constexpr std::array<uint32_t, 256> kTable = Crc32cTable();
  return (crc >> 8) ^ kTable[(crc ^ byte) & 0xff];
}

uint32_t Masked(uint32_t crc) {
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

uint8_t ByteAt(absl::string_view bytes, size_t index) {
  return static_cast<uint8_t>(bytes[index]);
}

// The length at which the data of the record that starts `bytes` matches its
// checksum; absent if none.
std::optional<size_t> TrueLength(absl::string_view bytes) {
  const uint32_t expected = ByteAt(bytes, 0) | ByteAt(bytes, 1) << 8 |
                            ByteAt(bytes, 2) << 16 |
                            static_cast<uint32_t>(ByteAt(bytes, 3)) << 24;
  uint32_t crc = Extend(~uint32_t{0}, ByteAt(bytes, 6));
  for (size_t end = kHeaderSize;; ++end) {
    if (Masked(crc) == expected) return end - kHeaderSize;
    if (end == bytes.size()) return std::nullopt;
    crc = Extend(crc, ByteAt(bytes, end));
  }
}

absl::StatusOr<std::string> ReadLastBlock(leveldb::Env& env,
                                          const std::string& path) {
  uint64_t size = 0;
  SEALBOOK_RETURN_IF_ERROR(FromLevelDb(env.GetFileSize(path, &size), path));
  leveldb::SequentialFile* opened = nullptr;
  SEALBOOK_RETURN_IF_ERROR(
      FromLevelDb(env.NewSequentialFile(path, &opened), path));
  const std::unique_ptr<leveldb::SequentialFile> file(opened);
  SEALBOOK_RETURN_IF_ERROR(
      FromLevelDb(file->Skip(size - size % kBlockSize), path));
  std::string buffer(size % kBlockSize, '\0');
  leveldb::Slice block;
  SEALBOOK_RETURN_IF_ERROR(
      FromLevelDb(file->Read(buffer.size(), &block, buffer.data()), path));
  return block.ToString();
}

}  // namespace

absl::Status CheckLastBlock(absl::string_view block) {
  while (block.size() >= kHeaderSize) {
    const size_t length = ByteAt(block, 4) | ByteAt(block, 5) << 8;
    if (length > block.size() - kHeaderSize) {
      const std::optional<size_t> true_length = TrueLength(block);
      if (!true_length.has_value()) return absl::OkStatus();
      return absl::DataLossError(absl::StrCat("a record of ", *true_length,
                                              " bytes has the length ", length,
                                              " in its header"));
    }
    block.remove_prefix(kHeaderSize + length);
  }
  return absl::OkStatus();
}

absl::Status CheckLogTails(leveldb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  SEALBOOK_RETURN_IF_ERROR(
      FromLevelDb(env.GetChildren(directory, &names), directory));
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".log") && !absl::StartsWith(name, "MANIFEST-")) {
      continue;
    }
    const std::string path = absl::StrCat(directory, "/", name);
    SEALBOOK_ASSIGN_OR_RETURN(const std::string block,
                              ReadLastBlock(env, path));
    if (absl::Status status = CheckLastBlock(block); !status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat(path, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace sealbook::server

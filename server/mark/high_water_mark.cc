#include "server/mark/high_water_mark.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "crypto/hash.h"

namespace sealbook::server {
namespace {

// A disk may write 4096 bytes at once and tear them: no less lies between
// slots.
constexpr size_t kSlotBytes = 4096;
constexpr int kSlots = 2;
constexpr char kMagic[17] = "sealbook mark 1\0";
constexpr size_t kMagicBytes = sizeof(kMagic) - 1;
constexpr size_t kHashBytes = crypto::Hash::kSize;
constexpr size_t kLogIdOffset = kMagicBytes;
constexpr size_t kTreeSizeOffset = kLogIdOffset + kHashBytes;
constexpr size_t kLogRootOffset = kTreeSizeOffset + 8;
constexpr size_t kTimestampOffset = kLogRootOffset + kHashBytes;
constexpr size_t kChecksumOffset = kTimestampOffset + 8;
static_assert(kChecksumOffset == 96);

struct Slot {
  crypto::Hash log_id;
  Mark mark;
};

void AppendBigEndian(uint64_t value, std::string& bytes) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(value >> shift));
  }
}

uint64_t BigEndianAt(absl::string_view bytes, size_t offset) {
  uint64_t value = 0;
  for (const char byte : bytes.substr(offset, 8)) {
    value = value << 8 | static_cast<uint8_t>(byte);
  }
  return value;
}

crypto::Hash HashAt(absl::string_view bytes, size_t offset) {
  return *crypto::Hash::FromBytes(bytes.substr(offset, kHashBytes));
}

std::string Encode(const Slot& slot) {
  std::string bytes(kMagic, kMagicBytes);
  bytes.append(slot.log_id.ToString());
  AppendBigEndian(slot.mark.tree_size, bytes);
  bytes.append(slot.mark.log_root.ToString());
  AppendBigEndian(slot.mark.timestamp_ms, bytes);
  bytes.append(crypto::Sha256(bytes).ToString());
  bytes.resize(kSlotBytes);
  return bytes;
}

// Absent: the slot is not whole. `bytes` has kSlotBytes.
std::optional<Slot> Decode(absl::string_view bytes) {
  if (bytes.substr(0, kMagicBytes) != absl::string_view(kMagic, kMagicBytes) ||
      HashAt(bytes, kChecksumOffset) !=
          crypto::Sha256(bytes.substr(0, kChecksumOffset))) {
    return std::nullopt;
  }
  return Slot{.log_id = HashAt(bytes, kLogIdOffset),
              .mark = {.tree_size = BigEndianAt(bytes, kTreeSizeOffset),
                       .log_root = HashAt(bytes, kLogRootOffset),
                       .timestamp_ms = BigEndianAt(bytes, kTimestampOffset)}};
}

absl::Status SystemError(absl::string_view doing, const std::string& path) {
  return absl::ErrnoToStatus(
      errno, absl::StrCat(doing, " the high-water mark ", path));
}

std::string DirectoryOf(const std::string& path) {
  std::filesystem::path directory(path);
  // A path that ends in a slash.
  if (!directory.has_filename()) directory = directory.parent_path();
  directory = directory.parent_path();
  return directory.empty() ? "." : directory.string();
}

absl::Status SyncDirectoryOf(const std::string& path) {
  const std::string directory = DirectoryOf(path);
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError("syncing the directory of", path);
  absl::Status status;
  if (fsync(fd) != 0) status = SystemError("syncing the directory of", path);
  close(fd);
  return status;
}

absl::StatusOr<dev_t> FileSystemOf(const std::string& path) {
  struct stat found = {};
  if (stat(path.c_str(), &found) == 0) return found.st_dev;
  if (errno == ENOENT && stat(DirectoryOf(path).c_str(), &found) == 0) {
    return found.st_dev;
  }
  return absl::ErrnoToStatus(errno, absl::StrCat("file system of ", path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HighWaterMark>> HighWaterMark::Create(
    const std::string& path, const crypto::Hash& log_id) {
  const int fd =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) {
    return absl::AlreadyExistsError(absl::StrCat(
        "there is a high-water mark ", path,
        " already: it is all that tells an older copy of its log from the "
        "newest one; name another file, or remove it if that log is gone"));
  }
  if (fd < 0) return SystemError("making", path);
  std::unique_ptr<HighWaterMark> mark(new HighWaterMark(path, log_id, fd));
  absl::Status status = mark->Lock();
  for (int slot = 0; slot < kSlots && status.ok(); ++slot) {
    status = mark->WriteSlot(slot, Mark());
  }
  if (status.ok() && fsync(fd) != 0) status = SystemError("syncing", path);
  if (status.ok()) status = SyncDirectoryOf(path);
  if (!status.ok()) {
    unlink(path.c_str());
    return status;
  }
  return mark;
}

absl::StatusOr<std::unique_ptr<HighWaterMark>> HighWaterMark::Open(
    const std::string& path, const crypto::Hash& log_id) {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return SystemError("opening", path);
  std::unique_ptr<HighWaterMark> mark(new HighWaterMark(path, log_id, fd));
  SEALBOOK_RETURN_IF_ERROR(mark->Lock());
  SEALBOOK_RETURN_IF_ERROR(mark->Load());
  return mark;
}

HighWaterMark::HighWaterMark(std::string path, const crypto::Hash& log_id,
                             int fd)
    : path_(std::move(path)), log_id_(log_id), fd_(fd) {}

HighWaterMark::~HighWaterMark() { close(fd_); }

absl::Status HighWaterMark::Lock() {
  if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  if (errno != EWOULDBLOCK) return SystemError("locking", path_);
  return absl::UnavailableError(absl::StrCat(
      "the high-water mark ", path_, " is in use by another sealbookd"));
}

absl::Status HighWaterMark::Load() {
  // One byte more than there should be, to see whether there is more.
  std::string bytes(kSlots * kSlotBytes + 1, '\0');
  const ssize_t size = pread(fd_, bytes.data(), bytes.size(), 0);
  if (size < 0) return SystemError("reading", path_);
  if (static_cast<size_t>(size) != kSlots * kSlotBytes) {
    return absl::DataLossError(absl::StrCat("the high-water mark ", path_,
                                            " has not the length of ",
                                            kSlots * kSlotBytes,
                                            " bytes: it is damaged or another "
                                            "file"));
  }
  std::optional<Slot> newest;
  for (int i = 0; i < kSlots; ++i) {
    const std::optional<Slot> slot =
        Decode(absl::string_view(bytes).substr(i * kSlotBytes, kSlotBytes));
    if (!slot.has_value()) continue;
    if (slot->log_id != log_id_) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the high-water mark ", path_, " is that of the log ",
          slot->log_id.ToHex(), ", not of this one, ", log_id_.ToHex()));
    }
    if (newest.has_value() && newest->mark.tree_size == slot->mark.tree_size &&
        newest->mark != slot->mark) {
      return absl::DataLossError(absl::StrCat(
          "the high-water mark ", path_, " contradicts itself at tree size ",
          slot->mark.tree_size));
    }
    if (!newest.has_value() || newest->mark.tree_size < slot->mark.tree_size) {
      newest = slot;
      current_slot_ = i;
    }
  }
  if (!newest.has_value()) {
    return absl::DataLossError(absl::StrCat(
        "the high-water mark ", path_, " is damaged: neither slot is whole"));
  }
  current_ = newest->mark;
  return absl::OkStatus();
}

absl::Status HighWaterMark::Advance(const Mark& next) {
  if (write_failed_) {
    return absl::FailedPreconditionError(absl::StrCat(
        "an earlier write of the high-water mark ", path_, " failed"));
  }
  if (next == current_) return absl::OkStatus();
  if (next.tree_size <= current_.tree_size ||
      next.timestamp_ms < current_.timestamp_ms) {
    return absl::FailedPreconditionError(
        absl::StrCat("tree size ", next.tree_size, ", root ",
                     next.log_root.ToHex(), ", timestamp ", next.timestamp_ms,
                     " does not go on from the high-water mark: tree size ",
                     current_.tree_size, ", root ", current_.log_root.ToHex(),
                     ", timestamp ", current_.timestamp_ms));
  }
  const int slot = (current_slot_ + 1) % kSlots;
  absl::Status status = WriteSlot(slot, next);
  // The length stays the same, so the data is all there is to sync.
  if (status.ok() && fdatasync(fd_) != 0) {
    status = SystemError("syncing", path_);
  }
  if (!status.ok()) {
    write_failed_ = true;
    return status;
  }
  current_ = next;
  current_slot_ = slot;
  return absl::OkStatus();
}

absl::Status HighWaterMark::WriteSlot(int slot, const Mark& mark) {
  const std::string bytes = Encode({.log_id = log_id_, .mark = mark});
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written =
        pwrite(fd_, bytes.data() + done, bytes.size() - done,
               static_cast<off_t>(slot * kSlotBytes + done));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError("writing", path_);
    done += written;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> OnSameFileSystem(const std::string& a,
                                      const std::string& b) {
  SEALBOOK_ASSIGN_OR_RETURN(const dev_t of_a, FileSystemOf(a));
  SEALBOOK_ASSIGN_OR_RETURN(const dev_t of_b, FileSystemOf(b));
  return of_a == of_b;
}

}  // namespace sealbook::server

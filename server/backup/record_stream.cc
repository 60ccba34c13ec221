#include "server/backup/record_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::server {
namespace {

constexpr size_t kHeaderBytes = 9;
constexpr size_t kSendBytes = size_t{256} << 10;
constexpr uint8_t kEnd = 0;
constexpr uint8_t kBrokenOff = 255;
// No key or value of a log comes near it; a length beyond is no length.
constexpr uint32_t kMaxPartBytes = uint32_t{256} << 20;

void AppendLength(size_t length, std::string& bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(length >> shift));
  }
}

uint32_t LengthAt(const std::string& bytes, size_t offset) {
  uint32_t length = 0;
  for (size_t i = offset; i < offset + 4; ++i) {
    length = length << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return length;
}

void AppendFrame(uint8_t table, absl::string_view key, absl::string_view value,
                 std::string& bytes) {
  bytes.push_back(static_cast<char>(table));
  AppendLength(key.size(), bytes);
  AppendLength(value.size(), bytes);
  bytes.append(key.data(), key.size());
  bytes.append(value.data(), value.size());
}

// Empties `bytes`.
absl::Status SendAll(int socket, std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t sent =
        send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return absl::ErrnoToStatus(errno, "sending records");
    done += static_cast<size_t>(sent);
  }
  bytes.clear();
  return absl::OkStatus();
}

absl::Status ReceiveExactly(int socket, size_t count, std::string& bytes) {
  bytes.resize(count);
  size_t done = 0;
  while (done < count) {
    const ssize_t got = recv(socket, &bytes[done], count - done, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      return absl::UnavailableError(absl::StrCat(
          "the records stopped short: ",
          got == 0 ? "the server has ended" : "nothing comes from the server"));
    }
    done += static_cast<size_t>(got);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SendRecords(Storage& storage, int socket,
                         const std::function<bool()>& go_on) {
  std::string bytes;
  uint64_t records = 0;
  absl::Status status;
  absl::Status sent;
  status = storage.ScanEverything(
      [&](Table table, absl::string_view key, absl::string_view value) {
        AppendFrame(static_cast<uint8_t>(table), key, value, bytes);
        ++records;
        if (bytes.size() < kSendBytes) return true;
        sent = SendAll(socket, bytes);
        if (sent.ok() && !go_on()) {
          sent = absl::CancelledError("the server is stopping");
          SendRefusal(socket, sent.message());
        }
        return sent.ok();
      });
  SEALBOOK_RETURN_IF_ERROR(sent);
  if (!status.ok()) {
    SendRefusal(socket, status.message());
    return status;
  }
  AppendFrame(kEnd, "", absl::StrCat(records), bytes);
  return SendAll(socket, bytes);
}

void SendRefusal(int socket, absl::string_view why) {
  std::string bytes;
  AppendFrame(kBrokenOff, "", why, bytes);
  SendAll(socket, bytes).IgnoreError();
}

absl::Status ReceiveRecords(
    int socket,
    const std::function<absl::Status(Table table, absl::string_view key,
                                     absl::string_view value)>& take) {
  std::string header;
  std::string body;
  for (uint64_t records = 0;; ++records) {
    SEALBOOK_RETURN_IF_ERROR(ReceiveExactly(socket, kHeaderBytes, header));
    const uint32_t key_bytes = LengthAt(header, 1);
    const uint32_t value_bytes = LengthAt(header, 5);
    if (std::max(key_bytes, value_bytes) > kMaxPartBytes) {
      return absl::DataLossError("what the server sends are no records");
    }
    SEALBOOK_RETURN_IF_ERROR(
        ReceiveExactly(socket, size_t{key_bytes} + value_bytes, body));
    const absl::string_view key = absl::string_view(body).substr(0, key_bytes);
    const absl::string_view value = absl::string_view(body).substr(key_bytes);
    const uint8_t table = static_cast<uint8_t>(header[0]);
    if (table == kBrokenOff) {
      return absl::AbortedError(absl::StrCat("the server says: ", value));
    }
    if (table != kEnd) {
      SEALBOOK_RETURN_IF_ERROR(take(static_cast<Table>(table), key, value));
      continue;
    }
    uint64_t sent = 0;
    if (!absl::SimpleAtoi(value, &sent) || sent != records) {
      return absl::DataLossError(absl::StrCat("the server sent ", value,
                                              " records, ", records, " came"));
    }
    return absl::OkStatus();
  }
}

}  // namespace sealbook::server

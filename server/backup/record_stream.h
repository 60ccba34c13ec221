// Records from one process to another, over a socket.
//
// A frame is  table, 1 byte || key length, 4 bytes, big endian ||
//             value length, 4 bytes, big endian || key || value
// and a stream ends with one of table 0 (whole; the value is the number of
// records, decimal) or of table 255 (it broke off; the value says why).
#ifndef SEALBOOK_SERVER_BACKUP_RECORD_STREAM_H_
#define SEALBOOK_SERVER_BACKUP_RECORD_STREAM_H_

#include <unistd.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/storage/storage.h"

namespace sealbook::server {

// Owns a file descriptor; -1: none.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  void Close() {
    if (fd_ >= 0) close(fd_);
  }
  int fd_;
};

// Sends every record of `storage`, as of one moment, and the end. `go_on` is
// asked now and then; false breaks the stream off. OK: all of it was sent.
// Errors were sent too, as far as the other side still listens.
absl::Status SendRecords(Storage& storage, int socket,
                         const std::function<bool()>& go_on);

// Ends a stream before it has begun.
void SendRefusal(int socket, absl::string_view why);

// Hands every record that comes to `take` until the end; an error of `take`
// ends it and is returned. OK: the stream was whole. ABORTED: the sender broke
// it off, and why. UNAVAILABLE: it stopped short, or nothing came for as long
// as the socket waits. DATA_LOSS: bytes that are no stream.
absl::Status ReceiveRecords(
    int socket,
    const std::function<absl::Status(Table table, absl::string_view key,
                                     absl::string_view value)>& take);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_BACKUP_RECORD_STREAM_H_

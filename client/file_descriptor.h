// Closes a file descriptor when it goes.
#ifndef SEALBOOK_CLIENT_FILE_DESCRIPTOR_H_
#define SEALBOOK_CLIENT_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace sealbook::client {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~FileDescriptor() { Reset(); }

  // -1: none.
  int get() const { return fd_; }
  void Reset() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_FILE_DESCRIPTOR_H_

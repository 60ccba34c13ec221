#include "server/backup/control_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::server {
namespace {

constexpr char kName[] = "control";
constexpr char kRequest[] = "backup 1\n";
constexpr size_t kRequestBytes = sizeof(kRequest) - 1;
constexpr int kRequestSeconds = 5;
// How long either side waits for the other while records flow. A reader that
// is slower holds files that the store could remove.
constexpr int kPatienceSeconds = 60;

// A socket's address has room for 107 bytes: the directory is opened, and named
// by its descriptor.
struct Place {
  Descriptor directory;
  sockaddr_un address = {};
};

absl::StatusOr<Place> PlaceIn(const std::string& directory) {
  Place place;
  place.directory =
      Descriptor(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!place.directory.ok()) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", directory));
  }
  place.address.sun_family = AF_UNIX;
  const std::string path =
      absl::StrCat("/proc/self/fd/", place.directory.get(), "/", kName);
  memcpy(place.address.sun_path, path.c_str(), path.size() + 1);
  return place;
}

Descriptor NewSocket() {
  return Descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

void SetPatience(int socket, int receive_seconds, int send_seconds) {
  const timeval receive = {.tv_sec = receive_seconds, .tv_usec = 0};
  const timeval send = {.tv_sec = send_seconds, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &receive, sizeof(receive));
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &send, sizeof(send));
}

bool MayAsk(int socket) {
  ucred caller = {};
  socklen_t size = sizeof(caller);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &caller, &size) != 0) {
    return false;
  }
  return caller.uid == geteuid() || caller.uid == 0;
}

bool HasAsked(int socket) {
  char request[kRequestBytes];
  return recv(socket, request, kRequestBytes, MSG_WAITALL) ==
             static_cast<ssize_t>(kRequestBytes) &&
         memcmp(request, kRequest, kRequestBytes) == 0;
}

}  // namespace

ControlSocket::ControlSocket(std::string path, Storage& storage,
                             Descriptor listener, Descriptor wake)
    : path_(std::move(path)),
      storage_(storage),
      listener_(std::move(listener)),
      wake_(std::move(wake)),
      thread_([this] { Run(); }) {}

absl::StatusOr<std::unique_ptr<ControlSocket>> ControlSocket::Start(
    const std::string& directory, Storage& storage) {
  SEALBOOK_ASSIGN_OR_RETURN(const Place place, PlaceIn(directory));
  std::string path = absl::StrCat(directory, "/", kName);
  Descriptor listener = NewSocket();
  Descriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  unlink(path.c_str());
  if (!listener.ok() || !wake.ok() ||
      bind(listener.get(), reinterpret_cast<const sockaddr*>(&place.address),
           sizeof(place.address)) != 0 ||
      listen(listener.get(), 8) != 0 ||
      fcntl(listener.get(), F_SETFL, O_NONBLOCK) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot listen on ", path));
  }
  return std::unique_ptr<ControlSocket>(new ControlSocket(
      std::move(path), storage, std::move(listener), std::move(wake)));
}

ControlSocket::~ControlSocket() {
  stopping_ = true;
  eventfd_write(wake_.get(), 1);
  {
    // A reader that has stopped reading must not hold up the end.
    MutexLock lock(mutex_);
    if (active_ >= 0) shutdown(active_, SHUT_RDWR);
  }
  thread_.join();
  unlink(path_.c_str());
}

Descriptor ControlSocket::Accept() const {
  Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  return socket.ok() && MayAsk(socket.get()) ? std::move(socket) : Descriptor();
}

void ControlSocket::Run() {
  while (!stopping_) {
    pollfd waited[] = {{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    if (poll(waited, 2, -1) < 0 && errno != EINTR) return;
    const Descriptor socket = Accept();
    if (!socket.ok()) continue;
    SetActive(socket.get());
    if (!stopping_) Answer(socket.get());
    SetActive(-1);
  }
}

void ControlSocket::SetActive(int socket) {
  MutexLock lock(mutex_);
  active_ = socket;
}

void ControlSocket::Answer(int socket) {
  SetPatience(socket, kRequestSeconds, kPatienceSeconds);
  if (!HasAsked(socket)) {
    return SendRefusal(socket, "this server knows the request \"backup 1\"");
  }
  const auto go_on = [this] {
    if (const Descriptor other = Accept(); other.ok()) {
      SendRefusal(other.get(), "another backup is running");
    }
    return !stopping_.load();
  };
  // The caller is told; nobody else can do anything about it.
  SendRecords(storage_, socket, go_on).IgnoreError();
}

absl::StatusOr<Descriptor> AskForRecords(const std::string& directory) {
  SEALBOOK_ASSIGN_OR_RETURN(const Place place, PlaceIn(directory));
  Descriptor socket = NewSocket();
  if (!socket.ok()) return absl::ErrnoToStatus(errno, "cannot make a socket");
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&place.address),
              sizeof(place.address)) != 0) {
    const int reason = errno;
    const std::string what =
        absl::StrCat("cannot reach a server through ", directory, "/", kName);
    return reason == ENOENT || reason == ECONNREFUSED
               ? absl::NotFoundError(what)
               : absl::ErrnoToStatus(reason, what);
  }
  SetPatience(socket.get(), kPatienceSeconds, kPatienceSeconds);
  if (send(socket.get(), kRequest, kRequestBytes, MSG_NOSIGNAL) !=
      static_cast<ssize_t>(kRequestBytes)) {
    return absl::ErrnoToStatus(errno, "cannot ask the server for its records");
  }
  return socket;
}

}  // namespace sealbook::server

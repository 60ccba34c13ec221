// The socket "control" in a running server's data directory, through which
// `sealbookd backup` asks for the records of the log: only one process may open
// the store. Only the server's user and root reach it: the directory is theirs
// alone, and the kernel says who calls.
//
// The caller sends one line, "backup 1", and gets a stream of records
// (record_stream.h). One backup runs at a time; it takes what it is given time
// for by whoever reads it, and the server writes nothing.
#ifndef SEALBOOK_SERVER_BACKUP_CONTROL_SOCKET_H_
#define SEALBOOK_SERVER_BACKUP_CONTROL_SOCKET_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "server/backup/record_stream.h"
#include "server/storage/storage.h"

namespace sealbook::server {

class ControlSocket {
 public:
  // Listens in `directory`, in place of what an earlier server left: the caller
  // holds the store's lock. `storage` outlives this. Errors: the system's.
  static absl::StatusOr<std::unique_ptr<ControlSocket>> Start(
      const std::string& directory, Storage& storage);

  // Breaks off a backup that runs, and removes the socket.
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  ControlSocket(std::string path, Storage& storage, Descriptor listener,
                Descriptor wake);
  void Run();
  // A connection of somebody who may ask; none if there is none.
  Descriptor Accept() const;
  void Answer(int socket);
  void SetActive(int socket);

  const std::string path_;
  Storage& storage_;
  const Descriptor listener_;
  // An eventfd: something to wake Run with.
  const Descriptor wake_;
  std::atomic<bool> stopping_ = false;
  Mutex mutex_;
  // The connection that is being answered; -1: none.
  int active_ ABSL_GUARDED_BY(mutex_) = -1;
  // Last: it uses all of the above.
  std::thread thread_;
};

// Asks the server of the data directory `directory` for its records. NOT_FOUND:
// no server runs there that answers. Others: the system's.
absl::StatusOr<Descriptor> AskForRecords(const std::string& directory);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_BACKUP_CONTROL_SOCKET_H_

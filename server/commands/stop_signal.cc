#include "server/commands/stop_signal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace sealbook::server {

absl::StatusOr<std::unique_ptr<StopSignal>> StopSignal::Install() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) {
    return absl::ErrnoToStatus(error, "cannot block signals");
  }
  const int signals = signalfd(-1, &set, SFD_CLOEXEC);
  if (signals < 0) return absl::ErrnoToStatus(errno, "signalfd");
  const int wake = eventfd(0, EFD_CLOEXEC);
  if (wake < 0) {
    close(signals);
    return absl::ErrnoToStatus(errno, "eventfd");
  }
  return std::unique_ptr<StopSignal>(new StopSignal(signals, wake));
}

StopSignal::~StopSignal() {
  close(signals_);
  close(wake_);
}

void StopSignal::Stop(const absl::Status& reason) {
  MutexLock lock(mutex_);
  if (reason_.ok()) reason_ = reason;
  const uint64_t one = 1;
  // Cannot fail short of 2^64 calls.
  (void)!write(wake_, &one, sizeof(one));
}

absl::Status StopSignal::Wait(const std::function<void()>& hang_up) {
  pollfd fds[] = {{wake_, POLLIN, 0}, {signals_, POLLIN, 0}};
  while (true) {
    if (poll(fds, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return absl::ErrnoToStatus(errno, "poll");
    }
    // Taken, so that it is not pending when this object goes.
    signalfd_siginfo taken{};
    const bool signalled =
        fds[1].revents != 0 &&
        read(signals_, &taken, sizeof(taken)) == sizeof(taken);
    if (fds[0].revents == 0 && signalled && taken.ssi_signo == SIGHUP) {
      hang_up();
      continue;
    }
    if (fds[0].revents == 0 && !signalled) continue;
    MutexLock lock(mutex_);
    return reason_;
  }
}

}  // namespace sealbook::server

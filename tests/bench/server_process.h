// sealbookd as a process of its own.
#ifndef SEALBOOK_TESTS_BENCH_SERVER_PROCESS_H_
#define SEALBOOK_TESTS_BENCH_SERVER_PROCESS_H_

#include <sys/types.h>

#include <string>

namespace sealbook::bench {

class ServerProcess {
 public:
  // Starts `binary` with a configuration file and returns when its ports are
  // open; `ready_file` is written and removed by it. Aborts when it ends before
  // that.
  ServerProcess(const std::string& binary, const std::string& config_file,
                const std::string& ready_file);
  // Asks it to stop and waits for its end.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  pid_t pid() const { return pid_; }
  int public_port() const { return public_port_; }

 private:
  // 0: it is not ready.
  static int ReadPort(const std::string& ready_file);

  pid_t pid_ = 0;
  int public_port_ = 0;
};

}  // namespace sealbook::bench

#endif  // SEALBOOK_TESTS_BENCH_SERVER_PROCESS_H_

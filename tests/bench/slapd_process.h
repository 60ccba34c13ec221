// OpenLDAP's slapd as a process of its own: what an ordinary directory takes to
// give the same answers, with nothing to prove.
#ifndef SEALBOOK_TESTS_BENCH_SLAPD_PROCESS_H_
#define SEALBOOK_TESTS_BENCH_SLAPD_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace sealbook::bench {

class SlapdProcess {
 public:
  // Starts the slapd below `root`, "/" where Debian's package is installed,
  // with the entries of `ldif` in mdb, `mail` indexed. `folder`, which exists
  // and is empty, holds its files. Returns when it listens; aborts on any
  // error.
  SlapdProcess(const std::string& root, const std::string& folder,
               const std::string& ldif);
  // Asks it to stop and waits for its end.
  ~SlapdProcess();
  SlapdProcess(const SlapdProcess&) = delete;
  SlapdProcess& operator=(const SlapdProcess&) = delete;

  uint16_t port() const { return port_; }

 private:
  pid_t pid_ = 0;
  uint16_t port_ = 0;
};

}  // namespace sealbook::bench

#endif  // SEALBOOK_TESTS_BENCH_SLAPD_PROCESS_H_

// Which directory is asked about which address.
#ifndef SEALBOOK_CLIENT_LDAP_GATEWAY_H_
#define SEALBOOK_CLIENT_LDAP_GATEWAY_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "client/ldap/directory.h"
#include "smime/address.h"

namespace sealbook::client::ldap {

// What a session asks. Implementations are thread-safe.
class Lookups {
 public:
  virtual ~Lookups() = default;

  // Whether there is somebody to ask about this address. If not, nothing is
  // known of it, and nothing is proven.
  virtual bool Serves(const smime::Address& address) const = 0;
  // Requires: all are served. In their order, as Directory::Wait.
  virtual Directory::Answers LookUp(absl::Span<const smime::Address> addresses,
                                    Deadline deadline) = 0;
};

// Thread-safe once all directories are there.
class Gateway : public Lookups {
 public:
  // `domain`: canonical, and that domain alone, not those below it; empty: all
  // others. A directory may serve several. ALREADY_EXISTS: it has one.
  absl::Status Add(const std::string& domain,
                   std::shared_ptr<Directory> directory);

  bool Serves(const smime::Address& address) const override;
  Directory::Answers LookUp(absl::Span<const smime::Address> addresses,
                            Deadline deadline) override;

 private:
  Directory* Find(const smime::Address& address) const;

  std::map<std::string, std::shared_ptr<Directory>, std::less<>> directories_;
};

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_GATEWAY_H_

// Which certificates of a proven answer may be used now, judged once for as
// long as that holds: reading certificates and verifying their chains takes
// longer than all else that an answer from memory takes.
#ifndef SEALBOOK_CLIENT_LDAP_USABLE_H_
#define SEALBOOK_CLIENT_LDAP_USABLE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "proto/sealbook/v1/records.pb.h"
#include "smime/address.h"
#include "smime/types.h"

namespace sealbook::client::ldap {

struct UsableCertificate {
  absl::string_view der;
  smime::CertificateHash sha256;
  // Issuer first. The trust anchor is left out: a client has its own.
  std::vector<absl::string_view> intermediates;
};

struct Usable {
  // The best to encrypt with first: one for this very address before one whose
  // local part differs in case, the newest of those.
  std::vector<UsableCertificate> certificates;
  // Judged at any time of from_ms <= time < until_ms, in milliseconds since the
  // Unix epoch, it is the same.
  int64_t from_ms = 0;
  int64_t until_ms = 0;
};

// What ViewEntry calls usable. The result points into `entry` and `issuers`
// (DER, each named by its SHA-256 in the entry), and holds as long as they do.
Usable JudgeCertificates(const v1::DirectoryEntry& entry,
                         absl::Span<const std::string> issuers,
                         const smime::Address& address, int64_t time_ms);

// Remembers the last judgement of one answer. Thread-safe; who asks while
// another one judges waits for that.
class UsableMemo {
 public:
  // What `judge` said, for an address written like this one, if that holds at
  // `time_ms`; else what it says now.
  std::shared_ptr<const Usable> Get(const smime::Address& address,
                                    int64_t time_ms,
                                    const std::function<Usable()>& judge);

 private:
  Mutex mutex_;
  std::string exact_local_part_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const Usable> usable_ ABSL_GUARDED_BY(mutex_);
};

// Judges answers one after the other: OpenSSL reads certificates under locks of
// its own, and a hundred threads that quarrel over them take twice as long as
// one by one. Thread-safe.
class CertificateJudge {
 public:
  // JudgeCertificates, unless `memo` knows.
  std::shared_ptr<const Usable> Judge(const v1::DirectoryEntry& entry,
                                      absl::Span<const std::string> issuers,
                                      const smime::Address& address,
                                      int64_t time_ms, UsableMemo& memo);

 private:
  Mutex turn_;
};

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_USABLE_H_

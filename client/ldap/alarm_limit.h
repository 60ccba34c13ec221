// How many alarms a gateway keeps: a server that lies about every address is to
// be told of, without filling the state or holding up answers.
#ifndef SEALBOOK_CLIENT_LDAP_ALARM_LIMIT_H_
#define SEALBOOK_CLIENT_LDAP_ALARM_LIMIT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/alarms/alarm.h"

namespace sealbook::client::ldap {

// For one log. Not thread-safe.
class AlarmLimit {
 public:
  // An alarm that lasts is kept again after this, in case that it was closed
  // meanwhile.
  static constexpr uint64_t kAgainMs = 60'000;
  // Alarms about single addresses in kForgetMs; one more stands for all others.
  static constexpr size_t kMaxAddresses = 100;
  static constexpr uint64_t kForgetMs = 86'400'000;

  // Those of `alarms` that are to be kept now, in their order.
  std::vector<Alarm> Take(std::vector<Alarm> alarms, uint64_t now_ms);
  // What Take has given last could not be kept: it is due again.
  void Undo(const std::vector<Alarm>& alarms);

 private:
  // False: it was kept a short time ago.
  bool IsDue(const std::string& key, uint64_t now_ms) const;

  // When an alarm was last kept, by key, in milliseconds since the Unix epoch:
  // those about single addresses, and the few about the log as a whole.
  std::map<std::string, uint64_t> addresses_;
  std::map<std::string, uint64_t> whole_log_;
};

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_ALARM_LIMIT_H_

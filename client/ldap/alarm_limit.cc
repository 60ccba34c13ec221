#include "client/ldap/alarm_limit.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sealbook::client::ldap {
namespace {

// Stands for an alarm about an address that has no place of its own.
Alarm AlarmOfMany(const Alarm& one) {
  Alarm many;
  many.kind = one.kind;
  // Addresses have an "@".
  many.key =
      absl::StrCat(AlarmKindName(one.kind), "/", one.log, "/many-addresses");
  many.raised_ms = one.raised_ms;
  many.log = one.log;
  many.subject = "answers about many addresses are not proven";
  many.lines = {absl::StrCat("Alarms about ", AlarmLimit::kMaxAddresses,
                             " addresses were kept within a day. This one "
                             "stands for all others."),
                "Mail clients here asked about them. No answer that was "
                "refused was shown."};
  return many;
}

}  // namespace

bool AlarmLimit::IsDue(const std::string& key, uint64_t now_ms) const {
  for (const auto* kept : {&addresses_, &whole_log_}) {
    const auto found = kept->find(key);
    if (found == kept->end()) continue;
    // A clock that was set back says nothing of how long ago it was.
    return now_ms < found->second || now_ms - found->second >= kAgainMs;
  }
  return true;
}

void AlarmLimit::Undo(const std::vector<Alarm>& alarms) {
  for (const Alarm& alarm : alarms) {
    addresses_.erase(alarm.key);
    whole_log_.erase(alarm.key);
  }
}

std::vector<Alarm> AlarmLimit::Take(std::vector<Alarm> alarms,
                                    uint64_t now_ms) {
  std::erase_if(addresses_, [&](const auto& kept) {
    return now_ms >= kept.second && now_ms - kept.second >= kForgetMs;
  });
  std::vector<Alarm> due;
  for (Alarm& alarm : alarms) {
    const bool has_place = alarm.label.empty() ||
                           addresses_.size() < kMaxAddresses ||
                           addresses_.count(alarm.key) > 0;
    if (!has_place) alarm = AlarmOfMany(alarm);
    if (!IsDue(alarm.key, now_ms)) continue;
    (alarm.label.empty() ? whole_log_ : addresses_)[alarm.key] = now_ms;
    due.push_back(std::move(alarm));
  }
  return due;
}

}  // namespace sealbook::client::ldap

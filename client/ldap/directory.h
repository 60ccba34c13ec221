// One log behind the gateway: many threads ask, one of its own looks up.
//
//   SEALBOOK_ASSIGN_OR_RETURN(auto directory, Directory::Open(...));
//   Directory::Ticket ticket = directory->Ask({"a@example.org"});
//   auto answers = directory->Wait(ticket, deadline);
//   if (answers[0].ok() && (*answers[0])->entry.has_value()) ...
//
// What is asked while a look-up is under way is looked up together by the next
// one, an address that several ask about once. Nothing that is not proven is
// ever handed out; every refused answer raises an alarm, which is kept in the
// state, from where `sealbook watch` delivers it.
#ifndef SEALBOOK_CLIENT_LDAP_DIRECTORY_H_
#define SEALBOOK_CLIENT_LDAP_DIRECTORY_H_

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "client/alarms/alarm.h"
#include "client/channel.h"
#include "client/directory_client.h"
#include "client/ldap/alarm_limit.h"
#include "client/ldap/proven.h"
#include "client/state.h"

namespace sealbook::client::ldap {

using Deadline = std::chrono::steady_clock::time_point;

struct DirectoryOptions {
  // A call's. Who asks during a look-up waits for two at most.
  uint64_t timeout_ms = 6000;
  // max_behind_ms is set to the log's.
  CacheOptions cache;
  // How the log's server is reached; absent: OpenChannel.
  std::function<absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>>(
      const Endpoint& endpoint)>
      open_channel;
  // Told, on its own thread, a line when the directory stops or begins to
  // answer, and what goes wrong with an alarm. May be absent.
  std::function<void(absl::string_view line)> note;
  // Told, on its own thread, each alarm before it is kept, one that lasts again
  // and again (AlarmLimit). May be absent.
  std::function<void(const Alarm& alarm)> tell;
};

// Thread-safe.
class Directory {
 public:
  class Call;
  using Ticket = std::vector<std::shared_ptr<Call>>;
  using Answers = std::vector<absl::StatusOr<ProvenPtr>>;

  // `state` holds one log. `clock` is called on any thread.
  // FAILED_PRECONDITION: no log, or several.
  static absl::StatusOr<std::unique_ptr<Directory>> Open(
      State state, Clock clock, DirectoryOptions options);
  // Waits for the look-up under way; Wait() fails for what was not begun.
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const LogRecord& log() const { return log_; }

  // Asks about canonical labels, and returns at once.
  Ticket Ask(absl::Span<const std::string> labels);
  // In the order of the labels. DEADLINE_EXCEEDED: not by then. CANCELLED: the
  // gateway ends. RESOURCE_EXHAUSTED: the server limits look-ups, or too much
  // waits here. Others as DirectoryClient.
  Answers Wait(const Ticket& ticket, Deadline deadline);

 private:
  Directory(State state, LogRecord log, Clock clock, DirectoryOptions options);

  std::shared_ptr<Call> AskOne(const std::string& label)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run();
  // The rest is called on thread_ only.
  Answers LookUp(const std::vector<std::string>& labels);
  absl::StatusOr<std::vector<absl::StatusOr<Lookup>>> CallClient(
      const std::vector<std::string>& labels);
  absl::Status Connect();
  void Settle(const std::vector<std::string>& labels, Answers answers);
  // Raises what is to be raised for the failures.
  void Report(const std::vector<std::string>& labels, const Answers& answers);
  void NoteSilence(const absl::Status& failure);
  // The alarm of a log that has been silent for too long, if it has.
  std::optional<Alarm> AlarmOfSilence(const absl::Status& failure) const;
  void Raise(std::vector<Alarm> alarms);
  void Note(absl::string_view line);

  // Used by thread_ only.
  State state_;
  const LogRecord log_;
  const std::string log_hex_;
  const Clock clock_;
  const DirectoryOptions options_;
  std::unique_ptr<DirectoryClient> client_;
  uint64_t last_proof_ms_;
  bool silent_ = false;
  AlarmLimit limit_;

  Mutex mutex_;
  CondVar asked_;
  CondVar answered_;
  ProvenCache cache_ ABSL_GUARDED_BY(mutex_);
  // Everything that waits or is looked up now, by label.
  std::map<std::string, std::shared_ptr<Call>> calls_ ABSL_GUARDED_BY(mutex_);
  // What waits.
  std::deque<std::string> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_DIRECTORY_H_

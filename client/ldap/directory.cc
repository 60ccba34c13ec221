#include "client/ldap/directory.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/ldap/trouble.h"
#include "client/words.h"
#include "keytrans/refusal.h"

namespace sealbook::client::ldap {
namespace {

// What one look-up takes, and what waits at most.
constexpr size_t kMaxBatch = 500;
constexpr size_t kMaxWaiting = 10'000;
// What the answers of a batch may take together.
constexpr size_t kMaxAnswerBytes = 64 << 20;

bool IsSilence(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

ProvenPtr ProvenOf(Lookup lookup) {
  auto proven = std::make_shared<Proven>();
  proven->label = std::move(lookup.label);
  proven->tree_size = lookup.view.size();
  proven->head_ms = lookup.view.Timestamp();
  proven->answered_ms = lookup.exchange.time_ms;
  if (lookup.found.has_value()) {
    proven->entry = std::move(lookup.found->entry);
    proven->issuers = std::move(lookup.found->issuers);
  }
  return proven;
}

absl::StatusOr<ProvenPtr> AnswerOf(absl::StatusOr<Lookup> lookup) {
  SEALBOOK_RETURN_IF_ERROR(lookup.status());
  SEALBOOK_RETURN_IF_ERROR(lookup->unreadable);
  return ProvenOf(*std::move(lookup));
}

DirectoryOptions WithLog(DirectoryOptions options, const LogRecord& log) {
  options.cache.max_behind_ms = log.configuration.max_behind;
  if (!options.open_channel) {
    options.open_channel = [](const Endpoint& endpoint)
        -> absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> {
      return OpenChannel(endpoint);
    };
  }
  return options;
}

}  // namespace

// One address that somebody waits for. Guarded by the directory's mutex.
class Directory::Call {
 public:
  std::optional<absl::StatusOr<ProvenPtr>> answer;
};

absl::StatusOr<std::unique_ptr<Directory>> Directory::Open(
    State state, Clock clock, DirectoryOptions options) {
  SEALBOOK_ASSIGN_OR_RETURN(std::vector<LogRecord> logs, state.ReadLogs());
  if (logs.size() != 1) {
    return absl::FailedPreconditionError(absl::StrCat(
        state.folder(), ": ", logs.size(),
        " logs are configured, one is needed: run `sealbook configure`"));
  }
  return std::unique_ptr<Directory>(
      new Directory(std::move(state), std::move(logs[0]), std::move(clock),
                    std::move(options)));
}

Directory::Directory(State state, LogRecord log, Clock clock,
                     DirectoryOptions options)
    : state_(std::move(state)),
      log_(std::move(log)),
      log_hex_(log_.fingerprint.ToHex()),
      clock_(std::move(clock)),
      options_(WithLog(std::move(options), log_)),
      last_proof_ms_(log_.view.has_value() ? log_.view->Timestamp() : clock_()),
      cache_(options_.cache),
      thread_([this] { Run(); }) {}

Directory::~Directory() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    for (const std::string& label : queue_) {
      calls_[label]->answer = absl::CancelledError("the gateway ends");
    }
    queue_.clear();
  }
  asked_.NotifyAll();
  answered_.NotifyAll();
  thread_.join();
}

Directory::Ticket Directory::Ask(absl::Span<const std::string> labels) {
  Ticket ticket;
  {
    MutexLock lock(mutex_);
    for (const std::string& label : labels) ticket.push_back(AskOne(label));
  }
  asked_.NotifyOne();
  return ticket;
}

std::shared_ptr<Directory::Call> Directory::AskOne(const std::string& label) {
  const auto found = calls_.find(label);
  if (found != calls_.end()) return found->second;
  auto call = std::make_shared<Call>();
  if (ProvenPtr proven = cache_.Get(label, clock_()); proven != nullptr) {
    call->answer = std::move(proven);
  } else if (stopping_) {
    call->answer = absl::CancelledError("the gateway ends");
  } else if (queue_.size() == kMaxWaiting) {
    call->answer = absl::ResourceExhaustedError(
        absl::StrCat(kMaxWaiting, " look-ups wait already; try again later"));
  } else {
    queue_.push_back(label);
    calls_[label] = call;
  }
  return call;
}

Directory::Answers Directory::Wait(const Ticket& ticket, Deadline deadline) {
  Answers answers;
  MutexLock lock(mutex_);
  for (const std::shared_ptr<Call>& call : ticket) {
    while (!call->answer.has_value()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) break;
      (void)answered_.WaitFor(mutex_, left);
    }
    if (call->answer.has_value()) {
      answers.push_back(*call->answer);
    } else {
      answers.push_back(absl::DeadlineExceededError(
          "the directory has not answered yet; try again"));
    }
  }
  return answers;
}

void Directory::Run() {
  while (true) {
    std::vector<std::string> labels;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) asked_.Wait(mutex_);
      if (stopping_) return;
      const size_t count = std::min(queue_.size(), kMaxBatch);
      labels.assign(queue_.begin(),
                    queue_.begin() + static_cast<std::ptrdiff_t>(count));
      queue_.erase(queue_.begin(),
                   queue_.begin() + static_cast<std::ptrdiff_t>(count));
    }
    Answers answers = LookUp(labels);
    // An alarm is kept before a client sees that something is wrong.
    Report(labels, answers);
    Settle(labels, std::move(answers));
  }
}

Directory::Answers Directory::LookUp(const std::vector<std::string>& labels) {
  auto lookups = CallClient(labels);
  if (!lookups.ok()) return Answers(labels.size(), lookups.status());
  Answers answers;
  for (absl::StatusOr<Lookup>& lookup : *lookups) {
    answers.push_back(AnswerOf(std::move(lookup)));
  }
  // After a failed attempt, a channel waits longer and longer, up to two
  // minutes, before the next one. A new one does not, and asks for the address
  // anew.
  const bool silent = std::any_of(
      answers.begin(), answers.end(),
      [](const auto& answer) { return IsSilence(answer.status()); });
  if (silent) client_.reset();
  return answers;
}

absl::StatusOr<std::vector<absl::StatusOr<Lookup>>> Directory::CallClient(
    const std::vector<std::string>& labels) {
  if (client_ == nullptr) SEALBOOK_RETURN_IF_ERROR(Connect());
  return client_->LookUp(log_.fingerprint, labels);
}

absl::Status Directory::Connect() {
  // `sealbook configure` may have named another address meanwhile.
  SEALBOOK_ASSIGN_OR_RETURN(LogRecord log, state_.ReadLog(log_.fingerprint));
  const Endpoint endpoint{.server = log.server};
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, options_.open_channel(endpoint));
  client_ = std::make_unique<DirectoryClient>(
      state_, endpoint, channel, clock_,
      LookupOptions{.timeout_ms = options_.timeout_ms,
                    .max_bytes = kMaxAnswerBytes,
                    // A mail client waits for seconds, not for minutes.
                    .patience = {.max_waits = 0}});
  return absl::OkStatus();
}

void Directory::Settle(const std::vector<std::string>& labels,
                       Answers answers) {
  {
    MutexLock lock(mutex_);
    const bool refused =
        std::any_of(answers.begin(), answers.end(), [](const auto& answer) {
          return keytrans::RefusalOf(answer.status()).has_value();
        });
    // A log that was caught is not to live on in what it said before.
    if (refused) cache_.Clear();
    for (size_t i = 0; i < labels.size(); ++i) {
      if (answers[i].ok() && !refused) cache_.Put(*answers[i]);
      const auto call = calls_.find(labels[i]);
      call->second->answer = std::move(answers[i]);
      calls_.erase(call);
    }
  }
  answered_.NotifyAll();
}

void Directory::Report(const std::vector<std::string>& labels,
                       const Answers& answers) {
  const uint64_t now = clock_();
  const absl::Status* silence = nullptr;
  std::vector<Alarm> alarms;
  bool heard = false;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].ok()) {
      heard = true;
      last_proof_ms_ = std::max(last_proof_ms_, now);
      continue;
    }
    std::optional<Alarm> alarm =
        AlarmOf(answers[i].status(), log_hex_, labels[i], now);
    if (alarm.has_value()) alarms.push_back(*std::move(alarm));
    if (IsSilence(answers[i].status())) silence = &answers[i].status();
  }
  if (silence != nullptr) {
    NoteSilence(*silence);
    std::optional<Alarm> alarm = AlarmOfSilence(*silence);
    if (alarm.has_value()) alarms.push_back(*std::move(alarm));
  } else if (heard && std::exchange(silent_, false)) {
    Note("the directory answers again");
  }
  Raise(std::move(alarms));
}

void Directory::NoteSilence(const absl::Status& failure) {
  if (std::exchange(silent_, true)) return;
  Note(absl::StrCat("the directory does not answer: ",
                    Printable(failure.message())));
}

std::optional<Alarm> Directory::AlarmOfSilence(
    const absl::Status& failure) const {
  const uint64_t now = clock_();
  if (now <= last_proof_ms_ ||
      now - last_proof_ms_ <= log_.configuration.max_behind) {
    return std::nullopt;
  }
  return SilenceAlarm(failure, log_hex_, last_proof_ms_, now);
}

void Directory::Raise(std::vector<Alarm> alarms) {
  alarms = limit_.Take(std::move(alarms), clock_());
  if (alarms.empty()) return;
  if (options_.tell) {
    for (const Alarm& alarm : alarms) options_.tell(alarm);
  }
  // All at once: answers that are proven wait for this, too.
  absl::Status kept = state_.RaiseAlarms(alarms);
  if (kept.ok()) return;
  limit_.Undo(alarms);
  Note(absl::StrCat(alarms.size(), " of the alarms could not be kept (",
                    Printable(kept.message()),
                    "), first: ", alarms[0].subject));
}

void Directory::Note(absl::string_view line) {
  if (options_.note) options_.note(line);
}

}  // namespace sealbook::client::ldap

#include "tests/fuzz/transcripts.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "crypto/types.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/history_prover.h"
#include "keytrans/monitor_prover.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/prover.h"
#include "keytrans/refusal.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/tree_view.h"
#include "keytrans/update_structures.h"
#include "keytrans/verifier.h"
#include "tests/fuzz/edits.h"
#include "tests/fuzz/target.h"

namespace sealbook::fuzz {
namespace {

using keytrans::AsOfRequest;
using keytrans::DistinguishedRequest;
using keytrans::HistoryRequest;
using keytrans::SearchAnswer;
using keytrans::SearchRequest;
using keytrans::TestLog;
using keytrans::TreeView;
using keytrans::Verifier;
using Kind = SearchAnswer::Kind;

constexpr uint64_t kEntries = 40;
constexpr uint64_t kMinute = 60'000;
constexpr uint64_t kStart = 1'700'000'000'000;
constexpr char kOften[] = "often@example.org";
constexpr char kOnce[] = "once@example.org";
constexpr char kLate[] = "late@example.org";
constexpr char kNobody[] = "nobody@example.org";

std::string Shown(const TreeView& view) {
  return absl::StrCat(view.size(), " ", view.Root().ToHex());
}

std::string Shown(const keytrans::VerifiedVersion& found) {
  return absl::StrCat(found.version, " at ", found.terminal, ": ", found.value,
                      found.opening.ToHex(), " in ", Shown(found.view));
}

// What an answer shows, as words; the error of one that was refused.
template <typename Verified, typename Words>
absl::StatusOr<std::string> Show(const absl::StatusOr<Verified>& verified,
                                 const Words& words) {
  if (!verified.ok()) return verified.status();
  return words(*verified);
}

std::string ShownHistory(const keytrans::VerifiedHistory& history) {
  std::string words = Shown(history.view);
  for (const auto& version : history.versions) {
    absl::StrAppend(&words, ", ", version.version, ": ", version.value,
                    version.opening.ToHex());
    if (!version.since.has_value()) continue;
    absl::StrAppend(&words, " since ", version.since->position, " ",
                    version.since->timestamp);
  }
  return words;
}

std::string ShownState(const keytrans::VerifiedState& state) {
  return absl::StrCat(
      Shown(state.view), " at ",
      state.position.has_value() ? absl::StrCat(*state.position) : "none", ": ",
      state.in_force.has_value() ? Shown(*state.in_force) : "none");
}

std::string ShownMap(const std::vector<keytrans::MonitorMapEntry>& entries) {
  std::string words;
  for (const keytrans::MonitorMapEntry& entry : entries) {
    absl::StrAppend(&words, " ", entry.version, " at ", entry.position);
  }
  return words;
}

std::string ShownOwner(const keytrans::VerifiedOwner& verified) {
  const absl::StatusOr<std::string> state = verified.owner.Encode();
  Require(state.ok(), "an owner's state has no encoding");
  return absl::StrCat(Shown(verified.view), " ", verified.complete, " ",
                      *state);
}

std::string ShownUpdate(const keytrans::VerifiedUpdate& update) {
  std::string words = absl::StrCat(Shown(update.view), " at ", update.position,
                                   ShownMap(update.owner.entries), " and",
                                   ShownMap(update.owner.changes));
  for (const auto& version : update.versions) {
    absl::StrAppend(&words, ", ", version.version, ": ", version.value,
                    version.opening.ToHex());
  }
  return words;
}

// One log, and the answers that it gives.
class Recorder {
 public:
  Recorder(crypto::CipherSuite suite, std::optional<uint64_t> lifetime,
           std::vector<Transcript>& out)
      : log_(/*window=*/5 * kMinute, keytrans::TestKeys::kFake, suite),
        out_(out) {
    if (lifetime.has_value()) log_.SetMaximumLifetime(*lifetime);
    for (uint64_t i = 0; i < kEntries; ++i) {
      std::vector<TestLog::NewVersion> versions;
      if (i % 4 == 0) versions.push_back({kOften, "value"});
      if (i == 20) versions.push_back({kOnce, "value"});
      if (i == kEntries - 1) versions.push_back({kLate, "value"});
      log_.Append(TimeOf(i), versions);
    }
    verifier_ = std::make_shared<const Verifier>(log_.verifier());
  }

  // Absent where the maximum lifetime lets the log refuse to answer.
  std::optional<Kind> Search(const SearchRequest& request) {
    const auto answer = log_.Answer(request);
    if (absl::IsOutOfRange(answer.status())) return std::nullopt;
    Require(answer.ok(), "no answer to a search");
    Add(*answer, request);
    return answer->kind;
  }

  // All pages, the first of them from `newest` down.
  void History(std::optional<uint64_t> last, const char* label,
               std::optional<uint32_t> newest) {
    HistoryRequest request{last, label, newest};
    std::optional<uint64_t> newer;
    while (true) {
      const auto page = keytrans::AnswerHistory(log_, log_.configuration(),
                                                Head(), request, kPage);
      // Older versions than this are past the maximum lifetime.
      if (absl::IsOutOfRange(page.status())) return;
      Require(page.ok() && page->kind == Kind::kFound, "no page of history");
      const std::optional<TreeView> retained = ViewOf(request.last);
      out_.push_back({.answer = page->bytes,
                      .verify =
                          [verifier = verifier_, request, retained,
                           newer](absl::string_view bytes) {
                            return Show(
                                verifier->VerifyHistory(request, retained,
                                                        bytes, kNow, newer),
                                ShownHistory);
                          },
                      .exact = false});
      const auto verified =
          verifier_->VerifyHistory(request, retained, page->bytes, kNow, newer);
      Require(verified.ok(), "a true page of history is refused");
      if (page->oldest == 0) return;
      newer.reset();
      if (const auto& since = verified->versions.back().since; since) {
        newer = since->position;
      }
      request = {kEntries, label, page->oldest - 1};
    }
  }

  void AsOf(std::optional<uint64_t> last, const char* label, uint64_t time) {
    const AsOfRequest request{last, label, time};
    const auto answer =
        keytrans::AnswerAsOf(log_, log_.configuration(), Head(), request);
    if (absl::IsOutOfRange(answer.status())) return;
    Require(answer.ok(), "no answer as of a time");
    out_.push_back(
        {.answer = answer->bytes,
         .verify =
             [verifier = verifier_, request,
              retained = ViewOf(last)](absl::string_view bytes) {
               return Show(verifier->VerifyAsOf(request, retained, bytes, kNow),
                           ShownState);
             },
         .exact = false});
  }

  void Distinguished(std::optional<uint64_t> last,
                     std::optional<uint64_t> stop) {
    const DistinguishedRequest request{last, stop};
    const auto answer = keytrans::AnswerDistinguished(
        log_, log_.configuration(), Head(), request);
    Require(answer.ok(), "no answer about distinguished entries");
    out_.push_back(
        {*answer, [verifier = verifier_, request,
                   retained = ViewOf(last)](absl::string_view bytes) {
           return Show(
               verifier->VerifyDistinguished(request, retained, bytes, kNow),
               [](const auto& walked) { return Shown(walked.view); });
         }});
  }

  // Of versions that the log had when it had `last` entries, each where it was
  // added.
  void ContactMonitor(uint64_t last, const char* label,
                      const std::vector<uint32_t>& versions) {
    keytrans::ContactMonitorRequest request{last, label, {}};
    keytrans::LadderKeys keys;
    for (uint32_t version : versions) {
      const auto& facts = log_.labels().at(label).at(version).facts;
      request.entries.push_back({facts.position, version});
      for (uint32_t needed : keytrans::MonitoringBinaryLadder(version)) {
        const auto& known = log_.labels().at(label).at(needed).facts;
        keys[needed] = {known.vrf_output, known.commitment};
      }
    }
    const auto answer = keytrans::AnswerContactMonitor(
        log_, log_.configuration(), Head(), request);
    Require(answer.ok(), "no answer to a contact");
    out_.push_back(
        {*answer, [verifier = verifier_, request, keys,
                   retained = ViewOf(last)](absl::string_view bytes) {
           return Show(verifier->VerifyContactMonitor(request, retained, keys,
                                                      bytes, kNow),
                       [](const auto& monitored) {
                         return Shown(monitored.view) +
                                ShownMap(monitored.entries);
                       });
         }});
  }

  // An owner who begins in the tree of `size` entries, is told of all versions
  // since, and monitors, in answers with at most `max_ladders` each.
  void Own(uint64_t size, const char* label, size_t max_ladders) {
    const uint64_t start = *keytrans::RightmostDistinguished(
        log_.configuration(), log_.View(size));
    const keytrans::OwnerInitRequest request{std::nullopt, label, start};
    const auto answer = keytrans::AnswerOwnerInit(log_, log_.configuration(),
                                                  HeadOf(size), request);
    Require(answer.ok(), "an owner cannot begin");
    const auto verify = [verifier = verifier_, request,
                         now = TimeOf(size)](absl::string_view bytes) {
      return verifier->VerifyOwnerInit(request, std::nullopt, bytes, now);
    };
    const auto begun = verify(*answer);
    Require(begun.ok(), "a true beginning is refused");
    out_.push_back({.answer = *answer,
                    .verify =
                        [verify](absl::string_view bytes) {
                          return Show(verify(bytes), ShownOwner);
                        },
                    .exact = false});
    keytrans::VerifiedOwner owner = *begun;
    bool own = false;
    while (Update(owner, own)) own = !own;
    while (!owner.complete) Monitor(owner, max_ladders);
  }

  static uint64_t TimeOf(uint64_t position) {
    return kStart + position * kMinute;
  }

 private:
  static constexpr uint64_t kNow = kStart + kEntries * kMinute;
  // Versions of one page.
  static constexpr size_t kPage = 4;

  // The next versions; false where there are none. `own`: as if the owner had
  // just added them.
  bool Update(keytrans::VerifiedOwner& owner, bool own) {
    keytrans::UpdateRequest request{
        owner.view.size(), owner.owner.label, owner.owner.Greatest(), {}};
    const auto answer =
        keytrans::AnswerUpdate(log_, log_.configuration(), Head(), request);
    if (absl::IsFailedPrecondition(answer.status())) return false;
    Require(answer.ok(), "no answer about new versions");
    std::string bytes = answer->bytes;
    if (own) {
      for (const std::string& value : answer->values) {
        request.values.push_back({value});
      }
      auto response =
          keytrans::UpdateResponse::Parse(log_.configuration(), bytes);
      Require(response.ok(), "an UpdateResponse cannot be read");
      response->values.clear();
      bytes = *response->Encode();
    }
    const auto verify = [verifier = verifier_, request,
                         owner](absl::string_view changed) {
      return verifier->VerifyUpdate(request, owner.view, owner.owner, changed,
                                    kNow);
    };
    const auto verified = verify(bytes);
    Require(verified.ok(), "true new versions are refused");
    // A version that came in alone in a distinguished entry is not looked up
    // before the owner monitors.
    const bool looked_up =
        !verified->owner.entries.empty() &&
        verified->owner.entries.back().position == verified->position;
    if (looked_up) {
      // The owner's own values may be repeated.
      out_.push_back({.answer = bytes,
                      .verify =
                          [verify](absl::string_view changed) {
                            return Show(verify(changed), ShownUpdate);
                          },
                      .exact = !own});
    }
    owner.owner = verified->owner;
    owner.view = verified->view;
    return true;
  }

  void Monitor(keytrans::VerifiedOwner& owner, size_t max_ladders) {
    const keytrans::OwnerMonitorRequest request{
        owner.view.size(), owner.owner.label, owner.owner.entries,
        owner.owner.start, owner.owner.Greatest()};
    const auto answer = keytrans::AnswerOwnerMonitor(
        log_, log_.configuration(), Head(), request, max_ladders);
    Require(answer.ok(), "no answer to an owner");
    const auto verify = [verifier = verifier_, request,
                         owner](absl::string_view bytes) {
      return verifier->VerifyOwnerMonitor(request, owner.view, owner.owner,
                                          bytes, kNow);
    };
    const auto verified = verify(*answer);
    Require(verified.ok(), "true monitoring is refused");
    // How many ladders there are is the log's choice.
    out_.push_back(
        {.answer = *answer,
         .verify =
             [verify, start = verified->owner.start](absl::string_view bytes) {
               return Show(verify(bytes), [start](const auto& monitored) {
                 Require(monitored.owner.start <= start,
                         "what was not shown is taken for verified");
                 return Shown(monitored.view) +
                        ShownMap(monitored.owner.entries);
               });
             },
         .exact = false});
    owner = *verified;
  }

  void Add(const SearchAnswer& answer, const SearchRequest& request) {
    out_.push_back(
        {.answer = answer.bytes,
         .verify =
             [verifier = verifier_, request, kind = answer.kind,
              retained = ViewOf(request.last)](absl::string_view bytes) {
               const auto version = [](const auto& found) {
                 return Shown(found);
               };
               switch (kind) {
                 case Kind::kAbsent:
                   return Show(
                       verifier->VerifyAbsence(request, retained, bytes, kNow),
                       [](const auto& absent) { return Shown(absent.view); });
                 case Kind::kGreatest:
                   return Show(verifier->VerifyNoSuchVersion(request, retained,
                                                             bytes, kNow),
                               version);
                 case Kind::kFound:
                   break;
               }
               return Show(
                   verifier->VerifySearch(request, retained, bytes, kNow),
                   version);
             },
         .exact = answer.kind != Kind::kFound || !request.version.has_value()});
  }

  keytrans::TreeHead Head() { return HeadOf(log_.size()); }
  keytrans::TreeHead HeadOf(uint64_t size) {
    return log_.Sign(size, log_.Root(size));
  }
  std::optional<TreeView> ViewOf(std::optional<uint64_t> last) const {
    if (!last.has_value()) return std::nullopt;
    return log_.View(*last);
  }

  TestLog log_;
  std::shared_ptr<const Verifier> verifier_;
  std::vector<Transcript>& out_;
};

const std::optional<uint64_t> kLasts[] = {std::nullopt, 13, kEntries};

// The same questions to each log.
std::vector<Transcript> Record(const std::function<void(Recorder&)>& ask) {
  std::vector<Transcript> transcripts;
  for (const crypto::CipherSuite suite :
       {crypto::CipherSuite::kP256, crypto::CipherSuite::kEd25519}) {
    for (const std::optional<uint64_t> lifetime :
         {std::optional<uint64_t>(), std::optional<uint64_t>(15 * kMinute)}) {
      Recorder recorder(suite, lifetime, transcripts);
      ask(recorder);
    }
  }
  return transcripts;
}

}  // namespace

std::vector<Transcript> SearchTranscripts() {
  return Record([](Recorder& recorder) {
    for (const std::optional<uint64_t> last : kLasts) {
      for (const char* label : {kOften, kOnce, kLate}) {
        Require(recorder.Search({last, label, std::nullopt}) == Kind::kFound,
                "a label is not found");
      }
      // Among the old ones some are past the maximum lifetime.
      for (uint32_t version = 0; version < kEntries / 4; ++version) {
        recorder.Search({last, kOften, version});
      }
      Require(recorder.Search({last, kOnce, 1}) == Kind::kGreatest,
              "a version that does not exist is found");
      Require(recorder.Search({last, kNobody, std::nullopt}) == Kind::kAbsent,
              "nobody is found");
    }
  });
}

std::vector<Transcript> HistoryTranscripts() {
  return Record([](Recorder& recorder) {
    for (const std::optional<uint64_t> last : kLasts) {
      for (const char* label : {kOften, kOnce, kLate}) {
        recorder.History(last, label, std::nullopt);
        for (const uint64_t position : {7, 20, 39}) {
          recorder.AsOf(last, label, Recorder::TimeOf(position) + 1);
        }
      }
      recorder.History(last, kOften, 5);
      recorder.AsOf(last, kNobody, Recorder::TimeOf(kEntries));
      recorder.AsOf(last, kOften, kStart - 1);
      for (const std::optional<uint64_t> stop :
           {std::optional<uint64_t>(), std::optional<uint64_t>(12)}) {
        recorder.Distinguished(last, stop);
      }
    }
  });
}

std::vector<Transcript> MonitorTranscripts() {
  return Record([](Recorder& recorder) {
    // 40 entries, of which every fourth is distinguished; `often` comes in at
    // every fourth, too, and at 36 and 39 nothing to the right of it is.
    for (const uint64_t last : {uint64_t{21}, uint64_t{33}, kEntries}) {
      recorder.ContactMonitor(last, kOften, {});
      recorder.ContactMonitor(last, kOften, {5});
      recorder.ContactMonitor(last, kOnce, {0});
      recorder.ContactMonitor(last, kOften, {2, 4, 5});
    }
    recorder.ContactMonitor(37, kOften, {8, 9});
    recorder.ContactMonitor(kEntries, kLate, {0});
    for (const uint64_t size : {26, 33}) {
      for (const char* label : {kOften, kOnce, kLate, kNobody}) {
        for (const size_t max_ladders : {1, 64}) {
          recorder.Own(size, label, max_ladders);
        }
      }
    }
  });
}

void FuzzTranscripts(const std::vector<Transcript>& transcripts,
                     absl::string_view data) {
  Input input(data);
  const Transcript& transcript = transcripts[input.Below(transcripts.size())];
  const std::string answer = Edit(transcript.answer, input);
  const absl::StatusOr<std::string> shown = transcript.verify(answer);
  if (!shown.ok()) {
    Require(answer != transcript.answer, "a true answer is refused");
    Require(keytrans::RefusalOf(shown.status()).has_value(),
            "a refusal without a reason");
    return;
  }
  if (answer == transcript.answer) return;
  Require(!transcript.exact, "a changed answer is accepted");
  Require(*shown == *transcript.verify(transcript.answer),
          "a changed answer shows something else");
}

}  // namespace sealbook::fuzz

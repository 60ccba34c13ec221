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
#include "keytrans/history_prover.h"
#include "keytrans/prover.h"
#include "keytrans/refusal.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/tree_view.h"
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

  static uint64_t TimeOf(uint64_t position) {
    return kStart + position * kMinute;
  }

 private:
  static constexpr uint64_t kNow = kStart + kEntries * kMinute;
  // Versions of one page.
  static constexpr size_t kPage = 4;

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

  keytrans::TreeHead Head() {
    return log_.Sign(log_.size(), log_.Root(log_.size()));
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

// An answer that is not byte for byte what the log gave is refused, and a
// refusal says why.
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "keytrans/refusal.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/tree_view.h"
#include "keytrans/verifier.h"
#include "tests/fuzz/edits.h"
#include "tests/fuzz/target.h"

namespace sealbook::fuzz {
namespace {

using keytrans::SearchRequest;
using keytrans::TestLog;
using keytrans::TreeView;

constexpr uint64_t kEntries = 40;
constexpr uint64_t kMinute = 60'000;

struct Question {
  SearchRequest request;
  std::optional<TreeView> retained;
  std::string answer;
  bool absence = false;
};

// A log, and questions with their true answers.
struct World {
  TestLog log{/*window=*/5 * kMinute};
  std::vector<Question> questions;
  uint64_t now = 0;

  World() {
    for (uint64_t i = 0; i < kEntries; ++i) {
      std::vector<TestLog::NewVersion> versions;
      if (i % 4 == 0) versions.push_back({"often@example.org", "value"});
      if (i == 20) versions.push_back({"once@example.org", "value"});
      if (i == kEntries - 1) versions.push_back({"late@example.org", "value"});
      log.Append(1'700'000'000'000 + i * kMinute, versions);
    }
    now = log.entries().back().timestamp + 1000;
    for (const char* label : {"often@example.org", "once@example.org",
                              "late@example.org", "nobody@example.org"}) {
      for (const std::optional<uint64_t> last :
           {std::optional<uint64_t>(), std::optional<uint64_t>(13),
            std::optional<uint64_t>(kEntries)}) {
        Add({last, label, std::nullopt});
      }
    }
  }

  void Add(const SearchRequest& request) {
    auto answer = log.Answer(request);
    Require(answer.ok(), "no answer");
    std::optional<TreeView> retained;
    if (request.last.has_value()) retained = log.View(*request.last);
    questions.push_back({request, retained, answer->bytes,
                         request.label == "nobody@example.org"});
  }
};

}  // namespace
}  // namespace sealbook::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sealbook::fuzz;
  static const World world;
  static const auto verifier = world.log.verifier();
  Input input({reinterpret_cast<const char*>(data), size});
  const Question& question =
      world.questions[input.Below(world.questions.size())];
  const std::string answer = Edit(question.answer, input);
  const absl::Status status =
      question.absence ? verifier
                             .VerifyAbsence(question.request, question.retained,
                                            answer, world.now)
                             .status()
                       : verifier
                             .VerifySearch(question.request, question.retained,
                                           answer, world.now)
                             .status();
  Require(status.ok() == (answer == question.answer),
          "a changed answer is accepted, or a true one refused");
  Require(status.ok() || sealbook::keytrans::RefusalOf(status).has_value(),
          "a refusal without a reason");
  return 0;
}

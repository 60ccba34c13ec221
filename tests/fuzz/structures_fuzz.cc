// Whatever a Parse accepts, Encode gives back byte for byte.
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/tree_view.h"
#include "tests/fuzz/edits.h"
#include "tests/fuzz/target.h"

namespace sealbook::fuzz {
namespace {

using keytrans::AbsenceResponse;
using keytrans::Configuration;
using keytrans::SearchRequest;
using keytrans::SearchResponse;
using keytrans::TestLog;
using keytrans::TreeView;

constexpr char kAlice[] = "alice@example.org";

std::string Encoded(const std::string& bytes) { return bytes; }
std::string Encoded(const absl::StatusOr<std::string>& bytes) {
  Require(bytes.ok(), "what was parsed cannot be encoded");
  return *bytes;
}

template <typename T>
void RequireSameBytes(const absl::StatusOr<T>& parsed,
                      absl::string_view bytes) {
  if (!parsed.ok()) return;
  Require(Encoded(parsed->Encode()) == bytes, "encoded to other bytes");
}

// A valid encoding of each structure.
struct Valid {
  Configuration configuration;
  SearchRequest greatest{7, kAlice, std::nullopt};
  SearchRequest version{std::nullopt, kAlice, 1};
  std::string search;
  std::string absence;
  std::string view;

  Valid() {
    TestLog log(/*window=*/1000);
    for (uint64_t i = 0; i < 12; ++i) {
      log.Append(1'000'000 + 100 * i, {{i % 3 == 0 ? kAlice : "bob", "value"}});
    }
    configuration = log.configuration();
    search = log.Answer(greatest)->bytes;
    absence = log.Answer({std::nullopt, "nobody", std::nullopt})->bytes;
    view = log.View(11).Encode();
  }
};

void ParseAndEncode(uint8_t kind, absl::string_view bytes, const Valid& valid) {
  switch (kind) {
    case 0:
      return RequireSameBytes(Configuration::Parse(bytes), bytes);
    case 1:
      return RequireSameBytes(SearchRequest::Parse(bytes), bytes);
    case 2:
      return RequireSameBytes(
          SearchResponse::Parse(valid.configuration, valid.greatest, bytes),
          bytes);
    case 3:
      return RequireSameBytes(
          SearchResponse::Parse(valid.configuration, valid.version, bytes),
          bytes);
    case 4:
      return RequireSameBytes(
          AbsenceResponse::Parse(valid.configuration, bytes), bytes);
    default:
      return RequireSameBytes(TreeView::Parse(bytes), bytes);
  }
}

}  // namespace
}  // namespace sealbook::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sealbook::fuzz;
  static const Valid valid;
  Input input({reinterpret_cast<const char*>(data), size});
  const auto kind = static_cast<uint8_t>(input.Below(6));
  const std::string valids[] = {valid.configuration.Encode(),
                                valid.greatest.Encode(),
                                valid.search,
                                valid.search,
                                valid.absence,
                                valid.view};
  const bool raw = input.Byte() % 4 == 0;
  ParseAndEncode(
      kind, raw ? std::string(input.rest()) : Edit(valids[kind], input), valid);
  return 0;
}

// Any bytes are a request that is within its limits, or none; and what is asked
// about is an address that stands in them.
#include <algorithm>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "client/ldap/ber.h"
#include "client/ldap/message.h"
#include "client/ldap/question.h"
#include "smime/address.h"
#include "tests/fuzz/target.h"

namespace {

using sealbook::client::ldap::BerMessageSize;
using sealbook::client::ldap::BerWriter;
using sealbook::client::ldap::Filter;
using sealbook::client::ldap::kMaxFilterDepth;
using sealbook::client::ldap::ParseMessage;
using sealbook::client::ldap::QuestionOf;
using sealbook::client::ldap::RefuseByStart;
using sealbook::client::ldap::SearchRequest;
using sealbook::fuzz::Require;

int Depth(const Filter& filter) {
  int depth = 0;
  for (const Filter& part : filter.parts) {
    depth = std::max(depth, Depth(part));
  }
  return depth + 1;
}

void CheckSearch(const SearchRequest& search) {
  Require(Depth(search.filter) <= kMaxFilterDepth, "the filter is too deep");
  const auto question = QuestionOf(search.filter);
  if (!question.ok()) return;
  for (const auto& address : question->addresses) {
    Require(sealbook::smime::IsCanonical(address.label()),
            "what is asked about is no address");
  }
}

void Check(const std::string& bytes) {
  const auto size = BerMessageSize(bytes);
  const auto message = ParseMessage(bytes);
  (void)RefuseByStart(bytes, {});
  if (!message.ok()) return;
  Require(size.ok() && *size <= bytes.size(), "more was read than there is");
  Require(message->id >= 1, "a message without an id");
  const auto* search = std::get_if<SearchRequest>(&message->operation);
  if (search != nullptr) CheckSearch(*search);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  Check(bytes);
  // As parts of a search's filter, which few bytes are by themselves.
  BerWriter writer;
  writer.Begin().AddInt(1).Begin(0x63).AddString("").AddInt(2, 0x0a);
  writer.AddInt(0, 0x0a).AddInt(0).AddInt(0);
  writer.AddString(absl::string_view("\0", 1), 0x01).AddString(bytes, 0xa0);
  const auto search = writer.Begin().End().End().End().Finish();
  Require(search.ok(), "a search cannot be written");
  Require(ParseMessage(*search).ok(), "a search is not even refused");
  Check(*search);
  return 0;
}

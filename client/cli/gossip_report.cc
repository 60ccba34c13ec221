#include "client/cli/gossip_report.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/words.h"
#include "nlohmann/json.hpp"

namespace sealbook::client {
namespace {

using Json = nlohmann::ordered_json;

std::string When(const LogHead& head) {
  return absl::StrCat("entry ", head.position, " of ",
                      TimeInWords(static_cast<int64_t>(head.timestamp)));
}

// Lists that do not overlap: which one is older, and what to do.
std::string WhyNotComparable(const GossipReport& report) {
  const std::vector<LogHead>& ours = report.ours.heads;
  if (ours.empty()) {
    return "all heads that the log shows here have expired";
  }
  if (report.theirs.empty()) {
    return "no root is in both lists, and bare roots do not say which list is "
           "older: compare lists of the same day";
  }
  if (report.theirs.back().position < ours.front().position) {
    return absl::StrCat("their list is older: it ends with ",
                        When(report.theirs.back()), ", this one begins with ",
                        When(ours.front()), ". Have them send a new one");
  }
  return absl::StrCat(
      "their list is newer: it begins with ", When(report.theirs.front()),
      ", and the log shows nothing later than ", When(ours.back()),
      " here. If they see it still and you do not tomorrow, the log treats you "
      "differently");
}

// What fits together, and is odd all the same. Empty: nothing.
std::string Oddity(const GossipReport& report) {
  if (report.their_size.has_value() || report.theirs.empty() ||
      report.ours.view.size() > report.theirs.back().position) {
    return "";
  }
  return absl::StrCat("they have seen ", When(report.theirs.back()),
                      ", while the log shows only ", report.ours.view.size(),
                      " entries here: it is late, or treats you differently. "
                      "Compare again");
}

void PrintConsistent(const GossipReport& report, std::ostream& out) {
  const Comparison& comparison = report.comparison;
  const std::vector<LogHead>& ours = report.ours.heads;
  out << "CONSISTENT: the first " << comparison.same_entries
      << " entries are the same for both";
  if (report.their_size.has_value()) {
    out << " (" << report.ours.view.size() << " are seen here, "
        << *report.their_size << " there)\n";
  } else {
    out << " (" << report.ours.view.size() << " are seen here)\n";
  }
  out << "heads      " << comparison.common << " in common";
  const auto common =
      std::find_if(ours.rbegin(), ours.rend(), [&](const LogHead& head) {
        return head.position < comparison.same_entries;
      });
  if (common != ours.rend()) out << ", the newest at " << When(*common);
  out << "\nWhat came later is compared the next time.\n";
}

const char* ResultName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kConsistent:
      return "consistent";
    case Verdict::kNotComparable:
      return "not-comparable";
    case Verdict::kImpossible:
      return "made-up";
    case Verdict::kFork:
      break;
  }
  return "refused";
}

Json ToJson(const GossipReport& report) {
  const Comparison& comparison = report.comparison;
  Json json;
  json["result"] = ResultName(comparison.verdict);
  if (!report.refused.ok()) json.update(ErrorToJson(report.refused));
  json["common_heads"] = comparison.common;
  json["same_entries"] = comparison.same_entries;
  json["contradiction"] = comparison.contradiction;
  json["tree_size"] = report.ours.view.size();
  json["their_tree_size"] = nullptr;
  if (report.their_size.has_value()) {
    json["their_tree_size"] = *report.their_size;
  }
  json["note"] = comparison.verdict == Verdict::kNotComparable
                     ? WhyNotComparable(report)
                     : Oddity(report);
  json["heads"] = HeadsToJson(report.ours.heads);
  json["their_heads"] = HeadsToJson(report.theirs);
  return json;
}

void PrintFork(const GossipReport& report, Terminal& terminal) {
  terminal.err << "The first " << report.comparison.same_entries
               << " entries are known to be the same for both.\n"
                  "What to do: keep the evidence, and look nothing up that "
                  "matters until this is settled.\n";
  if (!report.their_size.has_value()) {
    terminal.err << "Their list is not signed. Make sure that it is theirs, "
                    "and have them send the folder of\n"
                    "`sealbook gossip show --export DIR`: `sealbook gossip "
                    "compare DIR` proves a fork to everybody.\n";
  } else {
    terminal.err << "Both answers are signed by the log: the evidence proves "
                    "the fork to everybody (docs/client.md).\n";
  }
  PrintErrorInWords(report.refused, "", terminal);
}

}  // namespace

Json HeadsToJson(absl::Span<const LogHead> heads) {
  Json json = Json::array();
  for (const LogHead& head : heads) {
    json.push_back({{"position", head.position},
                    {"timestamp_ms", head.timestamp},
                    {"log_root", head.root.ToHex()}});
  }
  return json;
}

ExitCode PrintGossip(const GossipReport& report, bool json,
                     Terminal& terminal) {
  if (json) PrintJson(ToJson(report), terminal);
  switch (report.comparison.verdict) {
    case Verdict::kConsistent:
      if (!json) PrintConsistent(report, terminal.out);
      if (const std::string odd = Oddity(report); !odd.empty()) {
        terminal.err << "note: " << odd << "\n";
      }
      return ExitCode::kOk;
    case Verdict::kNotComparable:
      terminal.err << "NOT COMPARABLE: " << WhyNotComparable(report) << "\n";
      return ExitCode::kError;
    case Verdict::kImpossible:
      terminal.err << "MADE UP OR DAMAGED: " << report.comparison.contradiction
                   << ". No log can show both, not even one that lies: ask "
                      "them for a new list, another way\n";
      return ExitCode::kError;
    case Verdict::kFork:
      break;
  }
  PrintFork(report, terminal);
  return ExitCode::kRefused;
}

}  // namespace sealbook::client

#include "client/cli/publish_report.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/words.h"
#include "nlohmann/json.hpp"

namespace sealbook::client {
namespace {

using Json = nlohmann::ordered_json;

// Up to this many, each is named; more are grouped.
constexpr size_t kNamed = 20;

std::string CodeName(int code) {
  return absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
}

// "FILE (SUBJECT)"
std::string NameOf(const CertificateToPublish& certificate) {
  return absl::StrCat(Printable(certificate.file), " (",
                      certificate.facts.subject, ")");
}

void PrintPublications(const PublishReport& report, size_t i,
                       Terminal& terminal) {
  if (!report.results[i].has_value()) return;
  for (const v1::Publication& one : report.results[i]->publications()) {
    terminal.out << (one.already_published()
                         ? "known    "
                         : (report.dry_run ? "admitted " : "published"))
                 << " " << Printable(one.address()) << "  version "
                 << one.version();
    if (!report.dry_run || one.already_published()) {
      terminal.out << "  position " << one.position();
    }
    terminal.out << "  serial " << (*report.certificates)[i].facts.serial_hex
                 << "\n";
  }
}

struct Group {
  size_t count = 0;
  size_t first = 0;
};

void PrintRefusals(const PublishReport& report, size_t refused,
                   Terminal& terminal) {
  std::map<std::string, Group> groups;
  for (size_t i = 0; i < report.results.size(); ++i) {
    if (!report.refused(i)) continue;
    if (refused <= kNamed) {
      terminal.err << "REFUSED  " << NameOf((*report.certificates)[i]) << ": "
                   << Printable(report.results[i]->message()) << "\n";
      continue;
    }
    Group& group = groups[CheckOf(report.results[i]->code(),
                                  report.results[i]->message())];
    if (group.count++ == 0) group.first = i;
  }
  std::vector<std::pair<std::string, Group>> sorted(groups.begin(),
                                                    groups.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) {
                     return a.second.count > b.second.count;
                   });
  for (const auto& [check, group] : sorted) {
    terminal.err << "REFUSED  " << group.count << " by " << check
                 << ", the first: "
                 << NameOf((*report.certificates)[group.first]) << ": "
                 << Printable(report.results[group.first]->message()) << "\n";
  }
}

void PrintFailures(const PublishReport& report, size_t failed,
                   Terminal& terminal) {
  if (failed > kNamed) {
    terminal.err << "FAILED   " << failed
                 << " certificates: " << Printable(report.failure.message())
                 << "\n";
    return;
  }
  for (size_t i = 0; i < report.results.size(); ++i) {
    if (!report.failed(i)) continue;
    terminal.err << "FAILED   " << NameOf((*report.certificates)[i]) << ": "
                 << Printable(report.failure.message()) << "\n";
  }
}

Json NotPublished(const PublishReport& report, size_t i) {
  const CertificateToPublish& certificate = (*report.certificates)[i];
  Json json;
  json["file"] = certificate.file;
  json["subject"] = certificate.facts.subject;
  json["serial"] = certificate.facts.serial_hex;
  json["sha256"] = certificate.facts.sha256.ToHex();
  if (report.failed(i)) {
    json["result"] = "failed";
    json["code"] = absl::StatusCodeToString(report.failure.code());
    json["message"] = std::string(report.failure.message());
    return json;
  }
  const v1::PublishResult& result = *report.results[i];
  json["result"] = "refused";
  json["check"] = CheckOf(result.code(), result.message());
  json["code"] = CodeName(result.code());
  json["message"] = result.message();
  return json;
}

Json ToJson(const PublishReport& report, size_t i) {
  Json json;
  if (report.failed(i) || report.refused(i)) {
    json = NotPublished(report, i);
  } else {
    const CertificateToPublish& certificate = (*report.certificates)[i];
    json["file"] = certificate.file;
    json["subject"] = certificate.facts.subject;
    json["serial"] = certificate.facts.serial_hex;
    json["sha256"] = certificate.facts.sha256.ToHex();
    json["result"] = report.earlier[i] ? "acknowledged-earlier"
                     : report.dry_run  ? "admitted"
                                       : "published";
  }
  if (!report.results[i].has_value()) return json;
  json["publications"] = Json::array();
  for (const v1::Publication& one : report.results[i]->publications()) {
    Json publication = {{"address", one.address()}, {"version", one.version()}};
    if (!report.dry_run || one.already_published()) {
      publication["position"] = one.position();
      publication["commitment"] = absl::BytesToHexString(one.commitment());
    }
    publication["already_published"] = one.already_published();
    json["publications"].push_back(std::move(publication));
  }
  return json;
}

}  // namespace

PublishCounts CountsOf(const PublishReport& report) {
  PublishCounts counts;
  for (size_t i = 0; i < report.results.size(); ++i) {
    counts.earlier += report.earlier[i] ? 1 : 0;
    counts.failed += report.failed(i) ? 1 : 0;
    counts.refused += report.refused(i) ? 1 : 0;
    if (!report.results[i].has_value()) continue;
    for (const v1::Publication& one : report.results[i]->publications()) {
      ++(one.already_published() ? counts.already : counts.published);
    }
  }
  return counts;
}

std::string CheckOf(int code, const std::string& message) {
  const size_t end = message.find_first_not_of(
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
  const bool id = end != std::string::npos && end > 0 &&
                  (message[end] == ':' || message.compare(end, 2, " (") == 0);
  return id ? message.substr(0, end) : CodeName(code);
}

void PrintReport(const PublishReport& report, bool list, Terminal& terminal) {
  const PublishCounts counts = CountsOf(report);
  if (list) {
    for (size_t i = 0; i < report.results.size(); ++i) {
      PrintPublications(report, i, terminal);
    }
  }
  PrintRefusals(report, counts.refused, terminal);
  PrintFailures(report, counts.failed, terminal);
  if (report.dry_run) terminal.out << "dry run, nothing was written: ";
  terminal.out << "certificates: " << report.results.size()
               << ", refused: " << counts.refused
               << ", not answered: " << counts.failed;
  if (counts.earlier > 0) {
    terminal.out << ", acknowledged in an earlier run: " << counts.earlier;
  }
  terminal.out << (report.dry_run ? "; addresses to be published: "
                                  : "; addresses published now: ")
               << counts.published << ", before: " << counts.already;
  // 0: the server answered nothing.
  if (report.tree_size > 0) terminal.out << "; tree size: " << report.tree_size;
  terminal.out << "\n";
}

Json ReportToJson(const PublishReport& report) {
  const PublishCounts counts = CountsOf(report);
  Json items = Json::array();
  for (size_t i = 0; i < report.results.size(); ++i) {
    items.push_back(ToJson(report, i));
  }
  return {{"dry_run", report.dry_run},
          {"tree_size", report.tree_size},
          {"addresses_published", counts.published},
          {"addresses_already_published", counts.already},
          {"certificates_refused", counts.refused},
          {"certificates_failed", counts.failed},
          {"certificates_acknowledged_earlier", counts.earlier},
          {"certificates", items}};
}

std::string ReportToJsonLines(const PublishReport& report) {
  std::string lines;
  for (size_t i = 0; i < report.results.size(); ++i) {
    if (!report.refused(i) && !report.failed(i)) continue;
    absl::StrAppend(&lines,
                    NotPublished(report, i).dump(
                        -1, ' ', false, Json::error_handler_t::replace),
                    "\n");
  }
  return lines;
}

}  // namespace sealbook::client

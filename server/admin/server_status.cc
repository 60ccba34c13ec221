#include "server/admin/server_status.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace sealbook::server {
namespace {

using Json = nlohmann::json;

// Seconds and above; "0s" for less.
std::string Age(uint64_t ms) {
  return absl::FormatDuration(absl::Seconds(static_cast<int64_t>(ms / 1000)));
}

std::string Moment(uint64_t ms) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC",
                          absl::FromUnixMillis(static_cast<int64_t>(ms)),
                          absl::UTCTimeZone());
}

std::string Line(absl::string_view name, absl::string_view text) {
  return absl::StrFormat("  %-18s %s\n", name, text);
}

// Every number with its name: written and read by the same list.
template <typename Status, typename Visit>
void VisitNumbers(Status& status, const Visit& visit) {
  visit("now_ms", status.now_ms);
  visit("started_ms", status.started_ms);
  visit("max_behind_ms", status.max_behind_ms);
  visit("tree_size", status.tree_size);
  visit("head_timestamp_ms", status.head_timestamp_ms);
  visit("head_held_ms", status.head_held_ms);
  visit("mark_tree_size", status.mark_tree_size);
  visit("queue_depth", status.queue_depth);
  visit("commit_lag_ms", status.commit_lag_ms);
  visit("publishers", status.publishers);
  visit("unknown_publishers", status.unknown_publishers);
  visit("lookups_taken", status.lookups_taken);
  visit("lookups_refused", status.lookups_refused);
  visit("lookup_callers", status.lookup_callers);
}

std::string CacheLine(const CacheCounts& cache) {
  const uint64_t reads = cache.hits + cache.misses;
  return absl::StrFormat("%d of %d reads (%.1f%%), %.1f MiB", cache.hits, reads,
                         reads == 0 ? 0.0 : 100.0 * cache.hits / reads,
                         cache.bytes / 1048576.0);
}

}  // namespace

uint64_t ServerStatus::HeadAgeMs() const {
  return std::max(head_held_ms, now_ms - std::min(now_ms, head_timestamp_ms));
}

std::string ServerStatus::NotReady() const {
  if (!failure.empty()) {
    return absl::StrCat("the writer has stopped: ", failure);
  }
  if (stopping) return "stopping";
  if (tree_size == 0) return "no tree head has been signed yet";
  if (HeadAgeMs() > max_behind_ms / 2) {
    return absl::StrCat(
        "the newest tree head is ", Age(HeadAgeMs()),
        " old; clients refuse it from ", Age(max_behind_ms), " on",
        refusal.empty() ? "" : ". No entry is written: ", refusal);
  }
  if (!refusal.empty()) {
    return absl::StrCat("no entry is written: ", refusal);
  }
  return "";
}

std::string ToJson(const ServerStatus& status) {
  Json json;
  json["version"] = status.version;
  json["log"] = status.log;
  VisitNumbers(status, [&json](const char* name, const uint64_t& value) {
    json[name] = value;
  });
  json["head_age_ms"] = status.HeadAgeMs();
  json["stopping"] = status.stopping;
  json["failure"] = status.failure;
  json["refusal"] = status.refusal;
  json["not_ready"] = status.NotReady();
  json["ready"] = status.NotReady().empty();
  json["caches"] = Json::object();
  for (const auto& [name, cache] : status.caches) {
    json["caches"][name] = {
        {"hits", cache.hits}, {"misses", cache.misses}, {"bytes", cache.bytes}};
  }
  // Messages may hold any bytes.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<ServerStatus> StatusFromJson(absl::string_view text) {
  ServerStatus status;
  try {
    const Json json = Json::parse(text.begin(), text.end());
    json.at("version").get_to(status.version);
    json.at("log").get_to(status.log);
    VisitNumbers(status, [&json](const char* name, uint64_t& value) {
      json.at(name).get_to(value);
    });
    json.at("stopping").get_to(status.stopping);
    json.at("failure").get_to(status.failure);
    json.at("refusal").get_to(status.refusal);
    for (const auto& [name, cache] : json.at("caches").items()) {
      CacheCounts& counts = status.caches[name];
      cache.at("hits").get_to(counts.hits);
      cache.at("misses").get_to(counts.misses);
      cache.at("bytes").get_to(counts.bytes);
    }
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a server's status: ", error.what()));
  }
  return status;
}

std::string ToText(const ServerStatus& status) {
  const std::string problem = status.NotReady();
  std::string text =
      problem.empty() ? "ready\n" : absl::StrCat("NOT READY: ", problem, "\n");
  absl::StrAppend(
      &text, Line("log", status.log), Line("version", status.version),
      Line("running for", Age(status.now_ms - status.started_ms)),
      Line("tree size", absl::StrCat(status.tree_size)),
      Line("newest head", absl::StrCat(Moment(status.head_timestamp_ms), ", ",
                                       Age(status.HeadAgeMs()), " old")),
      Line("high-water mark", absl::StrCat(status.mark_tree_size)),
      Line("publications", absl::StrCat(status.queue_depth,
                                        " wait, the oldest "
                                        "for ",
                                        status.commit_lag_ms, " ms")),
      Line("publishers",
           absl::StrCat(status.publishers, " configured; ",
                        status.unknown_publishers, " calls of unknown ones")),
      Line("look-ups",
           absl::StrCat(status.lookups_taken, " addresses; ",
                        status.lookups_refused, " refused by the limit; ",
                        status.lookup_callers, " callers known")));
  for (const auto& [name, cache] : status.caches) {
    text += Line(absl::StrCat("cache of ", name), CacheLine(cache));
  }
  return text;
}

}  // namespace sealbook::server

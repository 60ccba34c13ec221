#include "server/admin/metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sealbook::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

const prometheus::Histogram::BucketBoundaries& Seconds() {
  static const auto& bounds = *new prometheus::Histogram::BucketBoundaries{
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
      0.25,   0.5,   1,      2.5,   5,    10,    30};
  return bounds;
}

const prometheus::Histogram::BucketBoundaries& Sizes() {
  static const auto& bounds = *new prometheus::Histogram::BucketBoundaries{
      1, 10, 100, 255, 1'000, 2'500, 5'000, 10'000, 20'000};
  return bounds;
}

// Values that are sampled when a page is made.
class Samples {
 public:
  void Gauge(const std::string& name, const std::string& help, double value) {
    ClientMetric metric;
    metric.gauge.value = value;
    families_.push_back({name, help, MetricType::Gauge, {std::move(metric)}});
  }
  void Counter(const std::string& name, const std::string& help,
               uint64_t value) {
    families_.push_back({name, help, MetricType::Counter, {}});
    Add("", "", value);
  }
  // Further counters of the newest family, told apart by a label.
  void Family(const std::string& name, const std::string& help) {
    families_.push_back({name, help, MetricType::Counter, {}});
  }
  void Add(const std::string& label, const std::string& of, uint64_t value) {
    ClientMetric metric;
    if (!label.empty()) metric.label.push_back({label, of});
    metric.counter.value = static_cast<double>(value);
    families_.back().metric.push_back(std::move(metric));
  }

  std::vector<MetricFamily> Take() { return std::move(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void AddLog(const ServerStatus& now, Samples& samples) {
  samples.Gauge("sealbook_ready", "1: calls may be sent here.",
                now.NotReady().empty() ? 1 : 0);
  samples.Gauge("sealbook_start_time_seconds", "When the server started.",
                now.started_ms / 1000.0);
  samples.Gauge("sealbook_tree_size", "Log entries in the newest signed head.",
                now.tree_size);
  samples.Gauge("sealbook_head_age_seconds",
                "Age of the newest signed head, also when the wall clock was "
                "set back.",
                now.HeadAgeMs() / 1000.0);
  samples.Gauge("sealbook_writing",
                "1: log entries are written; 0: refused, see /readyz.",
                now.refusal.empty() && now.failure.empty() ? 1 : 0);
  samples.Gauge("sealbook_head_max_age_seconds",
                "Age from which clients refuse it.",
                now.max_behind_ms / 1000.0);
  samples.Gauge("sealbook_mark_tree_size",
                "Tree size of the high-water mark; ahead of the signed head "
                "only while a batch is signed.",
                now.mark_tree_size);
  samples.Gauge("sealbook_queue_depth",
                "Publications that wait or are being written.",
                now.queue_depth);
  samples.Gauge("sealbook_commit_lag_seconds",
                "Age of the oldest publication that is not answered.",
                now.commit_lag_ms / 1000.0);
  samples.Gauge("sealbook_publishers", "Configured publishers.",
                now.publishers);
}

void AddCallers(const ServerStatus& now, Samples& samples) {
  samples.Counter("sealbook_lookup_addresses_total",
                  "Addresses that look-ups were allowed to ask for.",
                  now.lookups_taken);
  samples.Counter("sealbook_lookup_addresses_limited_total",
                  "Addresses refused since the caller asked for too many.",
                  now.lookups_refused);
  samples.Gauge("sealbook_lookup_callers", "Callers that are being counted.",
                now.lookup_callers);
  samples.Counter("sealbook_unknown_publisher_calls_total",
                  "Calls on the publisher port without a configured client "
                  "key, refused before they were read.",
                  now.unknown_publishers);
}

void AddCaches(const ServerStatus& now, Samples& samples) {
  if (now.caches.empty()) return;
  samples.Family("sealbook_cache_hits_total", "Reads answered by a cache.");
  for (const auto& [name, cache] : now.caches) {
    samples.Add("cache", name, cache.hits);
  }
  samples.Family("sealbook_cache_misses_total",
                 "Reads that went to the store.");
  for (const auto& [name, cache] : now.caches) {
    samples.Add("cache", name, cache.misses);
  }
}

}  // namespace

class Metrics::Impl {
 public:
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& calls =
      prometheus::BuildCounter()
          .Name("sealbook_calls_total")
          .Help("Calls that have ended, by method and gRPC status.")
          .Register(registry);
  prometheus::Gauge& active_calls =
      prometheus::BuildGauge()
          .Name("sealbook_calls_active")
          .Help("Calls that are being read or answered.")
          .Register(registry)
          .Add({});
  prometheus::Family<prometheus::Histogram>& call_seconds =
      prometheus::BuildHistogram()
          .Name("sealbook_call_seconds")
          .Help("From a call's arrival to its answer.")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& batches =
      prometheus::BuildCounter()
          .Name("sealbook_batches_total")
          .Help("Batches of publications, by whether they were written.")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& heartbeats =
      prometheus::BuildCounter()
          .Name("sealbook_heartbeats_total")
          .Help(
              "Entries that were to show that the log goes on, by whether they "
              "were written; those that were not are tried each second.")
          .Register(registry);
  prometheus::Histogram& batch_size = prometheus::BuildHistogram()
                                          .Name("sealbook_batch_publications")
                                          .Help("Publications in a batch.")
                                          .Register(registry)
                                          .Add({}, Sizes());
  prometheus::Histogram& batch_seconds =
      prometheus::BuildHistogram()
          .Name("sealbook_batch_seconds")
          .Help("From a batch's start to its visible signed head.")
          .Register(registry)
          .Add({}, Seconds());
  prometheus::Counter& publications =
      prometheus::BuildCounter()
          .Name("sealbook_publications_total")
          .Help("Publications answered by a written batch.")
          .Register(registry)
          .Add({});
  prometheus::Counter& damaged =
      prometheus::BuildCounter()
          .Name("sealbook_damaged_results_total")
          .Help(
              "Publications and revocations that failed because a stored "
              "record is damaged.")
          .Register(registry)
          .Add({});
  prometheus::Family<prometheus::Counter>& reloads =
      prometheus::BuildCounter()
          .Name("sealbook_reloads_total")
          .Help("Configurations read again, by whether they were taken.")
          .Register(registry);
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  // Alerts on a rate need the series before the first event.
  for (const char* written : {"yes", "no"}) {
    impl_->batches.Add({{"written", written}});
    impl_->heartbeats.Add({{"written", written}});
    impl_->reloads.Add({{"taken", written}});
  }
}

Metrics::~Metrics() = default;

void Metrics::CallBegan() { impl_->active_calls.Increment(); }

void Metrics::CallGone() { impl_->active_calls.Decrement(); }

void Metrics::CallEnded(absl::string_view method, grpc::StatusCode code,
                        uint64_t microseconds) {
  const std::string name(method);
  // gRPC's codes have Abseil's numbers and names.
  const std::string code_name =
      absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
  impl_->calls.Add({{"method", name}, {"code", code_name}}).Increment();
  impl_->call_seconds.Add({{"method", name}}, Seconds())
      .Observe(static_cast<double>(microseconds) / 1e6);
}

void Metrics::BatchEnded(const BatchReport& report) {
  impl_->batches.Add({{"written", report.written ? "yes" : "no"}}).Increment();
  if (!report.written) return;
  impl_->batch_size.Observe(static_cast<double>(report.publications));
  impl_->batch_seconds.Observe(static_cast<double>(report.taken_ms) / 1e3);
  impl_->publications.Increment(static_cast<double>(report.publications));
  impl_->damaged.Increment(static_cast<double>(report.damaged));
}

void Metrics::HeartbeatEnded(bool written) {
  impl_->heartbeats.Add({{"written", written ? "yes" : "no"}}).Increment();
}

void Metrics::ConfigurationReloaded(bool taken) {
  impl_->reloads.Add({{"taken", taken ? "yes" : "no"}}).Increment();
}

std::string Metrics::Page(const ServerStatus& now) const {
  Samples samples;
  AddLog(now, samples);
  AddCallers(now, samples);
  AddCaches(now, samples);
  std::vector<MetricFamily> families = samples.Take();
  for (MetricFamily& family : impl_->registry.Collect()) {
    families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace sealbook::server

#include "client/cli/publish_as_owner.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/channel.h"
#include "client/cli/log_of_state.h"
#include "client/cli/publisher_connection.h"
#include "client/watch/label_updater.h"
#include "client/watch/monitor_client.h"
#include "client/watch/owner_alarms.h"
#include "client/words.h"
#include "nlohmann/json.hpp"
#include "smime/address.h"

namespace sealbook::client {
namespace {

using Json = nlohmann::ordered_json;

// Of each label, the indexes of its items.
using ByLabel = std::map<std::string, std::vector<size_t>>;

absl::StatusOr<ByLabel> GroupByLabel(
    const PublishOptions& options,
    const std::vector<CertificateToPublish>& certificates) {
  ByLabel labels;
  for (size_t i = 0; i < certificates.size(); ++i) {
    std::vector<std::string> addresses = options.addresses;
    if (addresses.empty()) addresses = certificates[i].facts.addresses;
    for (const std::string& text : addresses) {
      SEALBOOK_ASSIGN_OR_RETURN(const smime::Address address,
                                smime::Address::Parse(text));
      labels[address.label()].push_back(i);
    }
  }
  return labels;
}

class Run {
 public:
  Run(const PublishOptions& options,
      const std::vector<CertificateToPublish>& certificates,
      const std::vector<v1::PublishItem>& items, LogOfState& opened,
      Terminal& terminal)
      : options_(options),
        certificates_(certificates),
        items_(items),
        opened_(opened),
        terminal_(terminal) {}

  absl::Status Connect() {
    const Endpoint directory = {.server = opened_.log.server};
    SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(directory));
    MonitorOptions monitor;
    monitor.timeout_ms = options_.connection.timeout_s * 1000;
    monitor_.emplace(opened_.state, directory, channel, terminal_.clock,
                     monitor);
    const Endpoint publisher = EndpointOf(options_.connection);
    SEALBOOK_ASSIGN_OR_RETURN(auto publisher_channel, OpenChannel(publisher));
    updater_.emplace(opened_.state, publisher, publisher_channel,
                     terminal_.clock, monitor.timeout_ms);
    return absl::OkStatus();
  }

  // What was refused, or failed, is told and does not keep others back.
  void Publish(const std::string& label, const std::vector<size_t>& indexes) {
    std::vector<v1::PublishItem> items;
    items.reserve(indexes.size());
    for (const size_t i : indexes) items.push_back(items_[i]);
    absl::StatusOr<LabelUpdate> update = PublishItems(label, items);
    if (!update.ok()) {
      const ExitCode code = absl::IsFailedPrecondition(update.status())
                                ? ExitCode::kItemsRefused
                                : ExitCodeOf(update.status());
      // A refused proof is the worst that can be told.
      if (code_ != ExitCode::kRefused) code_ = code;
      PrintFailure(label, update.status());
    } else if (options_.json) {
      results_.push_back(ToJson(label, indexes, *update));
    } else {
      Print(label, indexes, *update);
    }
  }

  ExitCode Finish() {
    if (options_.json) PrintJson({{"addresses", results_}}, terminal_);
    return code_;
  }

 private:
  absl::StatusOr<LabelUpdate> PublishItems(
      const std::string& label, const std::vector<v1::PublishItem>& items) {
    const crypto::Hash& fingerprint = opened_.log.fingerprint;
    const AlarmContext context = {fingerprint.ToHex(),
                                  opened_.log.server.target, terminal_.clock()};
    SEALBOOK_RETURN_IF_ERROR(
        monitor_
            ->CheckOwned(fingerprint, label,
                         [&](const std::string& of, const OwnedVersion& version,
                             const OwnedVersion* older,
                             const std::vector<std::string>& issuers) {
                           return UnknownVersionAlarm(context, of, version,
                                                      older, issuers);
                         })
            .status());
    return updater_->Create(fingerprint, label, items);
  }

  void Print(const std::string& label, const std::vector<size_t>& indexes,
             const LabelUpdate& update) {
    for (const LabelUpdate::Item& item : update.items) {
      terminal_.out << Printable(label) << "  version " << item.version << "  ";
      if (item.already_published) {
        terminal_.out << "published before (look it up for a proof)";
      } else {
        terminal_.out << "created in log entry " << update.position
                      << ", proven in a log of " << update.tree_size
                      << " entries";
      }
      terminal_.out << "  "
                    << Printable(certificates_[indexes[item.index]].file)
                    << "\n";
    }
  }

  Json ToJson(const std::string& label, const std::vector<size_t>& indexes,
              const LabelUpdate& update) {
    Json versions = Json::array();
    for (const LabelUpdate::Item& item : update.items) {
      const CertificateToPublish& certificate =
          certificates_[indexes[item.index]];
      versions.push_back({{"version", item.version},
                          {"file", certificate.file},
                          {"sha256", certificate.facts.sha256.ToHex()},
                          {"already_published", item.already_published}});
    }
    Json json = {{"address", label}, {"versions", versions}};
    if (update.tree_size > 0) {
      json["position"] = update.position;
      json["tree_size"] = update.tree_size;
    }
    return json;
  }

  void PrintFailure(const std::string& label, const absl::Status& failure) {
    if (options_.json) {
      Json json = {{"address", label}};
      json.update(ErrorToJson(failure));
      results_.push_back(json);
      return;
    }
    terminal_.err << Printable(label) << "\n";
    PrintErrorInWords(failure, "  ", terminal_);
  }

  const PublishOptions& options_;
  const std::vector<CertificateToPublish>& certificates_;
  const std::vector<v1::PublishItem>& items_;
  LogOfState& opened_;
  Terminal& terminal_;
  std::optional<MonitorClient> monitor_;
  std::optional<LabelUpdater> updater_;
  Json results_ = Json::array();
  ExitCode code_ = ExitCode::kOk;
};

}  // namespace

ExitCode RunPublishAsOwner(
    const PublishOptions& options,
    const std::vector<CertificateToPublish>& certificates,
    const std::vector<v1::PublishItem>& items, Terminal& terminal) {
  const absl::StatusOr<ByLabel> labels = GroupByLabel(options, certificates);
  if (!labels.ok()) return ReportError(labels.status(), options.json, terminal);
  absl::StatusOr<LogOfState> opened =
      OpenLogOfState(options.state, State::Mode::kExisting);
  if (!opened.ok()) return ReportError(opened.status(), options.json, terminal);
  Run run(options, certificates, items, *opened, terminal);
  const absl::Status connected = run.Connect();
  if (!connected.ok()) return ReportError(connected, options.json, terminal);
  for (const auto& [label, indexes] : *labels) run.Publish(label, indexes);
  return run.Finish();
}

}  // namespace sealbook::client

#include "client/cli/publish.h"

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/certificate_files.h"
#include "client/channel.h"
#include "client/cli/progress_bar.h"
#include "client/cli/publish_as_owner.h"
#include "client/cli/publish_report.h"
#include "client/cli/publisher_connection.h"
#include "client/files.h"
#include "client/publish_journal.h"
#include "client/publisher_client.h"
#include "client/state.h"
#include "client/words.h"
#include "crypto/hash.h"
#include "nlohmann/json.hpp"
#include "proto/sealbook/v1/publisher.pb.h"
#include "smime/address.h"

namespace sealbook::client {
namespace {

// Up to this many certificates, each address is printed without --list.
constexpr size_t kListed = 100;
// From this many on, a run keeps a journal without being told.
constexpr size_t kJournalFrom = 1000;

v1::PublishReason ReasonOf(const std::string& text) {
  return text == "renewed" ? v1::PUBLISH_REASON_RENEWED
                           : v1::PUBLISH_REASON_ISSUED;
}

v1::PublishBasis BasisOf(const std::string& text) {
  if (text == "consent") return v1::PUBLISH_BASIS_CONSENT;
  if (text == "contract") return v1::PUBLISH_BASIS_CONTRACT;
  if (text == "organization-policy") {
    return v1::PUBLISH_BASIS_ORGANIZATION_POLICY;
  }
  if (text == "already-public") return v1::PUBLISH_BASIS_ALREADY_PUBLIC;
  return v1::PUBLISH_BASIS_UNSPECIFIED;
}

v1::PublishItem MakeItem(const PublishOptions& options,
                         const CertificateToPublish& certificate) {
  v1::PublishItem item;
  item.set_certificate(certificate.der);
  for (const std::string& der : certificate.intermediates) {
    item.add_intermediates(der);
  }
  item.set_reason(ReasonOf(options.reason));
  item.set_basis(BasisOf(options.basis));
  for (const std::string& address : options.addresses) {
    item.add_addresses(address);
  }
  return item;
}

absl::Status CheckUsage(const PublishOptions& options) {
  SEALBOOK_RETURN_IF_ERROR(CheckTarget(options.connection.server));
  if (!options.report_file.empty() &&
      access(options.report_file.c_str(), F_OK) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.report_file,
                     " exists; --report writes a new file and nothing else"));
  }
  // Now, since afterwards what was refused would be lost.
  const std::string folder =
      std::filesystem::path(options.report_file).parent_path();
  if (!options.report_file.empty() &&
      access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--report ", options.report_file,
                     ": its folder is not there or cannot be written to; "
                     "nothing was published"));
  }
  if (options.as_owner && (options.dry_run || !options.journal_file.empty() ||
                           !options.report_file.empty())) {
    return absl::InvalidArgumentError(
        "--as-owner goes with neither --dry-run nor --journal nor --report");
  }
  if (!options.as_owner && !options.state.empty()) {
    return absl::InvalidArgumentError("--state goes with --as-owner");
  }
  if (options.dry_run && !options.journal_file.empty()) {
    return absl::InvalidArgumentError(
        "--journal is of no use with --dry-run: nothing is published");
  }
  return absl::OkStatus();
}

// Of the addresses to publish under; absent: all of the certificate's.
absl::StatusOr<std::optional<crypto::Hash>> ParseAddresses(
    const PublishOptions& options) {
  if (options.addresses.empty()) return std::nullopt;
  std::set<std::string> labels;
  for (const std::string& text : options.addresses) {
    SEALBOOK_ASSIGN_OR_RETURN(const smime::Address address,
                              smime::Address::Parse(text));
    labels.insert(address.label());
  }
  return HashAddresses(labels);
}

// One for each server, in the folder of what is remembered.
absl::StatusOr<PublishJournal> OpenDefaultJournal(const std::string& server) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::string state, State::DefaultFolder());
  const std::string folder = absl::StrCat(state, "/publish");
  SEALBOOK_RETURN_IF_ERROR(MakePrivateFolder(folder));
  return PublishJournal::Open(
      absl::StrCat(folder, "/", crypto::Sha256(server).ToHex().substr(0, 16),
                   ".journal"),
      server);
}

// One run of the command.
class Run {
 public:
  // `asked_addresses`: as in JournalKey.
  Run(const PublishOptions& options, CertificateFiles files,
      std::optional<crypto::Hash> asked_addresses, Terminal& terminal)
      : options_(options),
        files_(std::move(files)),
        asked_addresses_(asked_addresses),
        terminal_(terminal) {
    const size_t count = files_.certificates.size();
    report_.certificates = &files_.certificates;
    report_.results.resize(count);
    report_.earlier.resize(count, false);
    report_.dry_run = options.dry_run;
  }

  absl::Status OpenJournal();
  // Whatever comes of it stands in the report.
  absl::Status Publish();
  ExitCode Finish();

 private:
  JournalKey KeyOf(size_t index) const {
    return {files_.certificates[index].facts.sha256, asked_addresses_};
  }
  void Answered(size_t index, const v1::PublishResult& result,
                uint64_t tree_size);
  bool OtherLog(uint64_t tree_size) const {
    return journal_.has_value() && tree_size < journal_->tree_size();
  }

  const PublishOptions& options_;
  const CertificateFiles files_;
  const std::optional<crypto::Hash> asked_addresses_;
  Terminal& terminal_;
  PublishReport report_;
  std::optional<PublishJournal> journal_;
  absl::Status journal_failure_;
  // Certificates that are sent.
  std::vector<size_t> sent_;
  size_t refused_ = 0;
};

absl::Status Run::OpenJournal() {
  const size_t count = files_.certificates.size();
  if (!options_.journal_file.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(journal_,
                              PublishJournal::Open(options_.journal_file,
                                                   options_.connection.server));
  } else if (count >= kJournalFrom && !options_.dry_run) {
    absl::StatusOr<PublishJournal> journal =
        OpenDefaultJournal(options_.connection.server);
    if (journal.ok()) {
      journal_ = *std::move(journal);
    } else {
      terminal_.err << "note: there is no journal, and after an interruption "
                       "all is sent once more: "
                    << Printable(journal.status().message()) << "\n";
    }
  }
  for (size_t i = 0; i < count; ++i) {
    report_.earlier[i] = journal_.has_value() && journal_->Contains(KeyOf(i));
    if (!report_.earlier[i]) sent_.push_back(i);
  }
  if (sent_.size() < count) {
    terminal_.err << "resuming: " << count - sent_.size() << " of " << count
                  << " certificates were acknowledged in an earlier run and "
                     "are not sent again (journal "
                  << Printable(journal_->path())
                  << "; remove it to send all of them, which is always safe)\n";
  }
  return absl::OkStatus();
}

void Run::Answered(size_t index, const v1::PublishResult& result,
                   uint64_t tree_size) {
  report_.results[index] = result;
  if (result.code() != 0) {
    ++refused_;
  } else if (journal_.has_value() && journal_failure_.ok() &&
             !OtherLog(tree_size)) {
    journal_failure_ = journal_->Add(KeyOf(index), tree_size);
  }
}

absl::Status Run::Publish() {
  const Endpoint endpoint = EndpointOf(options_.connection);
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(endpoint));
  ProgressBar bar(sent_.size(), terminal_);
  PublisherOptions client_options;
  client_options.timeout_ms = options_.connection.timeout_s * 1000;
  client_options.retrying = [&](const absl::Status& why, uint64_t ms) {
    bar.Clear();
    terminal_.err << "trying again in " << DurationInWords(ms) << ": "
                  << Printable(why.message()) << "\n";
  };
  PublisherClient client(endpoint, channel, client_options);
  const PublishItems items = {.count = sent_.size(), .make = [&](size_t i) {
                                return MakeItem(options_,
                                                files_.certificates[sent_[i]]);
                              }};
  size_t done = 0;
  const auto answered = [&](size_t i, const v1::PublishResult& result,
                            uint64_t tree_size) {
    Answered(sent_[i], result, tree_size);
    bar.Update(++done, refused_);
  };
  report_.failure = options_.dry_run ? client.Validate(items, answered)
                                     : client.Publish(items, answered);
  report_.tree_size = client.tree_size();
  return absl::OkStatus();
}

ExitCode Run::Finish() {
  const PublishCounts counts = CountsOf(report_);
  if (options_.json) {
    PrintJson(ReportToJson(report_), terminal_);
  } else {
    PrintReport(report_, options_.list || report_.results.size() <= kListed,
                terminal_);
  }
  if (!options_.report_file.empty()) {
    const absl::Status written =
        WriteNewFile(options_.report_file, ReportToJsonLines(report_));
    if (!written.ok()) return ReportError(written, false, terminal_);
  }
  if (report_.tree_size > 0 && OtherLog(report_.tree_size)) {
    return ReportError(
        absl::FailedPreconditionError(absl::StrCat(
            "the journal ", journal_->path(), " has seen a log of ",
            journal_->tree_size(), " entries, and the server's has ",
            report_.tree_size,
            ": it is another log, or an old copy of it. What the journal "
            "lists was not sent; if the server is right, remove the journal "
            "and publish once more")),
        false, terminal_);
  }
  if (!journal_failure_.ok()) {
    terminal_.err << "note: the journal is not complete: "
                  << Printable(journal_failure_.message()) << "\n";
  }
  if (counts.failed > 0) return ExitCode::kError;
  // Everything was answered: a journal that nobody asked for is of no more use.
  if (journal_.has_value() && options_.journal_file.empty()) {
    journal_->Remove();
  }
  return counts.refused > 0 ? ExitCode::kItemsRefused : ExitCode::kOk;
}

ExitCode Usage(const absl::Status& status, bool json, Terminal& terminal) {
  ReportError(status, json, terminal);
  return ExitCode::kUsage;
}

}  // namespace

ExitCode RunPublish(const PublishOptions& options, Terminal& terminal) {
  const absl::Status usage = CheckUsage(options);
  if (!usage.ok()) return Usage(usage, options.json, terminal);
  const auto addresses = ParseAddresses(options);
  if (!addresses.ok()) {
    return Usage(addresses.status(), options.json, terminal);
  }
  absl::StatusOr<CertificateFiles> files = ReadCertificateFiles(options.files);
  if (!files.ok()) {
    return ReportError(files.status(), options.json, terminal);
  }
  const size_t count = files->certificates.size();
  if (!options.addresses.empty() && count != 1) {
    return Usage(
        absl::InvalidArgumentError(absl::StrCat(
            "--address is for one certificate, the files have ", count)),
        options.json, terminal);
  }
  if (!files->skipped.empty()) {
    terminal.err << "skipped " << files->skipped.size()
                 << " files that hold no certificates, the first: "
                 << Printable(files->skipped[0]) << "\n";
  }
  if (options.as_owner) {
    std::vector<v1::PublishItem> items;
    for (const CertificateToPublish& certificate : files->certificates) {
      items.push_back(MakeItem(options, certificate));
    }
    return RunPublishAsOwner(options, files->certificates, items, terminal);
  }
  Run run(options, *std::move(files), *addresses, terminal);
  absl::Status status = run.OpenJournal();
  if (status.ok()) status = run.Publish();
  if (!status.ok()) return ReportError(status, options.json, terminal);
  return run.Finish();
}

}  // namespace sealbook::client

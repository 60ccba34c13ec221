#include "client/cli/publish.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/certificate_files.h"
#include "client/channel.h"
#include "client/publisher_client.h"
#include "client/words.h"
#include "nlohmann/json.hpp"
#include "proto/sealbook/v1/publisher.pb.h"

namespace sealbook::client {
namespace {

using Json = nlohmann::ordered_json;
using Results = std::vector<absl::StatusOr<v1::PublishResult>>;

struct Counts {
  size_t published = 0;  // Addresses.
  size_t already = 0;    // Addresses.
  size_t refused = 0;    // Certificates.
  size_t failed = 0;     // Certificates.
};

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

std::vector<v1::PublishItem> MakeItems(
    const PublishOptions& options,
    const std::vector<CertificateToPublish>& certificates) {
  std::vector<v1::PublishItem> items;
  for (const CertificateToPublish& certificate : certificates) {
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
    items.push_back(std::move(item));
  }
  return items;
}

absl::StatusOr<PublisherClient> Connect(const PublishOptions& options) {
  Endpoint endpoint{
      .server = {.target = options.server, .ca_file = options.ca_file},
      .certificate_file = options.certificate_file,
      .key_file = options.key_file};
  SEALBOOK_ASSIGN_OR_RETURN(auto channel, OpenChannel(endpoint));
  return PublisherClient(endpoint, channel,
                         {.timeout_ms = options.timeout_s * 1000});
}

void Count(const absl::StatusOr<v1::PublishResult>& result, Counts& counts) {
  if (!result.ok()) {
    ++counts.failed;
    return;
  }
  if (result->code() != 0) ++counts.refused;
  for (const v1::Publication& publication : result->publications()) {
    ++(publication.already_published() ? counts.already : counts.published);
  }
}

void PrintResult(const CertificateToPublish& certificate,
                 const absl::StatusOr<v1::PublishResult>& result,
                 Terminal& terminal) {
  if (!result.ok()) {
    terminal.err << "FAILED   " << certificate.file << " ("
                 << certificate.facts.subject
                 << "): " << Printable(result.status().message()) << "\n";
    return;
  }
  for (const v1::Publication& publication : result->publications()) {
    terminal.out << (publication.already_published() ? "known    "
                                                     : "published")
                 << " " << Printable(publication.address()) << "  version "
                 << publication.version() << "  position "
                 << publication.position() << "  serial "
                 << certificate.facts.serial_hex << "\n";
  }
  if (result->code() != 0) {
    terminal.err << "REFUSED  " << certificate.file << " ("
                 << certificate.facts.subject
                 << "): " << Printable(result->message()) << "\n";
  }
}

Json ToJson(const CertificateToPublish& certificate,
            const absl::StatusOr<v1::PublishResult>& result) {
  Json json;
  json["file"] = certificate.file;
  json["subject"] = certificate.facts.subject;
  json["sha256"] = certificate.facts.sha256.ToHex();
  if (!result.ok()) {
    json["result"] = "failed";
    json["code"] = absl::StatusCodeToString(result.status().code());
    json["message"] = std::string(result.status().message());
    return json;
  }
  json["result"] = result->code() == 0 ? "published" : "refused";
  if (result->code() != 0) {
    json["code"] =
        absl::StatusCodeToString(static_cast<absl::StatusCode>(result->code()));
    json["message"] = result->message();
  }
  json["publications"] = Json::array();
  for (const v1::Publication& publication : result->publications()) {
    json["publications"].push_back(
        {{"address", publication.address()},
         {"version", publication.version()},
         {"position", publication.position()},
         {"commitment", absl::BytesToHexString(publication.commitment())},
         {"already_published", publication.already_published()}});
  }
  return json;
}

ExitCode Report(const PublishOptions& options,
                const std::vector<CertificateToPublish>& certificates,
                const Results& results, uint64_t tree_size,
                Terminal& terminal) {
  Counts counts;
  Json items = Json::array();
  for (size_t i = 0; i < results.size(); ++i) {
    Count(results[i], counts);
    if (options.json) {
      items.push_back(ToJson(certificates[i], results[i]));
    } else {
      PrintResult(certificates[i], results[i], terminal);
    }
  }
  if (options.json) {
    PrintJson({{"tree_size", tree_size},
               {"addresses_published", counts.published},
               {"addresses_already_published", counts.already},
               {"certificates_refused", counts.refused},
               {"certificates_failed", counts.failed},
               {"certificates", items}},
              terminal);
  } else {
    terminal.out << "certificates: " << results.size()
                 << ", refused: " << counts.refused
                 << ", not answered: " << counts.failed
                 << "; addresses published now: " << counts.published
                 << ", before: " << counts.already;
    // 0: the server answered nothing.
    if (tree_size > 0) terminal.out << "; tree size: " << tree_size;
    terminal.out << "\n";
  }
  if (counts.failed > 0) return ExitCode::kError;
  return counts.refused > 0 ? ExitCode::kItemsRefused : ExitCode::kOk;
}

}  // namespace

ExitCode RunPublish(const PublishOptions& options, Terminal& terminal) {
  absl::Status usage = CheckTarget(options.server);
  if (!usage.ok()) {
    ReportError(usage, options.json, terminal);
    return ExitCode::kUsage;
  }
  absl::StatusOr<std::vector<CertificateToPublish>> certificates =
      ReadCertificateFiles(options.files);
  if (!certificates.ok()) {
    return ReportError(certificates.status(), options.json, terminal);
  }
  if (!options.addresses.empty() && certificates->size() != 1) {
    ReportError(absl::InvalidArgumentError(absl::StrCat(
                    "--address is for one certificate, the files have ",
                    certificates->size())),
                options.json, terminal);
    return ExitCode::kUsage;
  }
  absl::StatusOr<PublisherClient> client = Connect(options);
  if (!client.ok()) {
    return ReportError(client.status(), options.json, terminal);
  }
  std::function<void(size_t)> progress;
  if (terminal.err_is_terminal && certificates->size() > kMaxItemsPerRequest) {
    progress = [&](size_t done) {
      terminal.err << "\r" << done << " of " << certificates->size()
                   << " certificates"
                   << (done == certificates->size() ? "\n" : "") << std::flush;
    };
  }
  Results results =
      client->Publish(MakeItems(options, *certificates), progress);
  return Report(options, *certificates, results, client->tree_size(), terminal);
}

}  // namespace sealbook::client

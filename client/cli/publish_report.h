// What became of certificates that were to be published: for people, as one
// JSON document, and as JSON lines of those that were not.
#ifndef SEALBOOK_CLIENT_CLI_PUBLISH_REPORT_H_
#define SEALBOOK_CLIENT_CLI_PUBLISH_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/certificate_files.h"
#include "client/cli/terminal.h"
#include "nlohmann/json_fwd.hpp"
#include "proto/sealbook/v1/publisher.pb.h"

namespace sealbook::client {

struct PublishReport {
  const std::vector<CertificateToPublish>* certificates = nullptr;
  // By certificate; absent: not answered. Left out are those in `earlier`.
  std::vector<std::optional<v1::PublishResult>> results;
  // Acknowledged in an earlier run, as its journal says.
  std::vector<bool> earlier;
  // Why some were not answered.
  absl::Status failure;
  uint64_t tree_size = 0;
  // Nothing was written.
  bool dry_run = false;

  bool refused(size_t i) const {
    return results[i].has_value() && results[i]->code() != 0;
  }
  bool failed(size_t i) const { return !results[i].has_value() && !earlier[i]; }
};

struct PublishCounts {
  size_t published = 0;  // Addresses.
  size_t already = 0;    // Addresses.
  size_t refused = 0;    // Certificates.
  size_t failed = 0;     // Certificates.
  size_t earlier = 0;    // Certificates.
};
PublishCounts CountsOf(const PublishReport& report);

// `list`: a line for each address, too.
void PrintReport(const PublishReport& report, bool list, Terminal& terminal);
nlohmann::ordered_json ReportToJson(const PublishReport& report);
// A line for each certificate that was refused or not answered.
std::string ReportToJsonLines(const PublishReport& report);

// The stable id at the front of a refusal's message ("eku-email-protection"),
// else the name of its code.
std::string CheckOf(int code, const std::string& message);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_PUBLISH_REPORT_H_

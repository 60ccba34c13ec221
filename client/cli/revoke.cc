#include "client/cli/revoke.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/status_macros.h"
#include "client/certificate_files.h"
#include "client/channel.h"
#include "client/cli/publisher_connection.h"
#include "client/crl_reason.h"
#include "client/files.h"
#include "client/publisher_client.h"
#include "client/words.h"
#include "nlohmann/json.hpp"
#include "smime/certificate.h"

namespace sealbook::client {
namespace {

using Json = nlohmann::ordered_json;

// What is to be revoked, and how it was named.
struct Named {
  std::string name;
  v1::RevokeItem item;
};

// Bytes of hexadecimal text; blanks and colons may stand between them.
absl::StatusOr<std::string> FromHex(absl::string_view option,
                                    const std::string& text) {
  std::string hex = absl::StrReplaceAll(text, {{":", ""}, {" ", ""}});
  if (absl::StartsWithIgnoreCase(hex, "0x")) hex = hex.substr(2);
  if (hex.size() % 2 != 0) hex = absl::StrCat("0", hex);
  for (const char c : hex) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError(
          absl::StrCat(option, ": \"", Printable(text),
                       "\" is no hexadecimal number, such as 4f:00:1c"));
    }
  }
  return absl::HexStringToBytes(hex);
}

absl::StatusOr<std::string> SerialOf(const std::string& text) {
  return FromHex("--serial", text);
}

absl::StatusOr<std::string> Sha256Of(const std::string& text) {
  SEALBOOK_ASSIGN_OR_RETURN(std::string bytes, FromHex("--sha256", text));
  if (bytes.size() == smime::CertificateHash::kSize) return bytes;
  return absl::InvalidArgumentError(
      absl::StrCat("--sha256: \"", Printable(text),
                   "\" is no SHA-256: 64 hexadecimal digits make one"));
}

absl::Status AddFiles(const RevokeOptions& options, std::vector<Named>& items) {
  if (options.files.empty()) return absl::OkStatus();
  SEALBOOK_ASSIGN_OR_RETURN(CertificateFiles files,
                            ReadCertificateFiles(options.files));
  // What is left out unseen would be thought revoked.
  if (!files.skipped.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        files.skipped.size(), " files hold no certificates, such as ",
        files.skipped[0], ": nothing was revoked. Name the certificates"));
  }
  for (const CertificateToPublish& certificate : files.certificates) {
    Named named;
    named.name =
        absl::StrCat(certificate.file, " (", certificate.facts.subject, ")");
    named.item.set_sha256(certificate.facts.sha256.ToString());
    items.push_back(std::move(named));
  }
  return absl::OkStatus();
}

absl::Status AddHashes(const RevokeOptions& options,
                       std::vector<Named>& items) {
  for (const std::string& text : options.sha256) {
    SEALBOOK_ASSIGN_OR_RETURN(std::string bytes, Sha256Of(text));
    Named named;
    named.name = absl::StrCat("SHA-256 ", absl::BytesToHexString(bytes));
    named.item.set_sha256(std::move(bytes));
    items.push_back(std::move(named));
  }
  return absl::OkStatus();
}

absl::Status AddSerials(const RevokeOptions& options,
                        std::vector<Named>& items) {
  if (options.serials.empty()) return absl::OkStatus();
  SEALBOOK_ASSIGN_OR_RETURN(const std::string contents,
                            ReadFile(options.issuer_file));
  absl::StatusOr<std::vector<std::string>> issuers =
      smime::ReadCertificates(contents);
  if (!issuers.ok() || issuers->size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.issuer_file,
        ": exactly one certificate is expected, the one of the CA that issued "
        "the serial numbers"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(const smime::KeyHash key,
                            smime::HashSubjectKey((*issuers)[0]));
  for (const std::string& text : options.serials) {
    SEALBOOK_ASSIGN_OR_RETURN(std::string bytes, SerialOf(text));
    Named named;
    named.name = absl::StrCat("serial ", absl::BytesToHexString(bytes));
    v1::SerialNumber& serial = *named.item.mutable_serial_number();
    serial.set_issuer_key_sha256(key.ToString());
    serial.set_serial(std::move(bytes));
    items.push_back(std::move(named));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Named>> ReadItems(const RevokeOptions& options) {
  std::vector<Named> items;
  SEALBOOK_RETURN_IF_ERROR(AddFiles(options, items));
  SEALBOOK_RETURN_IF_ERROR(AddHashes(options, items));
  SEALBOOK_RETURN_IF_ERROR(AddSerials(options, items));
  if (items.empty()) {
    return absl::InvalidArgumentError(
        "there is no certificate of an address in these files");
  }
  SEALBOOK_ASSIGN_OR_RETURN(const v1::CrlReason reason,
                            CrlReasonOf(options.reason));
  for (Named& named : items) named.item.set_reason(reason);
  return items;
}

absl::Status CheckUsage(const RevokeOptions& options) {
  SEALBOOK_RETURN_IF_ERROR(CheckTarget(options.connection.server));
  if (options.files.empty() && options.sha256.empty() &&
      options.serials.empty()) {
    return absl::InvalidArgumentError(
        "name what to revoke: certificate files, --sha256, or --serial with "
        "--issuer");
  }
  if (options.serials.empty() != options.issuer_file.empty()) {
    return absl::InvalidArgumentError(
        "--serial and --issuer belong together: every CA counts for itself");
  }
  for (const std::string& text : options.serials) {
    SEALBOOK_RETURN_IF_ERROR(SerialOf(text).status());
  }
  for (const std::string& text : options.sha256) {
    SEALBOOK_RETURN_IF_ERROR(Sha256Of(text).status());
  }
  return absl::OkStatus();
}

void PrintResult(const Named& named, const v1::RevokeResult& result,
                 bool restored, Terminal& terminal) {
  for (const v1::Publication& one : result.publications()) {
    const char* what = one.already_published()
                           ? "known   "
                           : (restored ? "restored" : "revoked ");
    terminal.out << what << " " << Printable(one.address()) << "  version "
                 << one.version() << "  position " << one.position() << "\n";
  }
  if (result.code() != 0) {
    terminal.err << "REFUSED  " << Printable(named.name) << ": "
                 << Printable(result.message()) << "\n";
  }
}

Json ToJson(const Named& named, const v1::RevokeResult& result) {
  Json json;
  json["certificate"] = named.name;
  json["sha256"] = absl::BytesToHexString(result.certificate_sha256());
  json["result"] = result.code() == 0 ? "done" : "refused";
  if (result.code() != 0) {
    json["code"] =
        absl::StatusCodeToString(static_cast<absl::StatusCode>(result.code()));
    json["message"] = result.message();
  }
  json["publications"] = Json::array();
  for (const v1::Publication& one : result.publications()) {
    json["publications"].push_back(
        {{"address", one.address()},
         {"version", one.version()},
         {"position", one.position()},
         {"commitment", absl::BytesToHexString(one.commitment())},
         {"already_done", one.already_published()}});
  }
  return json;
}

ExitCode Report(const RevokeOptions& options, const std::vector<Named>& items,
                const std::vector<v1::RevokeResult>& results,
                uint64_t tree_size, Terminal& terminal) {
  const bool restored =
      items[0].item.reason() == v1::CRL_REASON_REMOVE_FROM_CRL;
  size_t refused = 0;
  Json all = Json::array();
  for (size_t i = 0; i < items.size(); ++i) {
    refused += results[i].code() != 0 ? 1 : 0;
    if (options.json) {
      all.push_back(ToJson(items[i], results[i]));
    } else {
      PrintResult(items[i], results[i], restored, terminal);
    }
  }
  if (options.json) {
    PrintJson({{"tree_size", tree_size},
               {"reason", options.reason},
               {"certificates_refused", refused},
               {"certificates", all}},
              terminal);
  } else {
    terminal.out << "certificates: " << items.size()
                 << ", refused: " << refused;
    if (tree_size > 0) terminal.out << "; tree size: " << tree_size;
    terminal.out << "\n";
  }
  return refused > 0 ? ExitCode::kItemsRefused : ExitCode::kOk;
}

}  // namespace

ExitCode RunRevoke(const RevokeOptions& options, Terminal& terminal) {
  const absl::Status usage = CheckUsage(options);
  if (!usage.ok()) {
    ReportError(usage, options.json, terminal);
    return ExitCode::kUsage;
  }
  const absl::StatusOr<std::vector<Named>> items = ReadItems(options);
  if (!items.ok()) {
    return ReportError(items.status(), options.json, terminal);
  }
  const Endpoint endpoint = EndpointOf(options.connection);
  auto channel = OpenChannel(endpoint);
  if (!channel.ok()) {
    return ReportError(channel.status(), options.json, terminal);
  }
  PublisherClient client(endpoint, *channel,
                         {.timeout_ms = options.connection.timeout_s * 1000});
  std::vector<v1::RevokeItem> messages;
  for (const Named& named : *items) messages.push_back(named.item);
  const auto results = client.Revoke(messages);
  if (!results.ok()) {
    return ReportError(results.status(), options.json, terminal);
  }
  return Report(options, *items, *results, client.tree_size(), terminal);
}

}  // namespace sealbook::client

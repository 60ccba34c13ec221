#include "client/exchange.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/files.h"
#include "crypto/hash.h"
#include "keytrans/refusal.h"

namespace sealbook::client {
namespace {

namespace fs = std::filesystem;

constexpr std::pair<AnswerKind, const char*> kAnswerFiles[] = {
    {AnswerKind::kFound, "/response.tls"},
    {AnswerKind::kAbsent, "/absence.tls"},
    {AnswerKind::kNoSuchVersion, "/greatest.tls"},
    {AnswerKind::kHistory, "/history.tls"},
    {AnswerKind::kAsOf, "/as-of.tls"},
    {AnswerKind::kContactMonitor, "/contact-monitor.tls"},
    {AnswerKind::kOwnerInit, "/owner-init.tls"},
    {AnswerKind::kOwnerMonitor, "/owner-monitor.tls"},
    {AnswerKind::kUpdate, "/update.tls"},
    {AnswerKind::kDistinguished, "/distinguished.tls"},
};

constexpr std::pair<const char*, std::optional<std::string> Exchange::*>
    kOptionalFiles[] = {
        {"/view.tls", &Exchange::view},
        {"/owner.tls", &Exchange::owner},
        {"/keys.tls", &Exchange::keys},
        {"/retained.tls", &Exchange::retained},
        {"/heads.txt", &Exchange::heads_text},
        {"/heads.tls", &Exchange::bare_heads},
};

std::string AnswerFile(AnswerKind kind) {
  for (const auto& [known, file] : kAnswerFiles) {
    if (known == kind) return file;
  }
  return "";
}

constexpr char kEvidenceUrl[] = "sealbook.dev/evidence";

bool Exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

absl::Status MakeEmptyFolder(const std::string& folder) {
  SEALBOOK_RETURN_IF_ERROR(MakePrivateFolder(folder));
  std::error_code error;
  bool empty = fs::is_empty(folder, error);
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder, ": cannot read: ", error.message()));
  }
  if (!empty) {
    return absl::AlreadyExistsError(absl::StrCat(
        folder, ": is not empty; nothing is overwritten. Name a new folder"));
  }
  return absl::OkStatus();
}

// Names in order; none when the folder does not exist.
std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::vector<std::string>> ReadIssuers(
    const std::string& folder) {
  std::vector<std::string> issuers;
  for (const std::string& name : FilesIn(folder)) {
    SEALBOOK_ASSIGN_OR_RETURN(std::string der, ReadFile(folder + "/" + name));
    if (name != absl::StrCat(crypto::Sha256(der).ToHex(), ".der")) {
      return absl::InvalidArgumentError(absl::StrCat(
          folder, "/", name, ": is not named by the SHA-256 of what it holds"));
    }
    issuers.push_back(std::move(der));
  }
  return issuers;
}

// Which answer the folder holds; response.tls when there is none, so that its
// absence is told.
absl::StatusOr<AnswerKind> FindAnswer(const std::string& folder) {
  std::vector<AnswerKind> found;
  for (const auto& [kind, file] : kAnswerFiles) {
    if (Exists(folder + file)) found.push_back(kind);
  }
  if (found.size() > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, ": has both ", AnswerFile(found[0]).substr(1), " and ",
        AnswerFile(found[1]).substr(1), ": which is it?"));
  }
  return found.empty() ? AnswerKind::kFound : found[0];
}

// Names the exchange and the refusal, so that a repeated answer is seen to be
// one.
std::string EvidenceName(const Exchange& exchange) {
  std::string named;
  for (const std::string& part :
       {exchange.configuration, exchange.request, exchange.response,
        exchange.view.value_or("")}) {
    absl::StrAppend(&named, crypto::Sha256(part).view());
  }
  if (exchange.other.has_value()) {
    absl::StrAppend(&named, crypto::Sha256(exchange.other->response).view());
  }
  for (const auto& heads : {exchange.heads_text, exchange.bare_heads}) {
    if (heads.has_value()) {
      absl::StrAppend(&named, crypto::Sha256(*heads).view());
    }
  }
  return crypto::Sha256(named).ToHex().substr(0, 32);
}

// Appears whole or not at all: half an evidence would be taken for kept.
absl::Status WriteEvidence(const std::string& folder, const Exchange& exchange,
                           const absl::Status& refusal) {
  std::string partial = absl::StrCat(folder, ".partial-", getpid());
  std::error_code ignored;
  fs::remove_all(partial, ignored);
  absl::Status status = WriteExchange(partial, exchange);
  if (status.ok()) {
    status = WriteNewFile(
        partial + "/refusal.txt",
        absl::StrCat(keytrans::RefusalName(*keytrans::RefusalOf(refusal)), "\n",
                     refusal.message(), "\n"));
  }
  std::error_code error;
  if (status.ok()) fs::rename(partial, folder, error);
  if (status.ok() && !error) return absl::OkStatus();
  fs::remove_all(partial, ignored);
  // Another process was faster.
  if (Exists(folder)) return absl::OkStatus();
  if (!status.ok()) return status;
  return absl::FailedPreconditionError(
      absl::StrCat(folder, ": cannot create: ", error.message()));
}

absl::Status WithEvidence(const absl::Status& refusal, absl::string_view text,
                          const std::string& folder) {
  absl::Status result(refusal.code(),
                      absl::StrCat(refusal.message(), " (", text, ")"));
  refusal.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    result.SetPayload(url, payload);
  });
  if (!folder.empty()) result.SetPayload(kEvidenceUrl, absl::Cord(folder));
  return result;
}

absl::Status WriteOther(const std::string& folder, const OtherAnswer& other) {
  SEALBOOK_RETURN_IF_ERROR(MakePrivateFolder(folder));
  SEALBOOK_RETURN_IF_ERROR(
      WriteNewFile(folder + "/request.tls", other.request));
  SEALBOOK_RETURN_IF_ERROR(WriteNewFile(
      folder + AnswerFile(AnswerKind::kDistinguished), other.response));
  return WriteNewFile(folder + "/time", absl::StrCat(other.time_ms, "\n"));
}

absl::StatusOr<OtherAnswer> ReadOther(const std::string& folder) {
  OtherAnswer other;
  SEALBOOK_ASSIGN_OR_RETURN(other.request, ReadFile(folder + "/request.tls"));
  SEALBOOK_ASSIGN_OR_RETURN(
      other.response,
      ReadFile(folder + AnswerFile(AnswerKind::kDistinguished)));
  SEALBOOK_ASSIGN_OR_RETURN(std::string time, ReadFile(folder + "/time", 100));
  SEALBOOK_ASSIGN_OR_RETURN(other.time_ms, ParseTime(time));
  return other;
}

}  // namespace

absl::Status WriteExchange(const std::string& folder,
                           const Exchange& exchange) {
  SEALBOOK_RETURN_IF_ERROR(MakeEmptyFolder(folder));
  SEALBOOK_RETURN_IF_ERROR(
      WriteNewFile(folder + "/configuration.tls", exchange.configuration));
  SEALBOOK_RETURN_IF_ERROR(
      WriteNewFile(folder + "/request.tls", exchange.request));
  SEALBOOK_RETURN_IF_ERROR(
      WriteNewFile(folder + AnswerFile(exchange.kind), exchange.response));
  SEALBOOK_RETURN_IF_ERROR(
      WriteNewFile(folder + "/time", absl::StrCat(exchange.time_ms, "\n")));
  for (const auto& [file, part] : kOptionalFiles) {
    if (!(exchange.*part).has_value()) continue;
    SEALBOOK_RETURN_IF_ERROR(WriteNewFile(folder + file, *(exchange.*part)));
  }
  if (exchange.other.has_value()) {
    SEALBOOK_RETURN_IF_ERROR(WriteOther(folder + "/other", *exchange.other));
  }
  SEALBOOK_RETURN_IF_ERROR(MakePrivateFolder(folder + "/issuers"));
  // A server may send one twice.
  std::set<std::string> issuers(exchange.issuers.begin(),
                                exchange.issuers.end());
  for (const std::string& der : issuers) {
    SEALBOOK_RETURN_IF_ERROR(WriteNewFile(
        absl::StrCat(folder, "/issuers/", crypto::Sha256(der).ToHex(), ".der"),
        der));
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ParseTime(const std::string& text) {
  uint64_t time = 0;
  absl::string_view digits = absl::StripAsciiWhitespace(text);
  // SimpleAtoi takes a sign, too.
  if (digits.empty() || !absl::ascii_isdigit(digits[0]) ||
      !absl::SimpleAtoi(digits, &time)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", absl::string_view(text).substr(0, 40),
                     "\" is not a time in milliseconds since the Unix epoch"));
  }
  return time;
}

absl::StatusOr<Exchange> ReadExchange(const std::string& folder) {
  Exchange exchange;
  SEALBOOK_ASSIGN_OR_RETURN(exchange.configuration,
                            ReadFile(folder + "/configuration.tls"));
  SEALBOOK_ASSIGN_OR_RETURN(exchange.request,
                            ReadFile(folder + "/request.tls"));
  SEALBOOK_ASSIGN_OR_RETURN(exchange.kind, FindAnswer(folder));
  SEALBOOK_ASSIGN_OR_RETURN(exchange.response,
                            ReadFile(folder + AnswerFile(exchange.kind)));
  SEALBOOK_ASSIGN_OR_RETURN(std::string time, ReadFile(folder + "/time", 100));
  SEALBOOK_ASSIGN_OR_RETURN(exchange.time_ms, ParseTime(time));
  for (const auto& [file, part] : kOptionalFiles) {
    if (!Exists(folder + file)) continue;
    SEALBOOK_ASSIGN_OR_RETURN(exchange.*part, ReadFile(folder + file));
  }
  if (Exists(folder + "/other")) {
    SEALBOOK_ASSIGN_OR_RETURN(exchange.other, ReadOther(folder + "/other"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(exchange.issuers, ReadIssuers(folder + "/issuers"));
  return exchange;
}

absl::Status KeepEvidence(const std::string& folder, const Exchange& exchange,
                          const absl::Status& refusal) {
  std::string by_reason = absl::StrCat(
      folder, "/", keytrans::RefusalName(*keytrans::RefusalOf(refusal)));
  std::string place = by_reason + "/" + EvidenceName(exchange);
  if (!Exists(place)) {
    if (FilesIn(by_reason).size() >= kMaxEvidence) {
      return WithEvidence(refusal,
                          absl::StrCat("evidence not kept: ", by_reason,
                                       " holds ", kMaxEvidence, " already"),
                          "");
    }
    absl::Status kept = WriteEvidence(place, exchange, refusal);
    if (!kept.ok()) {
      return WithEvidence(
          refusal, absl::StrCat("evidence not kept: ", kept.message()), "");
    }
  }
  return WithEvidence(refusal, absl::StrCat("evidence kept in ", place), place);
}

std::optional<std::string> EvidenceOf(const absl::Status& status) {
  auto payload = status.GetPayload(kEvidenceUrl);
  if (!payload.has_value()) return std::nullopt;
  return std::string(*payload);
}

}  // namespace sealbook::client

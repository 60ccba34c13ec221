#include "client/watch/owner_alarms.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/entry.h"
#include "client/entry_view.h"
#include "client/exchange.h"
#include "client/version_report.h"
#include "client/watch/monitor_client.h"
#include "client/words.h"
#include "keytrans/refusal.h"
#include "nlohmann/json.hpp"
#include "smime/address.h"

namespace sealbook::client {
namespace {

using Json = nlohmann::ordered_json;

// Ends of keys, and reasons in details.
constexpr char kUnchecked[] = "unchecked";
constexpr char kUncompared[] = "uncompared";

using keytrans::RefusalReason;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Alarm MakeAlarm(const AlarmContext& context, AlarmKind kind,
                const std::string& label, absl::string_view rest_of_key) {
  Alarm alarm;
  alarm.kind = kind;
  alarm.key = absl::StrCat(AlarmKindName(kind), "/", context.log);
  if (!label.empty()) absl::StrAppend(&alarm.key, "/", label);
  if (!rest_of_key.empty()) absl::StrAppend(&alarm.key, "/", rest_of_key);
  alarm.raised_ms = context.now_ms;
  alarm.log = context.log;
  alarm.label = label;
  return alarm;
}

void DescribeCertificate(char sign, const CertificateView& certificate,
                         std::vector<std::string>& lines) {
  std::string line(1, sign);
  if (certificate.role.has_value()) {
    absl::StrAppend(&line, " to ", smime::RoleName(*certificate.role), ":");
  }
  if (!certificate.facts.has_value()) {
    lines.push_back(absl::StrCat(line, " a certificate that cannot be read"));
  } else {
    const smime::CertificateFacts& facts = *certificate.facts;
    lines.push_back(absl::StrCat(
        line, " ",
        facts.subject.empty() ? certificate.matched_address : facts.subject,
        ", serial ", facts.serial_hex));
    lines.push_back(absl::StrCat("    from ", facts.issuer));
    lines.push_back(absl::StrCat("    valid ", TimeInWords(facts.not_before_ms),
                                 " to ", TimeInWords(facts.not_after_ms)));
  }
  lines.push_back(absl::StrCat("    sha256 ", certificate.sha256.ToHex()));
}

Json Hashes(const std::vector<CertificateView>& certificates) {
  Json hashes = Json::array();
  for (const CertificateView& certificate : certificates) {
    hashes.push_back(certificate.sha256.ToHex());
  }
  return hashes;
}

// Nothing where the bytes are no entry that this version reads.
std::optional<HistoryEntry> Decode(const OwnedVersion& version,
                                   const std::vector<std::string>& issuers) {
  absl::StatusOr<ProvenEntry> proven =
      DecodeProvenEntry(version.value, issuers);
  if (!proven.ok()) return std::nullopt;
  HistoryEntry entry;
  entry.version = version.version;
  entry.entry = std::move(proven->entry);
  entry.issuers = std::move(proven->issuers);
  return entry;
}

void DescribeChange(const VersionReport& report, Alarm& alarm, Json& details) {
  std::string cause = report.entry.cause;
  if (!report.entry.revocation_reason.empty()) {
    absl::StrAppend(&cause, " (", report.entry.revocation_reason, ")");
  }
  alarm.lines.push_back(absl::StrCat("It was ", cause, " by ",
                                     report.entry.publisher,
                                     ", basis: ", report.entry.basis, "."));
  const std::vector<CertificateView>& shown =
      report.added.has_value() ? *report.added : report.entry.certificates;
  for (const CertificateView& certificate : shown) {
    DescribeCertificate(report.added.has_value() ? '+' : '=', certificate,
                        alarm.lines);
  }
  for (const CertificateView& certificate : report.removed) {
    DescribeCertificate('-', certificate, alarm.lines);
  }
  if (report.entry.certificates.empty()) {
    alarm.lines.push_back("The address has no certificate from here on.");
  } else if (shown.empty() && report.removed.empty()) {
    alarm.lines.push_back("The certificates are the same as before.");
  }
  details["cause"] = report.entry.cause;
  details["publisher"] = report.entry.publisher;
  details["basis"] = report.entry.basis;
  details["added"] = Hashes(shown);
  details["removed"] = Hashes(report.removed);
}

}  // namespace

Alarm UnknownVersionAlarm(const AlarmContext& context, const std::string& label,
                          const OwnedVersion& version,
                          const OwnedVersion* older,
                          const std::vector<std::string>& issuers) {
  Alarm alarm = MakeAlarm(context, AlarmKind::kUnknownVersion, label,
                          absl::StrCat(version.version));
  alarm.subject =
      absl::StrCat("version ", version.version, " is new and not confirmed");
  Json details;
  details["version"] = version.version;
  if (version.position.has_value()) {
    details["position"] = *version.position;
    alarm.lines.push_back(absl::StrCat("The log added version ",
                                       version.version, " in its entry ",
                                       *version.position, "."));
  }
  const absl::StatusOr<smime::Address> address = smime::Address::Parse(label);
  const std::optional<HistoryEntry> entry = Decode(version, issuers);
  if (entry.has_value() && address.ok()) {
    std::optional<HistoryEntry> before;
    if (older != nullptr) before = Decode(*older, issuers);
    DescribeChange(CompareVersions(*entry, before ? &*before : nullptr,
                                   *address, Chains::kLeftOut),
                   alarm, details);
  } else {
    alarm.lines.push_back(
        "Its contents cannot be read by this version of Sealbook: look at it "
        "with a newer one.");
  }
  alarm.lines.push_back("");
  alarm.lines.push_back(
      absl::StrCat("If you or your CA made this change: sealbook watch "
                   "--accept ",
                   label, " --version ", version.version));
  alarm.lines.push_back(
      "If not, somebody can read mail that is encrypted to you, or sign in "
      "your "
      "name: ask the publisher to revoke it (docs/for-owners.md).");
  alarm.details = Dump(details);
  return alarm;
}

std::string UncheckedKey(const std::string& log) {
  return absl::StrCat(AlarmKindName(AlarmKind::kStaleLog), "/", log, "/",
                      kUnchecked);
}

std::string UncomparedKey(const std::string& log) {
  return absl::StrCat(AlarmKindName(AlarmKind::kStaleLog), "/", log, "/",
                      kUncompared);
}

std::optional<Alarm> FailureAlarm(const AlarmContext& context,
                                  const std::string& label,
                                  const absl::Status& failure) {
  const std::optional<RefusalReason> reason = keytrans::RefusalOf(failure);
  const bool withheld = IsWithheld(failure);
  if (!reason.has_value() && !withheld) return std::nullopt;
  Alarm alarm;
  if (reason == RefusalReason::kStaleHead ||
      reason == RefusalReason::kFutureHead) {
    alarm = MakeAlarm(context, AlarmKind::kStaleLog, "", "");
    alarm.subject = "the log shows an old state of itself";
    if (reason == RefusalReason::kFutureHead) {
      alarm.subject = "the log's time is ahead of the clock here";
    }
    alarm.lines.push_back(
        "Check the clock of this machine first. If it is right, the log has "
        "stopped, or somebody shows you an old copy of it.");
  } else if (reason == RefusalReason::kFork ||
             reason == RefusalReason::kTreeSize) {
    alarm = MakeAlarm(context, AlarmKind::kFork, "", "");
    alarm.subject = "the log contradicts what it signed before";
    alarm.lines.push_back(
        "The log shows you another history than the one it has shown before. "
        "Keep the evidence, and tell others who use this log.");
  } else {
    alarm = MakeAlarm(context, AlarmKind::kRefusedProof, label,
                      reason ? RefusalName(*reason) : "withheld");
    alarm.subject = withheld ? "the server withholds what it has proven"
                             : "the log's answer is not proven";
    if (reason.has_value()) {
      alarm.lines.emplace_back(RefusalInWords(*reason));
    }
  }
  alarm.lines.push_back(Printable(failure.message()));
  if (!context.server.empty()) {
    alarm.lines.push_back(absl::StrCat("Server: ", context.server));
  }
  alarm.evidence = EvidenceOf(failure).value_or("");
  Json details;
  details["reason"] = reason.has_value() ? std::string(RefusalName(*reason))
                                         : std::string("withheld");
  alarm.details = Dump(details);
  return alarm;
}

Alarm UncheckedAlarm(const AlarmContext& context, uint64_t since_ms,
                     uint64_t window_ms, const absl::Status& failure) {
  Alarm alarm = MakeAlarm(context, AlarmKind::kStaleLog, "", kUnchecked);
  alarm.subject = absl::StrCat("the log was not checked for ",
                               DurationInWords(context.now_ms - since_ms));
  alarm.lines = {
      absl::StrCat("Owners check this log every ", DurationInWords(window_ms),
                   "; the last check that worked was at ",
                   TimeInWords(static_cast<int64_t>(since_ms)), "."),
      Printable(failure.message()), absl::StrCat("Server: ", context.server)};
  Json details;
  details["reason"] = "unchecked";
  details["since_ms"] = since_ms;
  alarm.details = Dump(details);
  return alarm;
}

Alarm UncomparedAlarm(const AlarmContext& context, uint64_t since_ms,
                      const absl::Status& failure) {
  Alarm alarm = MakeAlarm(context, AlarmKind::kStaleLog, "", kUncompared);
  alarm.subject = absl::StrCat(
      "nothing was compared over the second channel "
      "for ",
      DurationInWords(context.now_ms - since_ms));
  alarm.lines = {
      "Whoever shows you a history of your own would keep you from comparing "
      "it. Try another way (--via), or compare with somebody: sealbook gossip.",
      Printable(failure.message())};
  Json details;
  details["reason"] = kUncompared;
  details["since_ms"] = since_ms;
  alarm.details = Dump(details);
  return alarm;
}

Alarm GapAlarm(const AlarmContext& context, const OwnedAddress& owned,
               uint64_t lifetime_ms) {
  Alarm alarm = MakeAlarm(context, AlarmKind::kStateLost, owned.owner.label,
                          absl::StrCat(owned.checked_ms));
  alarm.subject =
      absl::StrCat("not checked from ",
                   TimeInWords(static_cast<int64_t>(owned.checked_ms)), " on");
  alarm.lines = {
      absl::StrCat("The log proves what is no older than ",
                   DurationInWords(lifetime_ms),
                   ": a version that came and went before that may not be seen "
                   "any more."),
      absl::StrCat("See what it shows: sealbook history ", owned.owner.label)};
  return alarm;
}

std::vector<Alarm> ExpiryAlarms(const AlarmContext& context,
                                const std::string& label,
                                const FoundEntry& current, uint64_t ahead_ms) {
  std::vector<Alarm> alarms;
  const absl::StatusOr<smime::Address> address = smime::Address::Parse(label);
  if (!address.ok()) return alarms;
  const EntryView view =
      ViewEntry(current.entry, current.issuers, *address,
                static_cast<int64_t>(context.now_ms), Chains::kLeftOut);
  for (const CertificateView& certificate : view.certificates) {
    if (!certificate.facts.has_value()) continue;
    const int64_t end = certificate.facts->not_after_ms;
    const int64_t now = static_cast<int64_t>(context.now_ms);
    if (end < now || end - now > static_cast<int64_t>(ahead_ms)) continue;
    Alarm alarm = MakeAlarm(context, AlarmKind::kExpiring, label,
                            certificate.sha256.ToHex());
    alarm.subject =
        absl::StrCat("a certificate ends in ",
                     DurationInWords(static_cast<uint64_t>(end - now)));
    DescribeCertificate('=', certificate, alarm.lines);
    alarm.lines.push_back(
        "Ask your CA for a new one. Keep the old key: it opens the mail that "
        "was encrypted to it.");
    Json details;
    details["sha256"] = certificate.sha256.ToHex();
    details["not_after_ms"] = end;
    alarm.details = Dump(details);
    alarms.push_back(std::move(alarm));
  }
  return alarms;
}

}  // namespace sealbook::client

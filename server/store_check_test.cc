#include "server/store_check.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/log_store.h"
#include "server/revocation_state.h"
#include "server/storage/memory_storage.h"
#include "server/storage/testing/contents.h"
#include "server/storage/testing/status_matchers.h"
#include "server/testing/contents_disk.h"
#include "server/testing/test_certificates.h"
#include "server/testing/test_log.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::Authority;
using ::sealbook::server::testing::Contents;
using ::sealbook::server::testing::ContentsDisk;
using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::NewLevelDbDisk;
using ::sealbook::server::testing::NewSubmission;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::ScanAll;
using ::sealbook::server::testing::Submit;
using ::sealbook::server::testing::TestLog;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr char kLabel[] = "l7@example.org";

// Publishes several hundred versions over a few entries, then stops.
void Fill(TestLog& log) {
  ASSERT_THAT(log.Start(), IsOk());
  for (int round = 0; round < 3; ++round) {
    std::vector<Submission> request;
    for (int i = 0; i < 120; ++i) {
      request.push_back(
          NewSubmission(absl::StrCat("l", i * (round + 1), "@example.org")));
    }
    auto outcome = log.Publish(std::move(request));
    ASSERT_THAT(outcome, IsOk());
    for (const auto& result : outcome->results) ASSERT_THAT(result, IsOk());
  }
  log.sequencer().Stop();
}

// Opened, with what Fill makes: once for all that ask, since certificates take
// their time.
std::unique_ptr<TestLog> FilledLog() {
  static const auto& filled = *[] {
    TestLog log;
    Fill(log);
    auto contents = ScanAll(log.storage());
    EXPECT_THAT(contents, IsOk());
    return new std::pair<Contents, Mark>(*contents, log.mark_disk());
  }();
  auto log =
      std::make_unique<TestLog>(std::make_unique<ContentsDisk>(filled.first));
  log->mark_disk() = filled.second;
  log->Open();
  return log;
}

struct Report {
  StoreCheckSummary summary;
  std::vector<std::string> damages;
  std::vector<std::string> stages;
  double last_share = 0;
};

Report Check(TestLog& log) {
  Report report;
  StoreCheckCallbacks callbacks;
  callbacks.damage = [&](const std::string& damage) {
    report.damages.push_back(damage);
  };
  callbacks.progress = [&](const StoreCheckProgress& progress) {
    EXPECT_LE(progress.share, 1) << progress.stage;
    report.stages.push_back(progress.stage);
    report.last_share = progress.share;
  };
  auto summary = CheckStore(log.storage(), &log.mark(), callbacks);
  EXPECT_THAT(summary, IsOk());
  if (summary.ok()) report.summary = *summary;
  EXPECT_EQ(report.summary.damages, report.damages.size());
  return report;
}

TEST(StoreCheckTest, FindsASoundStoreSoundAndCountsIt) {
  TestLog log(NewLevelDbDisk());
  Fill(log);
  const Report report = Check(log);
  EXPECT_THAT(report.damages, ::testing::IsEmpty());
  EXPECT_EQ(report.summary.tree_size, 4);
  EXPECT_EQ(report.summary.versions, 360);
  EXPECT_EQ(report.summary.leaves, 361) << "and one padding leaf";
  EXPECT_GT(report.summary.pages, 4);
  EXPECT_LT(report.summary.labels, 360);
  EXPECT_THAT(report.stages, Contains("pages"));
  EXPECT_THAT(report.stages, Contains("versions"));
  EXPECT_EQ(report.last_share, 1);
  EXPECT_GT(report.summary.records, 4 + report.summary.pages + 3 * 360)
      << "entries, pages, versions, values, publications";
  EXPECT_GT(report.summary.bytes, 100 * report.summary.records);
}

TEST(StoreCheckTest, FindsALogOfManyCommitsAndRestartsSound) {
  TestLog log(NewLevelDbDisk());
  // Log nodes fill more than two of their records.
  for (int i = 0; i < 80; ++i) {
    if (i % 20 == 0) {
      ASSERT_THAT(log.Restart(), IsOk());
    }
    const std::string label = absl::StrCat("l", i % 30, "@example.org");
    auto outcome = log.Publish({NewSubmission(label)});
    ASSERT_THAT(outcome, IsOk());
    ASSERT_THAT(outcome->results[0], IsOk());
  }
  ASSERT_THAT(log.Restart(), IsOk());
  log.sequencer().Stop();
  const Report report = Check(log);
  EXPECT_THAT(report.damages, ::testing::IsEmpty());
  EXPECT_EQ(report.summary.tree_size, 85);
  EXPECT_EQ(report.summary.labels, 30);
  for (int i = 0; i < 31; ++i) {
    auto found = log.LookUp(absl::StrCat("l", i, "@example.org"));
    ASSERT_THAT(found, IsOk()) << i;
    ASSERT_EQ(found->has_value(), i < 30);
  }
}

TEST(StoreCheckTest, FindsALogSoundThatHasNoEntryYet) {
  TestLog log;
  log.Open();
  EXPECT_THAT(Check(log).damages, ::testing::IsEmpty());
}

TEST(StoreCheckTest, ReportsThatThereIsNoLog) {
  auto storage = MemoryStorage::Create(std::make_shared<MemoryDisk>());
  ASSERT_THAT(storage, IsOk());
  EXPECT_THAT(CheckStore(**storage, nullptr, {}),
              Refuses(absl::StatusCode::kNotFound, "no log"));
}

// As a damaged block of a table file is to a scan.
class UnreadableTable final : public Storage {
 public:
  UnreadableTable(Storage& storage, Table table)
      : storage_(storage), table_(table) {}
  absl::StatusOr<std::vector<std::optional<std::string>>> Read(
      Table table, absl::Span<const std::string> keys) override {
    return storage_.Read(table, keys);
  }
  absl::Status Scan(
      Table table, absl::string_view from,
      const std::function<bool(absl::string_view key, absl::string_view value)>&
          visit) override {
    if (table == table_) return absl::DataLossError("checksum mismatch");
    return storage_.Scan(table, from, visit);
  }
  absl::Status ScanEverything(const RecordVisitor&) override {
    return absl::UnimplementedError("a check reads by table");
  }
  absl::Status Commit(const CommitRequest&) override {
    return absl::UnimplementedError("a check writes nothing");
  }
  absl::Status PutRecord(const Put&) override {
    return absl::UnimplementedError("a check writes nothing");
  }

 private:
  Storage& storage_;
  const Table table_;
};

TEST(StoreCheckTest, GoesOnBehindATableThatCannotBeRead) {
  const std::unique_ptr<TestLog> log = FilledLog();
  ASSERT_THAT(log->storage().PutRecord(LabelPut(kLabel, 9)), IsOk());
  const std::pair<Table, std::string> cases[] = {
      {Table::kEntries, "log entries: checksum"},
      {Table::kPages, "pages: checksum"},
      {Table::kIssuers, "issuing certificates: checksum"},
      {Table::kPublications, "publications: checksum"}};
  for (const auto& [table, words] : cases) {
    UnreadableTable storage(log->storage(), table);
    std::vector<std::string> damages;
    StoreCheckCallbacks callbacks;
    callbacks.damage = [&](const std::string& damage) {
      damages.push_back(damage);
    };
    ASSERT_THAT(CheckStore(storage, &log->mark(), callbacks), IsOk());
    EXPECT_THAT(damages, Contains(HasSubstr(words)));
    EXPECT_THAT(damages, Contains(HasSubstr(kLabel))) << words;
  }
}

struct Damage {
  std::string name;
  std::function<void(TestLog&)> make;
  // Of the report.
  std::string words;
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

void Store(TestLog& log, const Put& put) {
  ASSERT_THAT(log.storage().PutRecord(put), IsOk());
}

std::string Stored(TestLog& log, Table table, const std::string& key) {
  auto read = log.storage().Read(table, {key});
  return read.ok() && (*read)[0].has_value() ? *(*read)[0] : "";
}

// Flips the last byte of a record.
std::function<void(TestLog&)> Flip(Table table, const std::string& key) {
  return [=](TestLog& log) {
    std::string record = Stored(log, table, key);
    ASSERT_FALSE(record.empty());
    record.back() ^= 1;
    Store(log, {table, key, record});
  };
}

void EditEntry(TestLog& log, const std::function<void(StoredEntry&)>& edit) {
  auto entries = log.store().ReadEntries({2});
  ASSERT_THAT(entries, IsOk());
  edit((*entries)[0]);
  Store(log, EntryPut(2, (*entries)[0]));
}

void EditVersion(TestLog& log,
                 const std::function<void(keytrans::VersionFacts&)>& edit) {
  const LabelVersion key{kLabel, 0};
  auto facts = log.store().ReadVersions({key});
  ASSERT_THAT(facts, IsOk());
  edit(*(*facts)[0]);
  Store(log, VersionPut(key, *(*facts)[0]));
}

const Damage kDamages[] = {
    {"PageBytes", Flip(Table::kPages, PageKey({2, 0})), "page 2/0"},
    {"PageOfAnotherEntry",
     [](TestLog& log) {
       Store(log, {Table::kPages, PageKey({2, 0}),
                   Stored(log, Table::kPages, PageKey({1, 0}))});
     },
     "page 2/0: its hash is not the one that names it"},
    {"PageThatNothingNames",
     [](TestLog& log) {
       Store(log, {Table::kPages, PageKey({2, 0xfffffff0}),
                   Stored(log, Table::kPages, PageKey({1, 0}))});
     },
     "nothing in its tree names it"},
    {"PageBeyondTheHead",
     [](TestLog& log) {
       Store(log, {Table::kPages, PageKey({4, 0}),
                   Stored(log, Table::kPages, PageKey({1, 0}))});
     },
     "page 4/0: lies beyond the head"},
    {"EntryTimestamp",
     [](TestLog& log) {
       EditEntry(log, [](StoredEntry& e) { ++e.entry.timestamp; });
     },
     "head: its root is not the root of the 4"},
    {"EntryTimestampBackwards",
     [](TestLog& log) {
       EditEntry(log, [](StoredEntry& e) { --e.entry.timestamp; });
     },
     "log entry 2: its timestamp runs backwards"},
    {"EntryPrefixRoot",
     [](TestLog& log) {
       EditEntry(log,
                 [](StoredEntry& e) { e.entry.prefix_root.data()[0] ^= 1; });
     },
     "page 2/0: its hash is not the one that names it"},
    {"EntryAddedLeaves",
     [](TestLog& log) {
       EditEntry(log, [](StoredEntry& e) { e.added.pop_back(); });
     },
     "log entry 2: lists 119 added leaves, which are not the 120"},
    {"EntryBytes", Flip(Table::kEntries, PositionKey(3)), "log entry 3"},
    {"EntryBeyondTheHead",
     [](TestLog& log) {
       auto entries = log.store().ReadEntries({2});
       ASSERT_THAT(entries, IsOk());
       Store(log, EntryPut(4, (*entries)[0]));
     },
     "log entry 4: lies beyond the head"},
    {"LogNode", Flip(Table::kLogNodes, PositionKey(0)), "log tree node 6"},
    {"VersionCommitment",
     [](TestLog& log) {
       EditVersion(log, [](auto& facts) { facts.commitment.data()[0] ^= 1; });
     },
     "version 0 of l7@example.org: its commitment is not in the tree"},
    {"VersionSearchKey",
     [](TestLog& log) {
       EditVersion(log, [](auto& facts) { facts.vrf_output.data()[9] ^= 1; });
     },
     "version 0 of l7@example.org: its commitment is not in the tree"},
    {"VersionPosition",
     [](TestLog& log) {
       EditVersion(log, [](auto& facts) { ++facts.position; });
     },
     "did not add it"},
    {"VersionBeyondTheHead",
     [](TestLog& log) {
       EditVersion(log, [](auto& facts) { facts.position = 4; });
     },
     "beyond the head"},
    {"VersionSkipped",
     [](TestLog& log) {
       const LabelVersion key{kLabel, 0};
       auto facts = log.store().ReadVersions({key});
       ASSERT_THAT(facts, IsOk());
       Store(log, VersionPut({kLabel, 5}, *(*facts)[0]));
     },
     "version 1 of l7@example.org: missing"},
    {"ValueBytes",
     [](TestLog& log) {
       const auto facts = log.store().ReadVersions({{kLabel, 0}});
       ASSERT_THAT(facts, IsOk());
       Flip(Table::kValues, ValueKey(*(*facts)[0]))(log);
     },
     "does not open its commitment"},
    {"GreatestVersion", [](TestLog& log) { Store(log, LabelPut(kLabel, 9)); },
     "label l7@example.org: its record does not name"},
    {"LabelWithoutVersions",
     [](TestLog& log) { Store(log, LabelPut("new@example.org", 0)); },
     "label new@example.org: version 0 of new@example.org is missing"},
    {"LabelBytes",
     [](TestLog& log) {
       Store(log, {Table::kLabels, kLabel, "\xff"});
     },
     "label l7@example.org: not a LabelRecord"},
    {"PublicationWithoutVersion",
     [](TestLog& log) {
       Store(log, PublicationPut({{}, kLabel}, 77));
     },
     "version 77 of l7@example.org is missing"},
    {"PublicationOfAnotherVersion",
     [](TestLog& log) {
       ASSERT_THAT(log.storage().Scan(
                       Table::kPublications, "",
                       [&](absl::string_view key, absl::string_view) {
                         Store(log, {Table::kPublications, std::string(key),
                                     std::string("\0\0\0\x63", 4)});
                         return false;
                       }),
                   IsOk());
     },
     "is missing, or does not name version"},
    {"Issuer", Flip(Table::kIssuers, Authority().chain()[0].sha256.ToString()),
     "another hash"},
    {"SerialOfNobody",
     [](TestLog& log) {
       Store(log, SerialPut({{}, "\x05"}, {}));
     },
     "that certificate was never published"},
    {"SerialKey",
     [](TestLog& log) {
       Store(log, {Table::kSerials, "short", ""});
     },
     "not a key of a serial number"},
    {"RevocationBytes",
     [](TestLog& log) {
       Store(log, {Table::kRevocations, std::string(32, 'x'), "\xff"});
     },
     "revocation of 7878"},
    {"RevocationWithoutVersion",
     [](TestLog& log) {
       v1::RevocationRecord record;
       record.add_versions()->set_label(kLabel);
       record.mutable_versions(0)->set_version(99);
       Store(log, RevocationPut({}, record));
     },
     "version 99 of l7@example.org is missing"},
    {"CompromisedKeyBytes",
     [](TestLog& log) {
       Store(log, {Table::kCompromisedKeys, std::string(32, 'x'), "\xff"});
     },
     "compromised key 7878"},
    {"Signature",
     [](TestLog& log) {
       auto read = log.store().ReadSignedHead();
       ASSERT_THAT(read, IsOk());
       SignedHead head = **read;
       head.signature[5] ^= 1;
       Store(log, SignedHeadPut(head));
     },
     "does not verify"},
    {"OlderData", [](TestLog& log) { ++log.mark_disk().tree_size; },
     "older copy of the log"},
    {"Fork", [](TestLog& log) { log.mark_disk().log_root.data()[0] ^= 1; },
     "fork"},
    {"OlderMark", [](TestLog& log) { log.mark_disk() = Mark{}; },
     "mark is an older copy"},
};

class StoreDamageTest : public ::testing::TestWithParam<Damage> {};

INSTANTIATE_TEST_SUITE_P(Damages, StoreDamageTest,
                         ::testing::ValuesIn(kDamages),
                         [](const auto& info) { return info.param.name; });

TEST_P(StoreDamageTest, IsReportedWithItsRecord) {
  const std::unique_ptr<TestLog> log = FilledLog();
  ASSERT_NO_FATAL_FAILURE(GetParam().make(*log));
  EXPECT_THAT(Check(*log).damages, Contains(HasSubstr(GetParam().words)));
}

// Records of certificates that contradict the log: of `kept`, which is in force
// again after a hold, and `lost`, whose key was compromised.
struct RevokedLog {
  std::shared_ptr<const smime::AdmittedCertificate> kept;
  std::shared_ptr<const smime::AdmittedCertificate> lost;
  Contents contents;

  std::string& Record(Table table, absl::string_view key) {
    auto found = contents.find({table, std::string(key)});
    EXPECT_NE(found, contents.end());
    return found->second;
  }
  v1::RevocationRecord Revocation(const smime::AdmittedCertificate& of) {
    auto record =
        DecodeRevocationRecord(Record(Table::kRevocations, of.sha256.view()));
    EXPECT_THAT(record, IsOk());
    return *record;
  }
  v1::RevocationRecord Standing(const smime::AdmittedCertificate& of) {
    auto record =
        DecodeRevocationRecord(Record(Table::kRevocations, SerialKeyOf(of)));
    EXPECT_THAT(record, IsOk());
    return *record;
  }
  void Set(const Put& put) { contents[{put.table, put.key}] = put.value; }
};

constexpr char kRevoked[] = "revoked@example.org";

// Made once.
RevokedLog NewRevokedLog() {
  static const RevokedLog& made = *[] {
    auto* revoked = new RevokedLog;
    TestLog log;
    EXPECT_THAT(log.Start(), IsOk());
    revoked->kept = Authority().Issue({kRevoked});
    revoked->lost = Authority().Issue({kRevoked});
    const auto revoke = [&](const auto& certificate, v1::CrlReason reason) {
      Submission submission;
      submission.certificate = certificate;
      submission.cause = reason == v1::CRL_REASON_REMOVE_FROM_CRL
                             ? PublishCause::kRestored
                             : PublishCause::kRevoked;
      submission.reason = reason;
      EXPECT_THAT(log.Publish({submission})->results[0], IsOk());
    };
    EXPECT_THAT(log.Publish({Submit(kRevoked, revoked->kept)}), IsOk());
    EXPECT_THAT(log.Publish({Submit(kRevoked, revoked->lost)}), IsOk());
    revoke(revoked->kept, v1::CRL_REASON_CERTIFICATE_HOLD);
    revoke(revoked->kept, v1::CRL_REASON_REMOVE_FROM_CRL);
    revoke(revoked->lost, v1::CRL_REASON_KEY_COMPROMISE);
    log.sequencer().Stop();
    revoked->contents = *ScanAll(log.storage());
    return revoked;
  }();
  return made;
}

std::vector<std::string> DamagesOf(const RevokedLog& log) {
  ContentsDisk disk(log.contents);
  const auto storage = disk.Open();
  EXPECT_THAT(storage, IsOk());
  std::vector<std::string> damages;
  EXPECT_THAT(CheckStore(**storage, nullptr,
                         {.damage =
                              [&](const std::string& damage) {
                                damages.push_back(damage);
                              }}),
              IsOk());
  return damages;
}

TEST(RevokedStoreCheckTest, FindsRevocationsSound) {
  RevokedLog log = NewRevokedLog();
  EXPECT_THAT(DamagesOf(log), ::testing::IsEmpty());
  log.contents[{Table::kRevocations, std::string(40, 'k')}] = "";
  EXPECT_THAT(DamagesOf(log), Contains(HasSubstr("revocation of 6b6b")));
}

struct RecordDamage {
  std::string name;
  std::function<void(RevokedLog& log)> make;
  std::string words;
};

const RecordDamage kRecordDamages[] = {
    {"RevocationMissing",
     [](RevokedLog& log) {
       log.contents.erase({Table::kRevocations, log.lost->sha256.ToString()});
     },
     "is missing, but version 4 of revoked@example.org comes from one"},
    {"RevocationOfAnEarlierVersion",
     [](RevokedLog& log) {
       v1::RevocationRecord record = log.Revocation(*log.lost);
       record.mutable_versions(0)->set_version(3);
       log.Set(RevocationPut(log.lost->sha256, record));
     },
     "names neither version 4 of revoked@example.org"},
    {"RevocationOfAVersionThatDoesNotSaySo",
     [](RevokedLog& log) {
       v1::RevocationRecord record = log.Revocation(*log.kept);
       record.mutable_versions(0)->set_version(4);
       log.Set(RevocationPut(log.kept->sha256, record));
     },
     "version 4 of revoked@example.org does not say the same"},
    {"RevocationForAnotherReason",
     [](RevokedLog& log) {
       v1::RevocationRecord record = log.Revocation(*log.lost);
       record.set_reason(v1::CRL_REASON_SUPERSEDED);
       log.Set(RevocationPut(log.lost->sha256, record));
     },
     "version 4 of revoked@example.org does not say the same"},
    {"HoldThatWasLifted",
     [](RevokedLog& log) {
       v1::RevocationRecord record = log.Revocation(*log.kept);
       record.set_reason(v1::CRL_REASON_CERTIFICATE_HOLD);
       log.Set(RevocationPut(log.kept->sha256, record));
     },
     "version 3 of revoked@example.org does not say the same"},
    {"RevocationWithoutVersions",
     [](RevokedLog& log) {
       v1::RevocationRecord record = log.Revocation(*log.lost);
       record.clear_versions();
       log.Set(RevocationPut(log.lost->sha256, record));
     },
     "names no version"},
    {"CompromisedKeyMissing",
     [](RevokedLog& log) {
       log.contents.erase(
           {Table::kCompromisedKeys, log.lost->key_sha256.ToString()});
     },
     "is missing, but the revocation of"},
    {"CompromisedKeyOfAnotherCertificate",
     [](RevokedLog& log) {
       v1::CompromisedKeyRecord record;
       record.set_certificate_sha256(log.lost->sha256.ToString());
       log.Set(CompromisedKeyPut({}, record));
     },
     "has another key"},
    {"CompromisedKeyThatWasNot",
     [](RevokedLog& log) {
       v1::CompromisedKeyRecord record;
       record.set_certificate_sha256(log.kept->sha256.ToString());
       log.Set(CompromisedKeyPut(log.kept->key_sha256, record));
     },
     "was not revoked for keyCompromise"},
    {"SerialStandingMissing",
     [](RevokedLog& log) {
       log.contents.erase({Table::kRevocations, SerialKeyOf(*log.lost)});
     },
     "is missing, but there is the revocation of"},
    {"SerialStandingForAnotherReason",
     [](RevokedLog& log) {
       v1::RevocationRecord record = log.Standing(*log.lost);
       record.set_reason(v1::CRL_REASON_REMOVE_FROM_CRL);
       log.Set(RevokedSerialPut(SerialNumberOf(*log.lost), record));
     },
     "no revocation of a certificate with that number has its reason"},
    {"SerialStandingOfAnotherTime",
     [](RevokedLog& log) {
       v1::RevocationRecord record = log.Standing(*log.lost);
       record.set_time_ms(record.time_ms() + 1);
       log.Set(RevokedSerialPut(SerialNumberOf(*log.lost), record));
     },
     "no revocation of a certificate with that number has its time"},
    {"SerialStandingOfAnotherPublisher",
     [](RevokedLog& log) {
       v1::RevocationRecord record = log.Standing(*log.lost);
       record.set_publisher("somebody");
       log.Set(RevokedSerialPut(SerialNumberOf(*log.lost), record));
     },
     "no revocation of a certificate with that number has its time and "
     "publisher"},
    {"SerialStandingWithVersions",
     [](RevokedLog& log) {
       log.Set(RevokedSerialPut(SerialNumberOf(*log.lost),
                                log.Revocation(*log.lost)));
     },
     "names versions"},
    {"SerialStandingOfANumberThatNobodyHas",
     [](RevokedLog& log) {
       log.Set(RevokedSerialPut({log.lost->issuer_key_sha256(), "\x07"},
                                log.Standing(*log.lost)));
     },
     "revocation of the serial number 07"},
    {"SerialMissing",
     [](RevokedLog& log) {
       const SerialNumber number = SerialNumber::FromHex(
           log.kept->issuer_key_sha256(), log.kept->serial_hex);
       log.contents.erase(
           {Table::kSerials, SerialPut(number, log.kept->sha256).key});
     },
     "is missing, but version 0 of revoked@example.org"},
    {"SerialOfAnotherNumber",
     [](RevokedLog& log) {
       log.Set(SerialPut({log.kept->issuer_key_sha256(), "\x77"},
                         log.kept->sha256));
     },
     "has another issuer or number"},
};

class RecordDamageTest : public ::testing::TestWithParam<RecordDamage> {};

INSTANTIATE_TEST_SUITE_P(Records, RecordDamageTest,
                         ::testing::ValuesIn(kRecordDamages),
                         [](const auto& info) { return info.param.name; });

TEST_P(RecordDamageTest, IsReportedWithItsRecord) {
  RevokedLog log = NewRevokedLog();
  GetParam().make(log);
  EXPECT_THAT(DamagesOf(log), Contains(HasSubstr(GetParam().words)));
}

}  // namespace
}  // namespace sealbook::server

// Backups of running and stopped servers, and what becomes of them.
#include "server/commands/backup.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/backup/backup_folder.h"
#include "server/backup/control_socket.h"
#include "server/backup/record_stream.h"
#include "server/clock.h"
#include "server/commands/check.h"
#include "server/commands/exit_code.h"
#include "server/commands/migrate.h"
#include "server/commands/open_log.h"
#include "server/commands/restore.h"
#include "server/commands/testing/test_site.h"
#include "server/storage/memory_storage.h"
#include "server/storage/testing/contents.h"
#include "server/storage/testing/status_matchers.h"

namespace sealbook::server {
namespace {

namespace fs = std::filesystem;

using testing::Clients;
using testing::Contents;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::Refuses;
using testing::ScanAll;
using testing::TestSite;
using testing::WriteFile;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void Publish(const TestSite& site, const Daemon& daemon,
             const std::vector<std::string>& emails) {
  v1::PublishResponse response;
  ASSERT_TRUE(
      Clients(site, daemon).Publish({site.Item(emails)}, &response).ok());
  ASSERT_EQ(response.results(0).publications_size(), emails.size());
}

class BackupTest : public ::testing::Test {
 protected:
  absl::Status Run(BackupOptions options = {}) {
    if (options.to.empty()) options.to = to_;
    return Backup(site_.config(), options, SystemClock(), out_, progress_);
  }
  absl::Status RunRestore(const Config& into, RestoreOptions options = {}) {
    options.from = to_;
    return Restore(into, options, SystemClock(), out_, progress_);
  }
  // What the log of the site holds.
  Contents Stored(const TestSite& site) {
    const absl::StatusOr<OpenStore> store = OpenStoreOf(site.config());
    EXPECT_THAT(store, IsOk());
    return store.ok() ? *ScanAll(*store->storage) : Contents();
  }
  void MakeLog() { Publish(site_, *site_.Start(), {"a@example.org"}); }

  TestSite site_;
  const std::string to_ = site_.path("backup");
  std::ostringstream out_;
  std::ostringstream progress_;
};

TEST_F(BackupTest, HoldsWhatTheRunningServerHas) {
  std::unique_ptr<Daemon> daemon = site_.Start();
  Publish(site_, *daemon, {"a@example.org", "b@example.org"});
  ASSERT_THAT(Run(), IsOk());
  EXPECT_THAT(out_.str(), HasSubstr("from the running server"));
  EXPECT_THAT(progress_.str(), HasSubstr("(100%)"));
  daemon.reset();
  {
    const auto backup = OpenBackup(to_);
    ASSERT_THAT(backup, IsOk());
    EXPECT_EQ(*ScanAll(*backup->storage), Stored(site_));
    EXPECT_EQ(backup->manifest.records, Stored(site_).size());
  }
  ASSERT_THAT(CheckBackup(to_, {}, SystemClock(), out_, progress_), IsOk());
  EXPECT_THAT(out_.str(), HasSubstr("the store is sound"));
  EXPECT_EQ(fs::status(to_).permissions() & fs::perms::others_all,
            fs::perms::none);
}

TEST_F(BackupTest, HoldsWhatAStoppedServerLeft) {
  MakeLog();
  ASSERT_THAT(Run(), IsOk());
  const auto backup = OpenBackup(to_ + "/");
  ASSERT_THAT(backup, IsOk());
  EXPECT_EQ(*ScanAll(*backup->storage), Stored(site_));
}

TEST_F(BackupTest, IsOfOneMomentWhilePublicationsGoOn) {
  const std::unique_ptr<Daemon> daemon = site_.Start();
  Publish(site_, *daemon, {"first@example.org"});
  std::thread publisher([&] {
    for (int i = 0; i < 10; ++i) {
      Publish(site_, *daemon, {"u" + std::to_string(i) + "@example.org"});
    }
  });
  std::vector<std::string> folders;
  for (int i = 0; i < 4; ++i) {
    folders.push_back(to_ + std::to_string(i));
    EXPECT_THAT(Run({.to = folders.back()}), IsOk());
  }
  publisher.join();
  for (const std::string& folder : folders) {
    EXPECT_THAT(CheckBackup(folder, {}, SystemClock(), out_, progress_), IsOk())
        << out_.str();
  }
}

TEST_F(BackupTest, RefusesAPlaceThatIsTakenOrWrong) {
  MakeLog();
  fs::create_directory(to_);
  EXPECT_THAT(Run(), Refuses(absl::StatusCode::kAlreadyExists, to_));
  EXPECT_TRUE(fs::is_empty(to_));
  fs::remove(to_);
  fs::create_directory(to_ + ".partial");
  WriteFile(to_ + ".partial/theirs", "x");
  EXPECT_THAT(Run(), Refuses(absl::StatusCode::kAlreadyExists, "interrupted"));
  EXPECT_TRUE(fs::exists(to_ + ".partial/theirs"));
  EXPECT_THAT(Run({.to = site_.path("none/backup")}),
              Refuses(absl::StatusCode::kNotFound, "make it first"));
  EXPECT_THAT(Run({.to = site_.path("data/backup")}),
              Refuses(absl::StatusCode::kInvalidArgument, "within data_dir"));
}

TEST_F(BackupTest, LeavesNothingWhenItIsInterrupted) {
  MakeLog();
  {
    // Enough records to be asked.
    const absl::StatusOr<OpenStore> store = OpenStoreOf(site_.config());
    ASSERT_THAT(store, IsOk());
    for (int i = 0; i < 100; ++i) {
      ASSERT_THAT(store->storage->PutRecord(
                      {Table::kLabels, "l" + std::to_string(i), "x"}),
                  IsOk());
    }
  }
  EXPECT_THAT(Run({.cancelled = [] { return true; }}),
              Refuses(absl::StatusCode::kCancelled, "interrupted"));
  EXPECT_FALSE(fs::exists(to_));
  EXPECT_FALSE(fs::exists(to_ + ".partial"));
}

TEST_F(BackupTest, NeedsRoomAndALog) {
  EXPECT_THAT(Run(), Refuses(absl::StatusCode::kNotFound, "sealbookd init"));
  ASSERT_THAT(site_.Init(), IsOk());
  EXPECT_THAT(Run(),
              Refuses(absl::StatusCode::kFailedPrecondition, "no entry yet"));
  Config config = site_.config();
  config.min_free_disk_bytes = uint64_t{1} << 60;
  EXPECT_THAT(Backup(config, {.to = to_}, SystemClock(), out_, progress_),
              Refuses(absl::StatusCode::kResourceExhausted, "MB free"));
  EXPECT_FALSE(fs::exists(to_ + ".partial"));
}

TEST_F(BackupTest, IsRefusedWhenItsManifestIsNotItsOwn) {
  MakeLog();
  ASSERT_THAT(Run(), IsOk());
  const std::string manifest = ReadFile(to_ + "/BACKUP");
  const auto with = [&](const std::string& what, const std::string& instead) {
    std::string text = manifest;
    const size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    WriteFile(to_ + "/BACKUP", text.replace(at, what.size(), instead));
    return OpenBackup(to_).status();
  };
  EXPECT_THAT(with("tree_size 2", "tree_size 3"),
              Refuses(absl::StatusCode::kDataLoss, "does not belong"));
  EXPECT_THAT(with("tree_size 2", "tree_size x"),
              Refuses(absl::StatusCode::kDataLoss, "damaged"));
  EXPECT_THAT(with("log ", "log 00"),
              Refuses(absl::StatusCode::kDataLoss, "damaged"));
  EXPECT_THAT(with("format 1", "format 2"),
              Refuses(absl::StatusCode::kFailedPrecondition, "format 2"));
  EXPECT_THAT(with("sealbook backup", "another file"),
              Refuses(absl::StatusCode::kDataLoss, "not the manifest"));
  EXPECT_EQ(ExitCodeOf(CheckBackup(to_, {}, SystemClock(), out_, progress_)),
            ExitCode::kUnsafe);
  fs::remove(to_ + "/BACKUP");
  EXPECT_THAT(OpenBackup(to_),
              Refuses(absl::StatusCode::kNotFound, "not a finished backup"));
}

TEST_F(BackupTest, IsCountedWhenItIsChecked) {
  MakeLog();
  ASSERT_THAT(Run(), IsOk());
  const BackupManifest was = OpenBackup(to_)->manifest;
  for (const int change : {1, -1}) {
    BackupManifest manifest = was;
    manifest.records += static_cast<uint64_t>(change);
    WriteFile(to_ + "/BACKUP", manifest.ToText());
    out_.str("");
    EXPECT_EQ(ExitCodeOf(CheckBackup(to_, {}, SystemClock(), out_, progress_)),
              ExitCode::kUnsafe);
    EXPECT_THAT(out_.str(),
                HasSubstr(absl::StrCat("DAMAGE: the backup holds ", was.records,
                                       " records of ", was.bytes)));
  }
  BackupManifest manifest = was;
  ++manifest.bytes;
  WriteFile(to_ + "/BACKUP", manifest.ToText());
  EXPECT_EQ(ExitCodeOf(CheckBackup(to_, {}, SystemClock(), out_, progress_)),
            ExitCode::kUnsafe);
  WriteFile(to_ + "/BACKUP", was.ToText());
  EXPECT_THAT(CheckBackup(to_, {}, SystemClock(), out_, progress_), IsOk());
}

TEST_F(BackupTest, IsRefusedInThePlaceOfTheData) {
  MakeLog();
  ASSERT_THAT(Run(), IsOk());
  Publish(site_, *site_.Start(), {"later@example.org"});
  fs::remove_all(site_.path("data"));
  fs::copy(to_ + "/data", site_.path("data"), fs::copy_options::recursive);
  const absl::Status status = site_.StartError();
  EXPECT_THAT(status, Refuses(absl::StatusCode::kFailedPrecondition,
                              "older copy of the log"));
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kUnsafe);
}

TEST(ControlSocketTest, AnswersOneCallerAtATime) {
  const auto storage = MemoryStorage::Create(std::make_shared<MemoryDisk>());
  ASSERT_THAT(storage, IsOk());
  // More than a socket's buffers take.
  for (char name = 'a'; name < 'g'; ++name) {
    ASSERT_THAT((*storage)->PutRecord({Table::kLabels, std::string(1, name),
                                       std::string(1 << 20, name)}),
                IsOk());
  }
  const testing::TemporaryDirectory folder;
  // A path that is longer than a socket's address.
  const std::string deep = folder.path() + "/" + std::string(150, 'd');
  ASSERT_TRUE(fs::create_directory(deep));
  auto control = ControlSocket::Start(deep, **storage);
  ASSERT_THAT(control, IsOk());
  const auto first = AskForRecords(deep);
  const auto second = AskForRecords(deep);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  uint64_t bytes = 0;
  const auto take = [&](Table, absl::string_view, absl::string_view value) {
    bytes += value.size();
    return absl::OkStatus();
  };
  EXPECT_THAT(ReceiveRecords(first->get(), take), IsOk());
  EXPECT_EQ(bytes, 6 << 20);
  EXPECT_THAT(ReceiveRecords(second->get(), take),
              Refuses(absl::StatusCode::kAborted, "another backup is running"));

  // A caller that reads nothing does not hold up the end.
  const auto third = AskForRecords(deep);
  ASSERT_THAT(third, IsOk());
  control->reset();
  EXPECT_THAT(ReceiveRecords(third->get(), take),
              Refuses(absl::StatusCode::kUnavailable, "stopped short"));
  EXPECT_THAT(AskForRecords(deep),
              Refuses(absl::StatusCode::kNotFound, "cannot reach a server"));
}

class RestoreTest : public BackupTest {
 protected:
  RestoreTest() {
    std::unique_ptr<Daemon> daemon = site_.Start();
    for (int version = 0; version < 3; ++version) {
      Publish(site_, *daemon, {"a@example.org", "b@example.org"});
    }
    Publish(site_, *daemon, {"c@example.org"});
    daemon.reset();
    EXPECT_THAT(Run(), IsOk());
    EXPECT_THAT(other_.Init(), IsOk());
  }

  // Without what is a log's own.
  static Contents Carried(const Contents& contents) {
    Contents carried;
    for (const auto& [key, value] : contents) {
      switch (key.first) {
        case Table::kLabels:
        case Table::kPublications:
        case Table::kIssuers:
        case Table::kRevocations:
        case Table::kCompromisedKeys:
        case Table::kSerials:
          carried[key] = value;
          break;
        case Table::kValues:
          // Its key says where it stands in the log.
          carried[{key.first, DecodeValueRecord(value)->value}] = "";
          break;
        default:
          break;
      }
    }
    return carried;
  }

  TestSite other_;
};

TEST_F(RestoreTest, PublishesEverythingInAnotherLog) {
  ASSERT_THAT(RunRestore(other_.config()), IsOk()) << out_.str();
  EXPECT_THAT(out_.str(), HasSubstr("restored 7 versions of 3 labels"));
  EXPECT_EQ(Carried(Stored(other_)), Carried(Stored(site_)));
  EXPECT_THAT(Check(other_.config(), {}, SystemClock(), out_, progress_),
              IsOk())
      << out_.str();
  const std::unique_ptr<Daemon> daemon = other_.Start();
  const testing::LookUp found = Clients(other_, *daemon).Find("a@example.org");
  ASSERT_TRUE(found.found.has_value()) << found.verified;
  EXPECT_EQ(found.found->version, 2);
  // And it goes on.
  Publish(other_, *daemon, {"a@example.org"});
}

TEST_F(RestoreTest, GoesOnWhereItWasInterrupted) {
  // It asks after issuers, publications, serial numbers, and versions.
  for (const int last : {1, 4}) {
    int asked = 0;
    EXPECT_THAT(RunRestore(other_.config(),
                           {.cancelled = [&] { return ++asked == last; }}),
                Refuses(absl::StatusCode::kCancelled, "run it again"));
    const absl::Status refused = other_.StartError();
    EXPECT_THAT(refused, Refuses(absl::StatusCode::kFailedPrecondition,
                                 "being restored"));
    EXPECT_EQ(ExitCodeOf(refused), ExitCode::kUnsafe);
    EXPECT_EQ(
        ExitCodeOf(Check(other_.config(), {}, SystemClock(), out_, progress_)),
        ExitCode::kUnsafe);
  }
  // Another backup cannot go on.
  Publish(site_, *site_.Start(), {"d@example.org"});
  ASSERT_THAT(Run({.to = to_ + "2"}), IsOk());
  EXPECT_THAT(Restore(other_.config(), {.from = to_ + "2"}, SystemClock(), out_,
                      progress_),
              Refuses(absl::StatusCode::kFailedPrecondition,
                      "restore of another backup"));

  ASSERT_THAT(RunRestore(other_.config()), IsOk());
  EXPECT_THAT(out_.str(), HasSubstr("(7 by an earlier run)"));
  EXPECT_THAT(Check(other_.config(), {}, SystemClock(), out_, progress_),
              IsOk())
      << out_.str();
}

TEST_F(RestoreTest, RefusesTheSameLogAndOneThatIsInUse) {
  const absl::Status same = RunRestore(site_.config());
  EXPECT_THAT(same, Refuses(absl::StatusCode::kFailedPrecondition, "same log"));
  EXPECT_EQ(ExitCodeOf(same), ExitCode::kUnsafe);

  const std::unique_ptr<Daemon> daemon = other_.Start();
  EXPECT_THAT(RunRestore(other_.config()),
              Refuses(absl::StatusCode::kUnavailable, "in use"));
  Publish(other_, *daemon, {"z@example.org"});
}

TEST_F(RestoreTest, RefusesALogThatHoldsAddressesOrSharesAKey) {
  Publish(other_, *other_.Start(), {"z@example.org"});
  const absl::Status full = RunRestore(other_.config());
  EXPECT_THAT(full, Refuses(absl::StatusCode::kFailedPrecondition,
                            "holds addresses already"));
  EXPECT_EQ(ExitCodeOf(full), ExitCode::kUnsafe);

  TestSite third;
  fs::copy(site_.path("signing.pem"), third.path("signing.pem"));
  fs::copy(other_.path("vrf.pem"), third.path("vrf.pem"));
  ASSERT_THAT(third.Init(), IsOk());
  EXPECT_THAT(RunRestore(third.config()),
              Refuses(absl::StatusCode::kFailedPrecondition, "has a key of"));
}

TEST_F(RestoreTest, RefusesADamagedBackup) {
  {
    const auto backup = OpenBackup(to_);
    ASSERT_THAT(backup, IsOk());
    ASSERT_THAT(backup->storage->PutRecord(LabelPut("a@example.org", 9)),
                IsOk());
  }
  const absl::Status status = RunRestore(other_.config());
  EXPECT_THAT(status,
              Refuses(absl::StatusCode::kDataLoss, "rely on this backup"));
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kUnsafe);
  // Nothing was begun.
  EXPECT_NE(other_.Start(), nullptr);
}

TEST_F(BackupTest, MigrateSaysThatTheFormatIsTheNewest) {
  MakeLog();
  EXPECT_THAT(MigrateData(site_.config(), /*dry_run=*/false, out_), IsOk());
  EXPECT_THAT(out_.str(), HasSubstr("format 1 is the newest; nothing to do"));
  WriteFile(site_.path("data/FORMAT"), "sealbook storage\nformat 2\n");
  const absl::Status newer =
      MigrateData(site_.config(), /*dry_run=*/true, out_);
  EXPECT_THAT(newer, Refuses(absl::StatusCode::kFailedPrecondition,
                             "a newer sealbookd wrote it"));
  EXPECT_EQ(ExitCodeOf(newer), ExitCode::kUnsafe);
  EXPECT_THAT(site_.StartError(), Refuses(absl::StatusCode::kFailedPrecondition,
                                          "run that version"));
  WriteFile(site_.path("data/FORMAT"), "sealbook storage\nformat 0\n");
  EXPECT_THAT(site_.StartError(), Refuses(absl::StatusCode::kFailedPrecondition,
                                          "run `sealbookd migrate`"));
  EXPECT_THAT(MigrateData(site_.config(), /*dry_run=*/false, out_),
              Refuses(absl::StatusCode::kFailedPrecondition,
                      "no step of this program"));
}

}  // namespace
}  // namespace sealbook::server

#include "client/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "client/files.h"
#include "client/testing/temp_folder.h"
#include "keytrans/refusal.h"

namespace sealbook::client {
namespace {

using keytrans::RefusalReason;
using ::testing::HasSubstr;

Exchange Example() {
  return {.configuration = std::string("c\0c", 3),
          .request = "request",
          .response = "response",
          .time_ms = 1767225600123,
          .view = "view",
          .issuers = {"issuer"}};
}

int FilesBelow(const std::string& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    count += !entry.path().empty();
  }
  return count;
}

TEST(ExchangeTest, ReadsBackWhatItWrote) {
  TempFolder folder;
  for (AnswerKind kind :
       {AnswerKind::kFound, AnswerKind::kAbsent, AnswerKind::kNoSuchVersion,
        AnswerKind::kHistory, AnswerKind::kAsOf, AnswerKind::kDistinguished}) {
    Exchange exchange = Example();
    exchange.kind = kind;
    if (kind == AnswerKind::kDistinguished) {
      exchange.other = {.request = "r", .response = "a", .time_ms = 7};
      exchange.heads_text = "text";
      exchange.bare_heads = "bare";
    }
    if (kind == AnswerKind::kAbsent) {
      exchange.view.reset();
      exchange.issuers.clear();
    }
    std::string place = folder.path(std::to_string(static_cast<int>(kind)));
    ASSERT_TRUE(WriteExchange(place, exchange).ok());
    auto read = ReadExchange(place);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, exchange);
  }
}

TEST(ExchangeTest, WritesTheNamedFiles) {
  TempFolder folder;
  ASSERT_TRUE(WriteExchange(folder.path("e"), Example()).ok());
  EXPECT_EQ(ReadFile(folder.path("e/response.tls")).value(), "response");
  EXPECT_EQ(ReadFile(folder.path("e/time")).value(), "1767225600123\n");
  EXPECT_EQ(ReadFile(folder.path("e/issuers/"
                                 "535c6f8eb511f5d966a1b0725df92ebf"
                                 "27514faba945cbbd698e23ac72c41757.der"))
                .value(),
            "issuer");
  EXPECT_EQ(FilesBelow(folder.path("e/issuers")), 1);
}

TEST(ExchangeTest, NamesAMissingFileOfTheOtherAnswer) {
  TempFolder folder;
  Exchange exchange = Example();
  exchange.kind = AnswerKind::kDistinguished;
  exchange.other = {.request = "r", .response = "a", .time_ms = 7};
  for (const char* file : {"request.tls", "distinguished.tls", "time"}) {
    const std::string place = folder.path(file);
    ASSERT_TRUE(WriteExchange(place, exchange).ok());
    const std::string missing = place + "/other/" + file;
    ASSERT_TRUE(std::filesystem::remove(missing));
    const absl::Status status = ReadExchange(place).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(missing));
  }
}

// The same answer may contradict many things.
TEST(ExchangeTest, KeepsEachContradictionOfOneAnswer) {
  TempFolder folder;
  const absl::Status refusal = keytrans::Refuse(RefusalReason::kFork, "two");
  Exchange exchange = Example();
  exchange.kind = AnswerKind::kDistinguished;
  KeepEvidence(folder.path("e"), exchange, refusal).IgnoreError();
  for (const char* other : {"a", "b"}) {
    exchange.other = {.request = "r", .response = other, .time_ms = 7};
    KeepEvidence(folder.path("e"), exchange, refusal).IgnoreError();
  }
  exchange.other.reset();
  exchange.heads_text = "text";
  KeepEvidence(folder.path("e"), exchange, refusal).IgnoreError();
  exchange.heads_text.reset();
  exchange.bare_heads = "bare";
  KeepEvidence(folder.path("e"), exchange, refusal).IgnoreError();
  EXPECT_EQ(FilesBelow(folder.path("e/fork")), 5);
}

TEST(ExchangeTest, OverwritesNothing) {
  TempFolder folder;
  ASSERT_TRUE(WriteNewFile(folder.path("mine"), "").ok());
  absl::Status status = WriteExchange(folder.path(), Example());
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("not empty"));
  EXPECT_EQ(FilesBelow(folder.path()), 1);
}

TEST(ExchangeTest, NamesAMissingFile) {
  TempFolder folder;
  ASSERT_TRUE(WriteExchange(folder.path("e"), Example()).ok());
  std::filesystem::remove(folder.path("e/response.tls"));
  absl::Status status = ReadExchange(folder.path("e")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("response.tls"));
}

TEST(ExchangeTest, RefusesAnAnswerThatIsAlsoAnAbsence) {
  TempFolder folder;
  ASSERT_TRUE(WriteExchange(folder.path("e"), Example()).ok());
  ASSERT_TRUE(WriteNewFile(folder.path("e/absence.tls"), "x").ok());
  absl::Status status = ReadExchange(folder.path("e")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("both"));
}

TEST(ExchangeTest, RefusesAnIssuerUnderAnotherName) {
  TempFolder folder;
  ASSERT_TRUE(WriteExchange(folder.path("e"), Example()).ok());
  ASSERT_TRUE(WriteNewFile(folder.path("e/issuers/00.der"), "x").ok());
  absl::Status status = ReadExchange(folder.path("e")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("SHA-256"));
}

TEST(ExchangeTest, ReadsTimesInMilliseconds) {
  EXPECT_EQ(ParseTime(" 17\n").value(), 17u);
  EXPECT_EQ(ParseTime("18446744073709551615").value(), UINT64_MAX);
  for (const char* bad :
       {"", "x", "1x", "-1", "+1", "1.5", "1 2", "18446744073709551616"}) {
    absl::Status status = ParseTime(bad).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), HasSubstr("milliseconds"));
  }
}

TEST(EvidenceTest, KeepsARefusedAnswerOnce) {
  TempFolder folder;
  absl::Status refusal =
      keytrans::Refuse(RefusalReason::kRootMismatch, "log entry 3");
  Exchange exchange = Example();
  exchange.retained = "retained";
  absl::Status kept = KeepEvidence(folder.path("ev"), exchange, refusal);
  EXPECT_EQ(keytrans::RefusalOf(kept), RefusalReason::kRootMismatch);
  EXPECT_THAT(std::string(kept.message()), HasSubstr("evidence kept in"));
  std::string place = EvidenceOf(kept).value();
  EXPECT_THAT(place, HasSubstr("/root-mismatch/"));
  EXPECT_EQ(ReadExchange(place).value(), exchange);
  EXPECT_EQ(ReadFile(place + "/refusal.txt").value(),
            "root-mismatch\nlog entry 3\n");
  EXPECT_EQ(ReadFile(place + "/retained.tls").value(), "retained");

  Exchange later = exchange;
  later.time_ms += 5;
  absl::Status again = KeepEvidence(folder.path("ev"), later, refusal);
  EXPECT_EQ(EvidenceOf(again), place);
  EXPECT_EQ(FilesBelow(folder.path("ev/root-mismatch")), 1);
}

TEST(EvidenceTest, LeavesNoHalfEvidence) {
  TempFolder folder;
  absl::Status refusal = keytrans::Refuse(RefusalReason::kLadder, "version 2");
  Exchange exchange = Example();
  std::string place =
      EvidenceOf(KeepEvidence(folder.path("ev"), exchange, refusal)).value();
  // As after a crash in the middle.
  std::string partial = place + ".partial-" + std::to_string(getpid());
  std::filesystem::rename(place, partial);
  std::filesystem::remove(partial + "/refusal.txt");
  absl::Status again = KeepEvidence(folder.path("ev"), exchange, refusal);
  EXPECT_EQ(EvidenceOf(again), place);
  EXPECT_EQ(ReadFile(place + "/refusal.txt").value(), "ladder\nversion 2\n");
  EXPECT_EQ(FilesBelow(folder.path("ev/ladder")), 1);
}

TEST(EvidenceTest, StopsBeforeItFillsTheDisk) {
  TempFolder folder;
  absl::Status stale = keytrans::Refuse(RefusalReason::kStaleHead, "old");
  Exchange exchange = Example();
  absl::Status kept;
  for (int i = 0; i <= kMaxEvidence; ++i) {
    exchange.response = std::to_string(i);
    kept = KeepEvidence(folder.path("ev"), exchange, stale);
  }
  EXPECT_EQ(EvidenceOf(kept), std::nullopt);
  EXPECT_EQ(keytrans::RefusalOf(kept), RefusalReason::kStaleHead);
  EXPECT_THAT(std::string(kept.message()), HasSubstr("not kept"));
  EXPECT_EQ(FilesBelow(folder.path("ev/stale-head")), kMaxEvidence);
  // Harmless refusals do not crowd out a fork.
  absl::Status fork = keytrans::Refuse(RefusalReason::kFork, "two");
  EXPECT_NE(EvidenceOf(KeepEvidence(folder.path("ev"), exchange, fork)),
            std::nullopt);
}

TEST(EvidenceTest, TheRefusalStaysWhenTheEvidenceCannotBeKept) {
  TempFolder folder;
  ASSERT_TRUE(WriteNewFile(folder.path("ev"), "in the way").ok());
  absl::Status kept =
      KeepEvidence(folder.path("ev"), Example(),
                   keytrans::Refuse(RefusalReason::kSignature, "bad"));
  EXPECT_EQ(keytrans::RefusalOf(kept), RefusalReason::kSignature);
  EXPECT_EQ(EvidenceOf(kept), std::nullopt);
  EXPECT_THAT(std::string(kept.message()),
              AllOf(HasSubstr("bad"), HasSubstr("evidence not kept")));
}

}  // namespace
}  // namespace sealbook::client

// What the tests of lies to contacts and owners share.
#ifndef SEALBOOK_KEYTRANS_TESTING_LYING_LOG_H_
#define SEALBOOK_KEYTRANS_TESTING_LYING_LOG_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/cipher_suite.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/lies.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/testing/test_owner.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {

inline constexpr uint64_t kBegin = 1'700'000'000'000;
inline constexpr uint64_t kLyingStep = 60'000;
inline constexpr char kLiedAbout[] = "alice@example.org";

// Entries a minute apart. With a window of five minutes, 0, 1, 3, 7, 11 and 15
// are distinguished, as soon as there is an entry to their right that is young
// enough.
class LyingLogTest : public ::testing::TestWithParam<crypto::CipherSuite> {
 protected:
  LyingLogTest() : log_(5 * kLyingStep, TestKeys::kReal, GetParam()) {}

  uint64_t Next() const { return kBegin + log_.size() * kLyingStep; }
  void Append(const std::vector<TestLog::NewVersion>& versions) {
    log_.Append(Next(), versions);
  }
  void AppendUntil(uint64_t size) {
    while (log_.size() < size) Append({});
  }
  // Shown by this entry alone.
  void AppendPassing(const std::string& value) {
    Append({{.label = kLiedAbout, .value = value, .passing = true}});
  }
  // Versions 0, 1 and 2 come in at 2, 5 and 9; there are 13 entries.
  void MakeLogWithThreeVersions() {
    AppendUntil(2);
    Append({{kLiedAbout, "zero"}});
    AppendUntil(5);
    Append({{kLiedAbout, "one"}});
    AppendUntil(9);
    Append({{kLiedAbout, "two"}});
    AppendUntil(13);
  }

  uint64_t now() const { return log_.entries().back().timestamp; }

  absl::Status Monitor(const TestContact& contact) {
    const ContactMonitorRequest request{contact.view()->size(), kLiedAbout,
                                        contact.entries()};
    return log_.verifier()
        .VerifyContactMonitor(request, contact.view(), contact.keys(),
                              *LieToContact(log_, request).Encode(), now())
        .status();
  }

  absl::Status Init(
      uint64_t start, const std::vector<uint32_t>& greatest,
      const std::function<void(OwnerInitResponse&)>& change =
          [](OwnerInitResponse&) {}) {
    const OwnerInitRequest request{std::nullopt, kLiedAbout, start};
    OwnerInitResponse response =
        LieAboutGreatestVersions(log_, request, greatest);
    change(response);
    return log_.verifier()
        .VerifyOwnerInit(request, std::nullopt, *response.Encode(), now())
        .status();
  }

  absl::StatusOr<VerifiedOwner> Monitor(const OwnerState& owner,
                                        const TreeView& view) {
    const OwnerMonitorRequest request{view.size(), kLiedAbout, owner.entries,
                                      owner.start, owner.Greatest()};
    return log_.verifier().VerifyOwnerMonitor(
        request, view, owner, *LieToOwner(log_, request, owner).Encode(),
        now());
  }
  absl::Status Monitor(const TestOwner& owner) {
    return Monitor(owner.state(), *owner.view()).status();
  }

  absl::StatusOr<VerifiedUpdate> Update(
      const TestOwner& owner, uint64_t position, uint32_t greatest,
      const std::function<void(UpdateResponse&)>& change =
          [](UpdateResponse&) {},
      std::vector<LabelValue> values = {}) {
    const UpdateRequest request{owner.view()->size(), kLiedAbout,
                                owner.state().Greatest(), std::move(values)};
    UpdateResponse response =
        LieAboutUpdate(log_, request, owner.state(), position, greatest);
    change(response);
    return log_.verifier().VerifyUpdate(request, owner.view(), owner.state(),
                                        *response.Encode(), now());
  }

  // At entry 11, in a log of 13 entries, with version 0 from entry 2.
  TestOwner OwnerOfVersionZero() {
    AppendUntil(2);
    Append({{kLiedAbout, "zero"}});
    AppendUntil(13);
    TestOwner owner(log_, kLiedAbout);
    EXPECT_EQ(owner.Init(11), absl::OkStatus());
    return owner;
  }

  void ExpectRefused(const absl::Status& status, RefusalReason reason,
                     const std::string& words) {
    EXPECT_EQ(RefusalOf(status), reason) << status;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(words));
  }

  // That a proof does not fit the value's commitment. Where another lookup of
  // the entry, which depends on the keys, ends at the version's leaf, no tree
  // has both.
  void ExpectNotCommitted(const absl::Status& status, RefusalReason reason,
                          const std::string& words) {
    if (RefusalOf(status) == RefusalReason::kPrefixProof) {
      EXPECT_THAT(std::string(status.message()),
                  ::testing::HasSubstr("contradict"));
      return;
    }
    ExpectRefused(status, reason, words);
  }

  TestLog log_;
};

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_TESTING_LYING_LOG_H_

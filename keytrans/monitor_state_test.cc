// Contacts and owners who ask with something else than what they hold: their
// own mistake, and no log's. Under each cipher suite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "crypto/cipher_suite.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/lies.h"
#include "keytrans/testing/lying_log.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/testing/test_owner.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

constexpr char kAlice[] = "alice@example.org";

class MonitorStateTest : public LyingLogTest {};

INSTANTIATE_TEST_SUITE_P(Suites, MonitorStateTest,
                         ::testing::Values(crypto::CipherSuite::kP256,
                                           crypto::CipherSuite::kEd25519),
                         [](const auto& info) {
                           return std::string(
                               crypto::CipherSuiteName(info.param));
                         });

void ExpectOwnMistake(const absl::Status& status, const std::string& words) {
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_EQ(RefusalOf(status), std::nullopt);
  EXPECT_THAT(std::string(status.message()), HasSubstr(words));
}

TEST_P(MonitorStateTest, ContactsHoldWhatTheyAskWith) {
  AppendUntil(12);
  Append({{kAlice, "zero"}});
  TestContact contact(log_, kAlice);
  ASSERT_EQ(contact.Search(), absl::OkStatus());
  AppendUntil(17);
  const ContactMonitorRequest good{13, kAlice, {{12, 0}}};
  const std::string bytes = *LieToContact(log_, good).Encode();
  std::optional<TreeView> view = contact.view();
  LadderKeys keys = contact.keys();
  auto verify = [&](const ContactMonitorRequest& request) {
    return log_.verifier()
        .VerifyContactMonitor(request, view, keys, bytes, now())
        .status();
  };
  EXPECT_EQ(verify(good), absl::OkStatus());
  ExpectOwnMistake(verify({13, kAlice, {{13, 0}}}),
                   "log entry 13 is to be monitored, but the retained tree has "
                   "13 entries");
  ExpectOwnMistake(verify({13, kAlice, {{12, 0}, {12, 1}}}), "do not ascend");
  ExpectOwnMistake(verify({13, kAlice, {{11, 0}, {12, 0}}}), "do not ascend");
  ExpectOwnMistake(verify({13, kAlice, {{11, 1}, {12, 0}}}), "do not ascend");
  ExpectOwnMistake(verify({13, std::string(256, 'a'), {{12, 0}}}), "label");
  ExpectOwnMistake(verify({12, kAlice, {{12, 0}}}), "retained");
  ExpectOwnMistake(verify({13, kAlice, {{12, 1}}}),
                   "no key and commitment of version 1 are retained, which "
                   "monitoring version 1 needs");
  keys.at(0).commitment.reset();
  ExpectOwnMistake(verify(good), "no key and commitment of version 0");
  keys = contact.keys();
  view.reset();
  ExpectOwnMistake(verify({std::nullopt, kAlice, {{12, 0}}}),
                   "no tree is retained");
}

TEST_P(MonitorStateTest, OwnersHoldWhatTheyAskWith) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  ASSERT_EQ(owner.Update(), absl::OkStatus());
  AppendUntil(17);
  OwnerState state = owner.state();
  const OwnerMonitorRequest good{14, kAlice, {{13, 1}}, 11, 1};
  const std::string bytes = *LieToOwner(log_, good, state).Encode();
  std::optional<TreeView> view = owner.view();
  auto verify = [&](const OwnerMonitorRequest& request) {
    return log_.verifier()
        .VerifyOwnerMonitor(request, view, state, bytes, now())
        .status();
  };
  EXPECT_EQ(verify(good), absl::OkStatus());
  const std::string other = "the request does not advertise the owner's state";
  ExpectOwnMistake(verify({14, "bob@example.org", {{13, 1}}, 11, 1}), other);
  ExpectOwnMistake(verify({14, kAlice, {{13, 1}}, 11, 0}), other);
  ExpectOwnMistake(verify({14, kAlice, {{13, 1}}, 7, 1}), other);
  ExpectOwnMistake(verify({14, kAlice, {}, 11, 1}), other);
  ExpectOwnMistake(verify({14, std::string(256, 'a'), {{13, 1}}, 11, 1}),
                   "label");
  ExpectOwnMistake(verify({13, kAlice, {{13, 1}}, 11, 1}), "retained");
  state.entries = {{14, 1}};
  ExpectOwnMistake(verify({14, kAlice, {{14, 1}}, 11, 1}),
                   "log entry 14 is to be monitored");
  state = owner.state();
  state.keys.erase(1);
  ExpectOwnMistake(verify(good), "no key and commitment of version 1");
  state = owner.state();
  state.start = 14;
  ExpectOwnMistake(verify({14, kAlice, {{13, 1}}, 14, 1}), other);
  state = owner.state();
  view.reset();
  ExpectOwnMistake(verify({std::nullopt, kAlice, {{13, 1}}, 11, 1}), other);
}

TEST_P(MonitorStateTest, OwnersAskForUpdatesWithWhatTheyHold) {
  TestOwner owner = OwnerOfVersionZero();
  Append({{kAlice, "one"}});
  AppendUntil(17);
  OwnerState state = owner.state();
  const UpdateRequest good{13, kAlice, 0, {}};
  const std::string bytes = *LieAboutUpdate(log_, good, state, 13, 1).Encode();
  auto verify = [&](const UpdateRequest& request) {
    return log_.verifier()
        .VerifyUpdate(request, owner.view(), state, bytes, now())
        .status();
  };
  EXPECT_EQ(verify(good), absl::OkStatus());
  const std::string other = "the request does not advertise the owner's state";
  ExpectOwnMistake(verify({13, kAlice, 1, {}}), other);
  ExpectOwnMistake(verify({13, std::string(256, 'a'), 0, {}}), "label");
  ExpectOwnMistake(verify({12, kAlice, 0, {}}), "retained");
  state.keys.erase(1);
  ExpectOwnMistake(verify(good),
                   "the owner's state lacks the key of version 1");
}

TEST_P(MonitorStateTest, OwnersBeginWithWhatTheyHold) {
  MakeLogWithThreeVersions();
  const OwnerInitRequest good{std::nullopt, kAlice, 11};
  const std::string bytes =
      *LieAboutGreatestVersions(log_, good, {2, 1}).Encode();
  auto verify = [&](const OwnerInitRequest& request) {
    return log_.verifier()
        .VerifyOwnerInit(request, std::nullopt, bytes, now())
        .status();
  };
  EXPECT_EQ(verify(good), absl::OkStatus());
  ExpectOwnMistake(verify({13, kAlice, 11}), "retained");
  ExpectOwnMistake(verify({std::nullopt, std::string(256, 'a'), 11}), "label");
}

}  // namespace
}  // namespace sealbook::keytrans

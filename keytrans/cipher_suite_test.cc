// Prover and verifier under each cipher suite, with real keys.
#include "crypto/cipher_suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/types.h"
#include "crypto/vrf.h"
#include "keytrans/refusal.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

constexpr char kAlice[] = "alice@example.org";
constexpr char kNobody[] = "nobody@example.org";
constexpr uint64_t kStart = 1'700'000'000'000;
constexpr uint64_t kSize = 13;

class CipherSuiteTest : public ::testing::TestWithParam<crypto::CipherSuite> {
 protected:
  CipherSuiteTest() : CipherSuiteTest(TestKeys::kReal) {}
  explicit CipherSuiteTest(TestKeys keys) : log_(3'600'000, keys, GetParam()) {
    for (uint64_t i = 0; i < kSize; ++i) {
      log_.Append(kStart + i * 600'000,
                  i % 3 == 2 ? std::vector<TestLog::NewVersion>{{kAlice, "v"}}
                             : std::vector<TestLog::NewVersion>{});
    }
    now_ = log_.entries().back().timestamp;
  }

  absl::StatusOr<VerifiedVersion> Verify(const std::string& bytes) const {
    return log_.verifier().VerifySearch(request_, log_.View(4), bytes, now_);
  }

  TestLog log_;
  uint64_t now_;
  const SearchRequest request_{4, kAlice, std::nullopt};
};

std::string Name(const ::testing::TestParamInfo<crypto::CipherSuite>& info) {
  return std::string(crypto::CipherSuiteName(info.param));
}

const auto kSuites = ::testing::Values(crypto::CipherSuite::kP256,
                                       crypto::CipherSuite::kEd25519);

INSTANTIATE_TEST_SUITE_P(Suites, CipherSuiteTest, kSuites, Name);

TEST_P(CipherSuiteTest, ProvesAndVerifiesASearch) {
  auto answer = log_.Answer(request_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  auto found = Verify(answer->bytes);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->version, 3u);
  EXPECT_EQ(found->value, "v");
  EXPECT_EQ(found->view.Root(), log_.Root(kSize));

  auto response =
      SearchResponse::Parse(log_.configuration(), request_, answer->bytes);
  ASSERT_TRUE(response.ok()) << response.status();
  for (const BinaryLadderStep& step : response->binary_ladder) {
    EXPECT_EQ(step.proof.bytes.size(), crypto::VrfProofSize(GetParam()));
  }
}

TEST_P(CipherSuiteTest, ProvesAndVerifiesAnAbsence) {
  const SearchRequest request{4, kNobody, std::nullopt};
  auto answer = log_.Answer(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->kind, SearchAnswer::Kind::kAbsent);
  auto absent =
      log_.verifier().VerifyAbsence(request, log_.View(4), answer->bytes, now_);
  EXPECT_TRUE(absent.ok()) << absent.status();
}

// Every fourth: the curves take long, and FakeCipherSuiteTest flips every bit.
TEST_P(CipherSuiteTest, RefusesChangedBytes) {
  const std::string bytes = log_.Answer(request_)->bytes;
  ASSERT_TRUE(Verify(bytes).ok());
  for (size_t at = 0; at < bytes.size(); at += 4) {
    std::string changed = bytes;
    changed[at] ^= static_cast<char>(1 << at / 4 % 8);
    auto result = Verify(changed);
    ASSERT_TRUE(RefusalOf(result.status()).has_value())
        << "byte " << at << ": " << result.status();
  }
}

TEST_P(CipherSuiteTest, RefusesTheAnswerOfALogWithOtherKeys) {
  const TestLog other(3'600'000, TestKeys::kReal, GetParam());
  auto result = other.verifier().VerifySearch(
      request_, log_.View(4), log_.Answer(request_)->bytes, now_);
  EXPECT_EQ(RefusalOf(result.status()), RefusalReason::kVrfProof)
      << result.status();
}

TEST_P(CipherSuiteTest, RefusesTheAnswerOfTheOtherSuite) {
  const TestLog other(3'600'000, TestKeys::kReal,
                      GetParam() == crypto::CipherSuite::kP256
                          ? crypto::CipherSuite::kEd25519
                          : crypto::CipherSuite::kP256);
  auto result = other.verifier().VerifySearch(
      request_, log_.View(4), log_.Answer(request_)->bytes, now_);
  EXPECT_EQ(RefusalOf(result.status()), RefusalReason::kMalformed)
      << result.status();
}

TEST_P(CipherSuiteTest, RefusesKeysOfTheOtherSuite) {
  Configuration configuration = log_.configuration();
  configuration.ciphersuite = GetParam() == crypto::CipherSuite::kP256
                                  ? crypto::CipherSuite::kEd25519
                                  : crypto::CipherSuite::kP256;
  const absl::Status status = Verifier::Create(configuration).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("bytes, not "));
}

// As many bits as there are, without the cost of curves.
class FakeCipherSuiteTest : public CipherSuiteTest {
 protected:
  FakeCipherSuiteTest() : CipherSuiteTest(TestKeys::kFake) {}
};

INSTANTIATE_TEST_SUITE_P(Suites, FakeCipherSuiteTest, kSuites, Name);

TEST_P(FakeCipherSuiteTest, RefusesEveryFlippedBit) {
  const std::string bytes = log_.Answer(request_)->bytes;
  ASSERT_TRUE(Verify(bytes).ok());
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string changed = bytes;
    changed[bit / 8] ^= static_cast<char>(1 << bit % 8);
    auto result = Verify(changed);
    ASSERT_TRUE(RefusalOf(result.status()).has_value())
        << "bit " << bit << ": " << result.status();
  }
}

}  // namespace
}  // namespace sealbook::keytrans

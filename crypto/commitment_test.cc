#include "crypto/commitment.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace sealbook::crypto {
namespace {

// Expected values by another implementation of HMAC (Python's hmac module)
// under the Kc of [KT] "KT Cipher Suites".
TEST(CommitmentTest, IsHmacSha256UnderTheSuitesFixedKey) {
  EXPECT_EQ(ComputeCommitment("").ToHex(),
            "b70c5cb1afb391501de830e73004cf8e019abfd02a986c64aae438b119c6813a");
  EXPECT_EQ(ComputeCommitment("The quick brown fox").ToHex(),
            "61671677445018ea5e3e52c47b4f4e55f00bcdcd3cd360f9a89fcc2a7cafbed7");
  std::string long_value;
  for (int i = 0; i < 7 * 256; ++i) long_value += static_cast<char>(i);
  EXPECT_EQ(ComputeCommitment(long_value).ToHex(),
            "19bfc659525346d18c7427e85a385e9077d1ad6187e71b391267deb38be92f7a");
}

TEST(CommitmentTest, ThreadsShareTheKeyedState) {
  const Commitment expected = ComputeCommitment("value");
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  threads.reserve(wrong.size());
  for (int& count : wrong) {
    threads.emplace_back([&count, &expected] {
      for (int i = 0; i < 2000; ++i) {
        if (ComputeCommitment("value") != expected) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

}  // namespace
}  // namespace sealbook::crypto

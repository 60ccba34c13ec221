#include "crypto/hash.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sealbook::crypto {
namespace {

// FIPS 180-2, appendix B, and the empty message.
TEST(Sha256Test, AgreesWithThePublishedExamples) {
  EXPECT_EQ(Sha256("abc").ToHex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                .ToHex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256(std::string(1000000, 'a')).ToHex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(Sha256("").ToHex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256Test, PartsAreHashedAsTheirConcatenation) {
  std::string data;
  for (int i = 0; i < 200; ++i) data += static_cast<char>(i);
  Hash whole = Sha256(data);
  absl::string_view view = data;
  for (size_t cut = 0; cut <= data.size(); ++cut) {
    EXPECT_EQ(Sha256({view.substr(0, cut), view.substr(cut)}), whole) << cut;
  }
  EXPECT_EQ(Sha256({}), Sha256(""));
  EXPECT_EQ(Sha256({"", view, absl::string_view()}), whole);
}

TEST(Sha256Test, ZeroBytesCount) {
  EXPECT_NE(Sha256({absl::string_view("\0", 1), "x"}), Sha256("x"));
}

TEST(Sha256Test, ThreadsDoNotDisturbEachOther) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 2000;
  std::vector<Hash> results(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([t, &results] {
      Hash chain = Sha256(absl::StrCat(t));
      for (int i = 0; i < kRounds; ++i) chain = Sha256(chain.view());
      results[t] = chain;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < kThreads; ++t) {
    Hash chain = Sha256(absl::StrCat(t));
    for (int i = 0; i < kRounds; ++i) chain = Sha256(chain.view());
    EXPECT_EQ(results[t], chain) << t;
  }
}

}  // namespace
}  // namespace sealbook::crypto

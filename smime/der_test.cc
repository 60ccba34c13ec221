#include "smime/der.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

namespace sealbook::smime {
namespace {

TEST(CheckDerTest, AcceptsLongLengths) {
  EXPECT_TRUE(CheckDer("\x04\x81\x80" + std::string(0x80, 'x')).ok());
  EXPECT_TRUE(
      CheckDer(absl::HexStringToBytes("04820100") + std::string(0x100, 'x'))
          .ok());
}

struct Case {
  absl::string_view hex;
  absl::string_view why;
};

TEST(CheckDerTest, AcceptsDer) {
  for (absl::string_view hex :
       {"3000", "300302017f", "020100", "02020080", "0201ff", "0101ff",
        "010100", "030100", "030205a0", "0500", "06032a0304", "0603551d0f",
        "0c02c3bc", "170d3236303130313030303030305a",
        "180f32303530303130313030303030305a", "3106020101020102", "0402ffff",
        "a003020102", "8002ffff"}) {
    absl::Status status = CheckDer(absl::HexStringToBytes(hex));
    EXPECT_TRUE(status.ok()) << hex << ": " << status;
  }
}

TEST(CheckDerTest, NamesTheRuleThatIsBroken) {
  for (const Case& c : {
           Case{"", "truncated at offset 0"},
           Case{"30", "truncated"},
           Case{"3003020100ff", "trailing bytes at offset 5"},
           Case{"30030201", "truncated at offset 0"},
           Case{"3002020100", "truncated at offset 2"},
           Case{"30800000", "indefinite length"},
           Case{"308100", "fewest octets"},
           Case{"30820003020100", "fewest octets"},
           Case{"308500000000030201", "excessive length"},
           Case{"1f2000", "tag number above 30"},
           Case{"0200", "empty integer"},
           Case{"0202007f", "integer not in the fewest octets"},
           Case{"0202ff80", "integer not in the fewest octets"},
           Case{"010101", "boolean"},
           Case{"0100", "boolean"},
           Case{"0300", "unused bits"},
           Case{"030208a0", "bad count of unused bits"},
           Case{"030101", "bad count of unused bits"},
           Case{"030205a1", "unused bits not zero"},
           Case{"050100", "null with content"},
           Case{"0600", "truncated object identifier"},
           Case{"06022a83", "truncated object identifier"},
           Case{"06032a8003", "object identifier not in the fewest octets"},
           Case{"0c01ff", "not UTF-8"},
           Case{"170b323630313031303030305a", "time"},
           Case{"18103230353030313031303030302e3030305a", "time"},
           Case{"17113236303130313030303030302b30303030", "time"},
           Case{"3106020102020101", "set not in order"},
           Case{"2403040100", "constructed string"},
           Case{"1000", "primitive sequence"},
       }) {
    absl::Status status = CheckDer(absl::HexStringToBytes(c.hex));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.hex;
    EXPECT_TRUE(absl::StartsWith(status.message(), "der (X.690, ")) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), c.why))
        << c.hex << ": " << status;
  }
}

TEST(CheckDerTest, BoundsTheDepth) {
  std::string nested;
  for (int depth = 0; depth <= 24; ++depth) {
    EXPECT_TRUE(nested.empty() || CheckDer(nested).ok()) << depth;
    nested.insert(0, {'\x30', static_cast<char>(nested.size())});
  }
  EXPECT_TRUE(CheckDer(nested).ok());
  nested.insert(0, {'\x30', static_cast<char>(nested.size())});
  absl::Status status = CheckDer(nested);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "nested too deeply"));
}

}  // namespace
}  // namespace sealbook::smime

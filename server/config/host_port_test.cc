#include "server/config/host_port.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

using ::testing::HasSubstr;

TEST(HostPortTest, ReadsNamesAndBothKindsOfAddresses) {
  const std::vector<std::string> good = {"localhost:0", "127.0.0.1:65535",
                                         "[::]:8443", "[fe80::1%eth0]:1"};
  for (const std::string& text : good) {
    absl::StatusOr<HostPort> parsed = HostPort::Parse(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->ToString(), text);
  }
}

TEST(HostPortTest, RefusesWhatIsNotHostAndPortWithTheValue) {
  struct Case {
    std::string text;
    std::string words;
  };
  const std::vector<Case> cases = {
      {"", "no port"},
      {"localhost", "no port"},
      {":8443", "no such host"},
      {"[]:8443", "no such host"},
      {"a b:8443", "no such host"},
      {"::1:8443", "stands in brackets"},
      {"localhost:", "0 to 65535"},
      {"localhost:65536", "0 to 65535"},
      {"localhost:-1", "0 to 65535"},
      {"localhost:+1", "0 to 65535"},
      {"localhost:http", "0 to 65535"},
      {"localhost:000001", "0 to 65535"},
      {"a\nb:1", "\"a\\nb:1\""},
  };
  for (const Case& c : cases) {
    absl::Status status = HostPort::Parse(c.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.words));
  }
}

TEST(HostPortTest, KnowsLoopbackAddressesAndResolvesNoNames) {
  for (const char* loopback : {"127.0.0.1:1", "127.9.8.7:1", "[::1]:1"}) {
    EXPECT_TRUE(HostPort::Parse(loopback)->IsLoopback()) << loopback;
  }
  for (const char* other :
       {"localhost:1", "0.0.0.0:1", "[::]:1", "128.0.0.1:1", "[::2]:1",
        "[::ffff:127.0.0.1]:1", "127.0.0.1.example.org:1"}) {
    EXPECT_FALSE(HostPort::Parse(other)->IsLoopback()) << other;
  }
}

}  // namespace
}  // namespace sealbook::server

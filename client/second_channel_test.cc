#include "client/second_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "client/directory_info.h"
#include "client/files.h"
#include "client/socks5.h"
#include "client/socks_relay.h"
#include "client/testing/fake_proxy.h"
#include "client/testing/fake_server.h"
#include "client/testing/temp_folder.h"
#include "client/testing/tls.h"
#include "crypto/random.h"
#include "keytrans/testing/test_log.h"

namespace sealbook::client {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

crypto::RandomSource& Random() { return crypto::SystemRandom(); }

TEST(ViaTest, ReadsProxiesAndServers) {
  EXPECT_EQ(std::get<SocksProxy>(*ParseVia("socks5://127.0.0.1:9050")),
            (SocksProxy{.address = {"127.0.0.1", 9050}, .login = {}}));
  EXPECT_EQ(std::get<SocksProxy>(*ParseVia("socks5h://[::1]:9150/")),
            (SocksProxy{.address = {"::1", 9150}, .login = {}}));
  const auto proxy =
      std::get<SocksProxy>(*ParseVia("socks5://me:pass:w@rd@tor:9050"));
  EXPECT_EQ(proxy.address, (HostPort{"tor", 9050}));
  EXPECT_EQ(proxy.login, (SocksProxy::Login{"me", "pass:w@rd"}));
  EXPECT_EQ(std::get<HostPort>(*ParseVia("mirror.example.org:8443")),
            (HostPort{"mirror.example.org", 8443}));
  EXPECT_EQ(HostPort::Parse("[2001:db8::1]:8443")->ToString(),
            "[2001:db8::1]:8443");
}

TEST(ViaTest, RefusesOthers) {
  for (const char* text :
       {"", "host", "host:0", "host:65536", "http://host:1", "socks4://host:1",
        "socks5://", "socks5://host", "socks5://user@host:1",
        "socks5://:password@host:1", "socks5://user:@host:1",
        "socks5://host:1/path", "SOCKS5://host:1"}) {
    EXPECT_EQ(ParseVia(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
  const std::string secret(256, 's');
  const auto refused = ParseVia("socks5://user:" + secret + "@host:1");
  EXPECT_THAT(std::string(refused.status().message()),
              AllOf(HasSubstr("1 to 255 bytes"), Not(HasSubstr(secret))));
}

class Socks5Test : public ::testing::Test {
 protected:
  // An error, since there is no server.
  absl::Status Connect(const HostPort& server = {"directory.example.org", 443},
                       std::optional<SocksProxy::Login> login = {},
                       uint64_t timeout_ms = 5000) {
    return ConnectThroughSocks({.address = proxy_.address(), .login = login},
                               server, timeout_ms, Random())
        .status();
  }
  void ExpectError(absl::StatusCode code, const std::string& word,
                   std::optional<SocksProxy::Login> login = {}) {
    const absl::Status status =
        Connect({"directory.example.org", 443}, std::move(login));
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(word));
  }

  FakeProxy proxy_;
};

TEST_F(Socks5Test, LeavesTheNameToTheProxy) {
  proxy_.method = 0;
  proxy_.reply = 4;
  ExpectError(absl::StatusCode::kUnavailable,
              "did not connect to directory.example.org:443: the host cannot");
  EXPECT_THAT(proxy_.Seen(),
              ElementsAre(std::string("\x05\x02\x00\x02", 4),
                          std::string("\x05\x01\x00\x03\x15"
                                      "directory.example.org\x01\xbb",
                                      28)));
}

TEST_F(Socks5Test, SendsAddressesAsAddresses) {
  proxy_.method = 0;
  proxy_.reply = 1;
  EXPECT_FALSE(Connect({"192.0.2.1", 258}).ok());
  EXPECT_FALSE(Connect({"2001:db8::1", 258}).ok());
  const std::vector<std::string> seen = proxy_.Seen();
  ASSERT_THAT(seen, SizeIs(4));
  EXPECT_EQ(seen[1],
            std::string("\x05\x01\x00\x01\xc0\x00\x02\x01\x01\x02", 10));
  EXPECT_EQ(seen[3], std::string("\x05\x01\x00\x04\x20\x01\x0d\xb8", 8) +
                         std::string(11, '\0') + "\x01\x01\x02");
}

// Each asks Tor for a circuit of its own.
TEST_F(Socks5Test, LogsInAsSomebodyElseEachTime) {
  proxy_.reply = 1;
  EXPECT_FALSE(Connect().ok());
  EXPECT_FALSE(Connect().ok());
  const std::vector<std::string> seen = proxy_.Seen();
  ASSERT_THAT(seen, SizeIs(6));
  EXPECT_THAT(seen[1], MatchesRegex("[0-9a-f]{32}:[0-9a-f]{32}"));
  EXPECT_THAT(seen[4], MatchesRegex("[0-9a-f]{32}:[0-9a-f]{32}"));
  EXPECT_NE(seen[1], seen[4]);
}

TEST_F(Socks5Test, LogsInAsItIsTold) {
  proxy_.reply = 1;
  EXPECT_FALSE(Connect({"a", 1}, SocksProxy::Login{"u", "p"}).ok());
  EXPECT_EQ(proxy_.Seen()[0], "\x05\x01\x02");
  EXPECT_EQ(proxy_.Seen()[1], "u:p");
}

TEST_F(Socks5Test, NamesEachRefusal) {
  for (const auto& [reply, word] :
       std::vector<std::pair<int, std::string>>{{1, "it failed"},
                                                {2, "not allowed"},
                                                {3, "network"},
                                                {4, "host"},
                                                {5, "nothing listens there"},
                                                {6, "too long"},
                                                {7, "no connections"},
                                                {8, "kind of address"},
                                                {99, "reply 99"}}) {
    proxy_.reply = reply;
    ExpectError(absl::StatusCode::kUnavailable, word);
  }
}

TEST_F(Socks5Test, SaysWhichLoginIsWrong) {
  proxy_.method = 255;
  ExpectError(absl::StatusCode::kUnauthenticated, "not spoken here");
  ExpectError(absl::StatusCode::kUnauthenticated, "leave USER:PASSWORD@ out",
              SocksProxy::Login{"u", "secret"});
  proxy_.method = 2;
  proxy_.login_status = 1;
  ExpectError(absl::StatusCode::kUnauthenticated, "socks5://USER:PASSWORD@");
  ExpectError(absl::StatusCode::kUnauthenticated, "does not take this user",
              SocksProxy::Login{"u", "secret"});
}

TEST_F(Socks5Test, NoticesThatItIsNoProxy) {
  proxy_.says = "HTTP/1.1 400 Bad Request\r\n\r\n";
  ExpectError(absl::StatusCode::kFailedPrecondition,
              "is no SOCKS5 proxy: it answers with the bytes 4854");
  proxy_.says = "\x05\x01";
  ExpectError(absl::StatusCode::kFailedPrecondition, "not offered");
  proxy_.says = "\x05";
  EXPECT_EQ(Connect().code(), absl::StatusCode::kFailedPrecondition);
  proxy_.says.clear();
  proxy_.method = 0;
  ExpectError(absl::StatusCode::kFailedPrecondition, "not offered",
              SocksProxy::Login{"u", "p"});
  proxy_.method = 2;
  proxy_.address_type = 9;
  ExpectError(absl::StatusCode::kFailedPrecondition, "unknown kind of address");
}

TEST_F(Socks5Test, NoticesAnAnswerThatBreaksOff) {
  for (size_t bytes : {0, 1, 3, 4, 9}) {
    proxy_.answer_bytes = bytes;
    ExpectError(absl::StatusCode::kUnavailable, "broke off");
  }
}

TEST_F(Socks5Test, WaitsNoLongerThanItMay) {
  proxy_.silent = true;
  const auto start = std::chrono::steady_clock::now();
  const absl::Status status = Connect({"a", 1}, {}, 300);
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("is it a SOCKS5 proxy"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
}

TEST_F(Socks5Test, SaysThatNobodyIsThere) {
  absl::Status status = ConnectThroughSocks({.address = {"127.0.0.1", 1}},
                                            {"a", 1}, 5000, Random())
                            .status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("nothing listens on the proxy 127.0.0.1:1"));
  status = ConnectThroughSocks({.address = {"no.such.host.invalid", 1}},
                               {"a", 1}, 5000, Random())
               .status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot be resolved"));
}

// A log over TLS behind a proxy.
class SecondChannelTest : public ::testing::Test {
 protected:
  SecondChannelTest()
      : log_(/*window=*/1000, keytrans::TestKeys::kReal),
        ca_(TlsCa("TLS CA")),
        server_(log_, ServerTls(ca_)) {
    log_.Append(1000, {});
    EXPECT_TRUE(WriteNewFile(temp_.path("ca.pem"), ca_.pem()).ok());
    endpoint_ = {.server = {server_.target(), temp_.path("ca.pem")}};
    proxy_.server_port = HostPort::Parse(server_.target())->port;
  }

  absl::StatusOr<SecondChannel> Open(const Via& via) {
    return OpenSecondChannel(via, endpoint_, 5000, Random());
  }
  absl::StatusOr<SecondChannel> OpenThroughProxy() {
    return Open(SocksProxy{.address = proxy_.address(), .login = {}});
  }
  absl::Status Ask(const SecondChannel& second) {
    return FetchStatus(second.channel(), second.endpoint(), 5000).status();
  }

  TempFolder temp_;
  keytrans::TestLog log_;
  smime::testing::TestCa ca_;
  FakeServer server_;
  FakeProxy proxy_;
  Endpoint endpoint_;
};

TEST_F(SecondChannelTest, SpeaksTlsWithTheServerThroughTheProxy) {
  for (uint8_t address_type : {1, 3, 4}) {
    proxy_.address_type = address_type;
    const auto second = OpenThroughProxy();
    ASSERT_TRUE(second.ok()) << second.status();
    EXPECT_EQ(Ask(*second), absl::OkStatus());
    EXPECT_EQ(Ask(*second), absl::OkStatus());
    EXPECT_EQ(second->endpoint().server.target, server_.target());
  }
  // One connection for all calls of a channel.
  EXPECT_THAT(proxy_.Seen(), SizeIs(9));
  EXPECT_THAT(proxy_.Seen()[2], HasSubstr("localhost"));
}

// The proxy leads somewhere else: the certificate is for another name.
TEST_F(SecondChannelTest, BelievesNoOtherServer) {
  FakeServer other(log_, ServerTls(ca_, "other.example.org"));
  proxy_.server_port = HostPort::Parse(other.target())->port;
  const auto second = OpenThroughProxy();
  ASSERT_TRUE(second.ok()) << second.status();
  const absl::Status status = Ask(*second);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

TEST_F(SecondChannelTest, GoesToAnotherServer) {
  FakeServer other(log_, ServerTls(ca_));
  const auto second = Open(*HostPort::Parse(other.target()));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->endpoint().server.target, other.target());
  EXPECT_EQ(Ask(*second), absl::OkStatus());
}

TEST_F(SecondChannelTest, DoesNotAskTheSameServerTheSameWay) {
  const absl::Status status = Open(*HostPort::Parse(server_.target())).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("asked anyway"));
}

TEST_F(SecondChannelTest, ShowsNoCertificateOfTheUser) {
  endpoint_.certificate_file = temp_.path("missing.pem");
  endpoint_.key_file = temp_.path("missing.key");
  const auto second = OpenThroughProxy();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(Ask(*second), absl::OkStatus());
}

TEST_F(SecondChannelTest, HandsTheProxysErrorOn) {
  proxy_.reply = 5;
  const absl::Status status = OpenThroughProxy().status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("nothing listens there"));
}

TEST_F(SecondChannelTest, SaysSoWhenTheConnectionBreaks) {
  // The proxy says that it is connected, and closes.
  proxy_.server_port = 1;
  const auto second = OpenThroughProxy();
  ASSERT_TRUE(second.ok()) << second.status();
  const absl::Status status = Ask(*second);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

class SocksRelayTest : public ::testing::Test {
 protected:
  std::unique_ptr<SocksRelay> Start() {
    auto relay = SocksRelay::Start({.address = echo_.address(), .login = {}},
                                   {"a", 1}, 5000, Random());
    EXPECT_TRUE(relay.ok()) << relay.status();
    return *std::move(relay);
  }
  // Without a descriptor where nobody listens.
  static FileDescriptor ConnectTo(const std::string& path) {
    FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) != 0) {
      return FileDescriptor();
    }
    return fd;
  }
  static std::string ReadToEnd(int fd) {
    std::string all;
    std::string part(65536, '\0');
    ssize_t got = 0;
    while ((got = read(fd, part.data(), part.size())) > 0) {
      all.append(part, 0, got);
    }
    return all;
  }

  // Its server sends back what it gets.
  FakeProxy echo_;
};

TEST_F(SocksRelayTest, PassesAllBytesBothWaysToTheEnd) {
  const auto relay = Start();
  const FileDescriptor fd = ConnectTo(relay->path());
  ASSERT_GE(fd.get(), 0);
  std::string sent(5'000'000, '\0');
  ASSERT_TRUE(
      Random().Fill(reinterpret_cast<uint8_t*>(sent.data()), sent.size()).ok());
  std::thread writer([&] {
    size_t done = 0;
    while (done < sent.size()) {
      const ssize_t wrote =
          write(fd.get(), sent.data() + done, sent.size() - done);
      ASSERT_GT(wrote, 0);
      done += wrote;
    }
    shutdown(fd.get(), SHUT_WR);
  });
  const std::string got = ReadToEnd(fd.get());
  writer.join();
  EXPECT_TRUE(got == sent) << got.size();
}

TEST_F(SocksRelayTest, TakesOneConnectionOfItsOwnUser) {
  const auto relay = Start();
  struct stat facts;
  const std::string folder = relay->path().substr(0, relay->path().rfind('/'));
  ASSERT_EQ(stat(folder.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  const FileDescriptor first = ConnectTo(relay->path());
  ASSERT_GE(first.get(), 0);
  ASSERT_EQ(write(first.get(), "x", 1), 1);
  char byte = 0;
  ASSERT_EQ(read(first.get(), &byte, 1), 1);
  EXPECT_LT(ConnectTo(relay->path()).get(), 0);
}

TEST_F(SocksRelayTest, EndsAtOnceAndLeavesNothingBehind) {
  for (bool connected : {false, true}) {
    auto relay = Start();
    const std::string path = relay->path();
    FileDescriptor fd;
    if (connected) fd = ConnectTo(path);
    const auto start = std::chrono::steady_clock::now();
    relay.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - start,
              std::chrono::seconds(2));
    EXPECT_FALSE(
        std::filesystem::exists(std::filesystem::path(path).parent_path()));
    EXPECT_EQ(ReadToEnd(fd.get()), "");
  }
}

}  // namespace
}  // namespace sealbook::client

#include "server/admin/http.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<HttpServer> Serve() {
  HttpPages pages;
  pages["/fine"] = [] { return HttpAnswer{.body = "fine\n"}; };
  pages["/bad"] = [] { return HttpAnswer{.status = 503, .body = "why\n"}; };
  absl::StatusOr<std::unique_ptr<HttpServer>> server =
      HttpServer::Start("127.0.0.1:0", std::move(pages));
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

// The answer to a request as it is, on a connection of its own.
std::string Raw(int port, const std::string& request) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  EXPECT_EQ(write(fd, request.data(), request.size()),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) {
    answer.append(buffer, static_cast<size_t>(n));
  }
  close(fd);
  return answer;
}

TEST(HttpTest, AnswersItsPagesOnly) {
  const std::unique_ptr<HttpServer> server = Serve();
  absl::StatusOr<HttpAnswer> answer = HttpGet(server->address(), "/fine");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "fine\n");
  EXPECT_EQ(HttpGet(server->address(), "/bad")->status, 503);
  EXPECT_EQ(HttpGet(server->address(), "/bad")->body, "why\n");
  EXPECT_EQ(HttpGet(server->address(), "/other")->status, 404);
  EXPECT_EQ(HttpGet(server->address(), "/fine/more")->status, 404);
}

TEST(HttpTest, RefusesOtherHostsAndMethods) {
  const std::unique_ptr<HttpServer> server = Serve();
  const auto ask = [&](const std::string& method, const std::string& host) {
    return Raw(server->port(),
               absl::StrCat(method, " /fine HTTP/1.1\r\nHost: ", host,
                            "\r\nContent-Length: 0\r\n"
                            "Connection: close\r\n\r\n"));
  };
  for (const char* host : {"127.0.0.1:9443", "localhost", "[::1]:1"}) {
    EXPECT_THAT(ask("GET", host), HasSubstr(" 200 ")) << host;
  }
  for (const char* host : {"attacker.example:9443", "", "192.0.2.1"}) {
    EXPECT_THAT(ask("GET", host), HasSubstr(" 403 ")) << host;
  }
  EXPECT_THAT(ask("POST", "localhost"), HasSubstr(" 404 "));
}

TEST(HttpTest, ListensOnLoopbackOnly) {
  for (const char* elsewhere :
       {"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.org:0"}) {
    const absl::Status status = HttpServer::Start(elsewhere, {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << elsewhere;
    EXPECT_THAT(std::string(status.message()), HasSubstr("loopback"));
  }
}

TEST(HttpTest, NamesAPortThatIsTaken) {
  const std::unique_ptr<HttpServer> server = Serve();
  const absl::Status status = HttpServer::Start(server->address(), {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("port ", server->port(), " is taken")));
}

TEST(HttpTest, SaysWhomItDidNotReach) {
  std::string address;
  { address = Serve()->address(); }
  const absl::Status status = HttpGet(address, "/fine").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(address));
  EXPECT_EQ(HttpGet("nonsense", "/").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sealbook::server

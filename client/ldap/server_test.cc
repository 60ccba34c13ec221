#include "client/ldap/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/files.h"
#include "client/ldap/testing/fake_lookups.h"
#include "client/ldap/testing/requests.h"
#include "client/testing/temp_folder.h"
#include "client/testing/tls.h"

namespace sealbook::client::ldap {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::string kSearch = Search(1, Equal("mail", "alice@example.org"));

int Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  // A test that waits for ever would say nothing.
  const timeval patience = {20, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address),
            0);
  return fd;
}

class Client {
 public:
  explicit Client(uint16_t port) : fd_(Connect(port)) {}
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False: the server has closed.
  bool Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }
  // What comes until `responses` are whole, or the server closes.
  std::vector<Response> Receive(size_t responses) {
    std::vector<Response> received;
    while (received.size() < responses) {
      const absl::StatusOr<size_t> size = BerMessageSize(buffer_);
      if (*size > 0 && buffer_.size() >= *size) {
        received.push_back(ParseResponses(buffer_.substr(0, *size))[0]);
        buffer_.erase(0, *size);
        continue;
      }
      char chunk[4096];
      const ssize_t count = recv(fd_, chunk, sizeof chunk, 0);
      if (count <= 0) break;
      buffer_.append(chunk, static_cast<size_t>(count));
    }
    return received;
  }
  // Waits until the server closes.
  bool IsClosed() {
    char byte = 0;
    const ssize_t received = recv(fd_, &byte, 1, 0);
    return received == 0 || (received < 0 && errno != EAGAIN);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
  std::string buffer_;
};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() { lookups_.Publish("alice@example.org"); }

  void Start(ServerOptions options = {}) {
    auto server = Server::Start(
        lookups_, [] { return FakeLookups::kNow; }, std::move(options));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  uint16_t port() const { return server_->port(); }
  // Others are served.
  void ExpectServes() {
    Client client(port());
    EXPECT_TRUE(client.Send(kSearch));
    EXPECT_THAT(client.Receive(2), SizeIs(2));
  }

  FakeLookups lookups_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersOverASocketInPiecesAndTogether) {
  Start();
  Client client(port());
  for (const char byte : kSearch) {
    ASSERT_TRUE(client.Send(absl::string_view(&byte, 1)));
  }
  EXPECT_THAT(client.Receive(2), SizeIs(2));
  ASSERT_TRUE(client.Send(kSearch + kSearch + kSearch));
  EXPECT_THAT(client.Receive(6), SizeIs(6));
  ASSERT_TRUE(client.Send(Request(9, Tlv(0x42, ""))));
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(ServerTest, AnswersAHundredConnectionsAtOnce) {
  Start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<Client>(port()));
    ASSERT_TRUE(clients.back()->Send(kSearch));
  }
  for (auto& client : clients) {
    const std::vector<Response> responses = client->Receive(2);
    ASSERT_THAT(responses, SizeIs(2));
    EXPECT_EQ(responses[1].code, 0);
  }
}

TEST_F(ServerTest, RefusesALargeRequestAndGoesOn) {
  Start();
  Client client(port());
  const std::string filter = Equal("mail", std::string(1 << 20, 'x'));
  ASSERT_TRUE(client.Send(Search(7, filter) + Search(8, filter) + kSearch));
  const std::vector<Response> responses = client.Receive(4);
  ASSERT_THAT(responses, SizeIs(4));
  EXPECT_EQ(responses[0].id, 7);
  EXPECT_EQ(responses[0].tag, kSearchDoneTag);
  EXPECT_EQ(responses[0].code, 11);
  EXPECT_THAT(responses[0].text, HasSubstr("1048"));
  EXPECT_EQ(responses[1].id, 8);
  EXPECT_EQ(responses[3].code, 0);
}

TEST_F(ServerTest, EndsWithARequestThatHasNoEnd) {
  Start();
  Client client(port());
  // It claims four gigabytes.
  ASSERT_TRUE(client.Send(absl::StrCat(
      absl::string_view("\x30\x84\xff\xff\xff\xff\x02\x01\x05\x63", 10),
      std::string(64, 'x'))));
  const std::vector<Response> responses = client.Receive(1);
  ASSERT_THAT(responses, SizeIs(1));
  EXPECT_EQ(responses[0].id, 5);
  EXPECT_EQ(responses[0].code, 11);
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(ServerTest, RefusesDeepFiltersAndGoesOn) {
  Start();
  Client client(port());
  std::string deep = Present("cn");
  for (int i = 0; i < 10000; ++i) deep = Not(deep);
  ASSERT_TRUE(client.Send(Search(3, deep) + kSearch));
  const std::vector<Response> responses = client.Receive(3);
  ASSERT_THAT(responses, SizeIs(3));
  EXPECT_EQ(responses[0].code, 11);
  EXPECT_THAT(responses[0].text, HasSubstr("deep"));
  EXPECT_EQ(responses[2].code, 0);
}

TEST_F(ServerTest, SurvivesGarbage) {
  Start();
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    Client client(port());
    std::string bytes = i % 2 == 0 ? kSearch : std::string(random() % 200, 'x');
    for (char& byte : bytes) {
      if (i % 2 == 1 || random() % 20 == 0) byte = static_cast<char>(random());
    }
    (void)client.Send(bytes);
    shutdown(client.fd(), SHUT_WR);
    while (!client.Receive(1).empty()) {
    }
  }
  ExpectServes();
}

TEST_F(ServerTest, DropsAClientThatHangs) {
  Start({.idle = milliseconds(200), .receive = milliseconds(200)});
  Client silent(port());
  Client half(port());
  ASSERT_TRUE(half.Send(kSearch.substr(0, 20)));
  Client header(port());
  ASSERT_TRUE(header.Send("\x30"));
  EXPECT_TRUE(silent.IsClosed());
  EXPECT_TRUE(half.IsClosed());
  EXPECT_TRUE(header.IsClosed());
  ExpectServes();
}

TEST_F(ServerTest, DropsAClientThatTakesNoAnswers) {
  Start({.send = milliseconds(200)});
  Client client(port());
  // Far more answers than all buffers hold.
  const std::string schema =
      Search(1, Present("objectClass"),
             {.base = "cn=Subschema", .scope = 0, .attributes = {"+"}});
  std::string searches;
  for (int i = 0; i < 500; ++i) searches += schema;
  for (int i = 0; i < 1000 && client.Send(searches); ++i) {
  }
  EXPECT_FALSE(client.Send(searches));
  ExpectServes();
}

TEST_F(ServerTest, GivesThePlaceOfTheLongestSilentToANewClient) {
  Start({.max_connections = 3});
  Client first(port());
  ASSERT_TRUE(first.Send(kSearch));
  EXPECT_THAT(first.Receive(2), SizeIs(2));
  // Its thread may take a moment, after the answer, to wait for more.
  std::this_thread::sleep_for(milliseconds(300));
  Client second(port());
  ASSERT_TRUE(second.Send(kSearch));
  EXPECT_THAT(second.Receive(2), SizeIs(2));
  Client third(port());
  ASSERT_TRUE(third.Send(kSearch));
  EXPECT_THAT(third.Receive(2), SizeIs(2));
  ExpectServes();
  EXPECT_TRUE(first.IsClosed());
  ASSERT_TRUE(third.Send(kSearch));
  EXPECT_THAT(third.Receive(2), SizeIs(2));
}

TEST_F(ServerTest, EndsWithOpenConnections) {
  Start();
  Client client(port());
  ASSERT_TRUE(client.Send(kSearch + kSearch.substr(0, 9)));
  EXPECT_THAT(client.Receive(2), SizeIs(2));
  server_.reset();
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(ServerTest, SaysThatAPortIsTaken) {
  Start();
  auto other = Server::Start(lookups_, [] { return FakeLookups::kNow; },
                             {.port = port()});
  EXPECT_EQ(other.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(other.status().message(), HasSubstr("in use"));
}

TEST_F(ServerTest, KnowsWhichAddressesAreThisMachines) {
  EXPECT_TRUE(*IsLoopback("127.0.0.1"));
  EXPECT_TRUE(*IsLoopback("127.9.9.9"));
  EXPECT_TRUE(*IsLoopback("::1"));
  EXPECT_FALSE(*IsLoopback("0.0.0.0"));
  EXPECT_FALSE(*IsLoopback("::"));
  EXPECT_FALSE(*IsLoopback("::ffff:127.0.0.1"));
  EXPECT_FALSE(*IsLoopback("192.0.2.1"));
  for (const char* text : {"localhost", "", "127.0.0.1.", "*"}) {
    EXPECT_EQ(IsLoopback(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

class TlsTest : public ServerTest {
 protected:
  std::shared_ptr<const TlsServer> Load() {
    const FakeServerTls tls = ServerTls(TlsCa("CA"));
    EXPECT_TRUE(WriteNewFile(certificate_, tls.certificate).ok());
    EXPECT_TRUE(WriteNewFile(key_, tls.private_key).ok());
    auto loaded = TlsServer::Load(certificate_, key_);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return *loaded;
  }

  TempFolder temp_;
  std::string certificate_ = temp_.path("certificate.pem");
  std::string key_ = temp_.path("key.pem");
};

TEST_F(TlsTest, AnswersOverTls) {
  Start({.tls = Load()});
  Client client(port());
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, client.fd());
  ASSERT_EQ(SSL_connect(ssl), 1);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(SSL_write(ssl, kSearch.data(), static_cast<int>(kSearch.size())),
              static_cast<int>(kSearch.size()));
    std::string received;
    while (*BerMessageSize(received) == 0 ||
           received.size() <= *BerMessageSize(received)) {
      char chunk[4096];
      const int count = SSL_read(ssl, chunk, sizeof chunk);
      ASSERT_GT(count, 0);
      received.append(chunk, static_cast<size_t>(count));
    }
    EXPECT_EQ(ParseResponses(received)[0].tag, kSearchEntryTag);
  }
  SSL_shutdown(ssl);
  SSL_free(ssl);
  SSL_CTX_free(context);
  // After the server's own goodbye.
  while (!client.IsClosed()) {
  }
}

TEST_F(TlsTest, DropsWhatSpeaksNoTls) {
  Start({.tls = Load(), .idle = milliseconds(200)});
  Client plain(port());
  ASSERT_TRUE(plain.Send(kSearch));
  while (!plain.IsClosed()) {
  }
  Client silent(port());
  EXPECT_TRUE(silent.IsClosed());
}

TEST_F(TlsTest, NamesAFileThatCannotBeUsed) {
  (void)Load();
  EXPECT_THAT(TlsServer::Load(temp_.path("none"), key_).status().message(),
              HasSubstr("none"));
  EXPECT_THAT(TlsServer::Load(certificate_, certificate_).status().message(),
              HasSubstr("not the private key"));
}

}  // namespace
}  // namespace sealbook::client::ldap

// An address with ten thousand versions, in a log of each cipher suite, over
// the real ports and with the real command line: read page by page, every
// version proven, in bounded memory.
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/commands/daemon.h"
#include "server/commands/testing/test_site.h"

namespace sealbook {
namespace {

using server::Daemon;
using server::testing::Clients;
using server::testing::TestSite;
using server::testing::WriteFile;

constexpr char kLabel[] = "often@example.org";
constexpr uint32_t kVersions = 10'000;
// As many as may be live at once.
constexpr int kCertificates = 16;
// What the command line may take, whatever the length of the history, which
// holds some 60 MB of certificates.
constexpr long kMaxResidentKib = 150 << 10;

std::string command_line;

// `peak_kib`: the most memory that any program that was run so far had.
struct Ended {
  int code = 0;
  std::string output;
  long peak_kib = 0;
};
Ended RunSealbook(const std::string& arguments) {
  Ended ended;
  FILE* pipe = popen((command_line + " " + arguments + " 2>&1").c_str(), "r");
  char bytes[4096];
  size_t count = 0;
  while ((count = fread(bytes, 1, sizeof bytes, pipe)) > 0) {
    ended.output.append(bytes, count);
  }
  const int status = pclose(pipe);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  rusage usage = {};
  getrusage(RUSAGE_CHILDREN, &usage);
  ended.peak_kib = usage.ru_maxrss;
  return ended;
}

// All versions but the first ones come from certificates that are held, and
// brought back.
uint32_t MakeVersions(const TestSite& site, Clients& clients) {
  std::vector<v1::PublishItem> items;
  v1::RevokeRequest change;
  for (int i = 0; i < kCertificates; ++i) {
    items.push_back(site.Item({kLabel}));
    change.add_items()->set_der(items.back().certificate());
  }
  v1::PublishResponse published;
  EXPECT_TRUE(clients.Publish(items, &published).ok());
  uint32_t versions = kCertificates;
  auto stub = v1::Publisher::NewStub(clients.publisher_channel());
  for (bool hold = true; versions < kVersions; hold = !hold) {
    for (v1::RevokeItem& item : *change.mutable_items()) {
      item.set_reason(hold ? v1::CRL_REASON_CERTIFICATE_HOLD
                           : v1::CRL_REASON_REMOVE_FROM_CRL);
    }
    grpc::ClientContext context;
    v1::RevokeResponse revoked;
    const grpc::Status status = stub->Revoke(&context, change, &revoked);
    EXPECT_TRUE(status.ok()) << status.error_message();
    for (const v1::RevokeResult& result : revoked.results()) {
      EXPECT_EQ(result.code(), 0) << result.message();
    }
    if (::testing::Test::HasFailure()) break;
    versions += kCertificates;
  }
  return versions;
}

class LongHistoryTest : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Suites, LongHistoryTest,
                         ::testing::Values("P256", "ED25519"),
                         [](const auto& info) { return info.param; });

TEST_P(LongHistoryTest, TenThousandVersionsAreReadAndProvenInBoundedMemory) {
  TestSite site;
  std::unique_ptr<Daemon> daemon = site.Start(
      absl::StrCat("log { cipher_suite: CIPHER_SUITE_", GetParam(), " }\n"));
  Clients clients(site, *daemon);
  const uint32_t versions = MakeVersions(site, clients);
  ASSERT_GE(versions, kVersions);

  setenv("XDG_STATE_HOME", site.path("state").c_str(), 1);
  WriteFile(site.path("configuration.tls"), clients.Configuration().Encode());
  const Ended configured = RunSealbook(absl::StrCat(
      "configure --server localhost:", daemon->public_server().port(), " --ca ",
      site.path("tls-ca.pem"), " --configuration ",
      site.path("configuration.tls")));
  ASSERT_EQ(configured.code, 0) << configured.output;
  // The time to answer is a page's, however many there are.
  const Ended history = RunSealbook(absl::StrCat("history ", kLabel));
  ASSERT_EQ(history.code, 0) << history.output.substr(
      history.output.size() - std::min<size_t>(2000, history.output.size()));
  // Each version names itself on a line of its own, from the newest to 0.
  uint32_t next = versions;
  for (size_t at = 0; at < history.output.size();) {
    const size_t end = history.output.find('\n', at);
    const std::string line = history.output.substr(at, end - at);
    if (next > 0 &&
        line.rfind(absl::StrCat("  o  version ", next - 1, ","), 0) == 0) {
      --next;
    }
    if (end == std::string::npos) break;
    at = end + 1;
  }
  EXPECT_EQ(next, 0u) << history.output.substr(0, 2000);
  EXPECT_LE(history.peak_kib, kMaxResidentKib);
  std::printf("%u versions; the command line took %ld MiB\n", versions,
              history.peak_kib >> 10);
}

}  // namespace
}  // namespace sealbook

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc > 1) sealbook::command_line = argv[1];
  return RUN_ALL_TESTS();
}

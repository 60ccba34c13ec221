// The LDAP gateway: what it adds to a verified look-up, and what it takes
// itself once an answer is remembered.
//
//   bazel run --config=bench //tests/bench:ldap_bench -- --help
//
// Every ratio is of two things that were measured by turns. Server (real TLS on
// loopback), gateway and LDAP client share this process, and so its processors.
// Every answer is counted: its entries, and the certificates in them. With
// --slapd-root, OpenLDAP's slapd is asked for the same answers.
#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/filled_log.h"
#include "tests/bench/ldap_client.h"
#include "tests/bench/ldap_gateway.h"
#include "tests/bench/measure.h"
#include "tests/bench/slapd_process.h"

namespace sealbook::bench {
namespace {

// Of one measurement in one round.
constexpr double kMinSeconds = 0.2;

struct Options {
  uint64_t addresses = 20'000;
  size_t labels = 200;
  size_t connections = 100;
  int rounds = 5;
  std::string slapd_root;
};

// Addresses that are answered alike.
struct Kind {
  std::string name;
  std::vector<std::string> labels;
  // Of each answer.
  LdapAnswer expected;
};

Kind NoCertificate(size_t count) {
  Kind kind{.name = "absence"};
  for (size_t i = 0; i < count; ++i) {
    kind.labels.push_back(absl::StrCat("nobody", i, "@example.org"));
  }
  return kind;
}

// Publishes two certificates for each address, below one intermediate.
Kind TwoCertificates(FilledLog& log, size_t count) {
  constexpr size_t kItems = 200;
  // The best one's entry has both and the intermediate, the other's itself and
  // the intermediate.
  Kind kind{.name = "two certificates",
            .expected = {.entries = 2, .values = 3 + 2}};
  server::testing::Clients clients(log.site(), log.daemon());
  std::vector<v1::PublishItem> items;
  const auto publish = [&] {
    v1::PublishResponse response;
    const grpc::Status status = clients.Publish(items, &response);
    CheckOk(absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                         status.error_message()));
    for (const v1::PublishResult& result : response.results()) {
      CheckOk(absl::Status(static_cast<absl::StatusCode>(result.code()),
                           result.message()));
    }
    items.clear();
  };
  for (size_t i = 0; i < count; ++i) {
    kind.labels.push_back(absl::StrCat("two", i, "@example.org"));
    for (int copy = 0; copy < 2; ++copy) {
      items.push_back(log.site().Item({kind.labels.back()}));
    }
    if (items.size() >= kItems || i + 1 == count) publish();
  }
  return kind;
}

void Check(const LdapAnswer& answer, const LdapAnswer& expected) {
  if (answer == expected) return;
  CheckOk(absl::InternalError(absl::StrCat(
      answer.entries, " entries with ", answer.values, " values, expected ",
      expected.entries, " with ", expected.values)));
}

// Times `ask` for each of the labels, as often as it takes to be long enough.
template <typename Ask>
void Time(const std::vector<std::string>& labels, Tally& tally,
          const Ask& ask) {
  const Stopwatch watch;
  double asked = 0;
  do {
    for (const std::string& label : labels) ask(label);
    asked += static_cast<double>(labels.size());
  } while (watch.Seconds() < kMinSeconds);
  tally.Add(asked, watch.Seconds());
}

// Asks for all labels over `count` connections at once, each taking the next
// one; connecting is not timed.
void TimeAtOnce(uint16_t port, const Kind& kind, size_t count, Tally& tally) {
  std::vector<std::unique_ptr<LdapConnection>> connections;
  for (size_t i = 0; i < count; ++i) {
    connections.push_back(std::make_unique<LdapConnection>(port));
  }
  std::atomic<size_t> next = 0;
  const Stopwatch watch;
  const auto ask = [&](LdapConnection& connection) {
    const size_t labels = kind.labels.size();
    for (size_t i = next++; i < labels || watch.Seconds() < kMinSeconds;
         i = next++) {
      Check(connection.FindCertificates(kind.labels[i % labels]),
            kind.expected);
    }
  };
  std::vector<std::thread> threads;
  for (const auto& connection : connections) {
    threads.emplace_back([&ask, &connection] { ask(*connection); });
  }
  for (std::thread& thread : threads) thread.join();
  // Each thread took one number that it did not ask for.
  tally.Add(static_cast<double>(next - count), watch.Seconds());
}

struct Servers {
  DirectUser user;
  LdapGateway not_cached;
  LdapGateway cached;
  std::optional<SlapdProcess> slapd;
};

// An LDAP server's.
struct Face {
  Tally kept;
  Tally new_connection;
  Tally at_once;
};

struct Tallies {
  Tally direct;
  Tally root;
  Face not_cached;
  Face cached;
  Face slapd;
};

void MeasureFace(uint16_t port, const Kind& kind, size_t connections,
                 Face& face) {
  LdapConnection kept(port);
  Time(kind.labels, face.kept, [&](const std::string& label) {
    Check(kept.FindCertificates(label), kind.expected);
  });
  Time(kind.labels, face.new_connection, [&](const std::string& label) {
    LdapConnection connection(port);
    Check(connection.FindCertificates(label), kind.expected);
  });
  TimeAtOnce(port, kind, connections, face.at_once);
}

void MeasureRound(const Options& options, const Kind& kind, Servers& servers,
                  Tallies& tallies) {
  Time(kind.labels, tallies.direct, [&](const std::string& label) {
    servers.user.LookUp(label, kind.expected.entries > 0);
  });
  MeasureFace(servers.not_cached.port(), kind, options.connections,
              tallies.not_cached);
  {
    LdapConnection kept(servers.cached.port());
    Time(kind.labels, tallies.root, [&](const std::string& label) {
      Check(kept.ReadRoot(), {.entries = 1, .values = 1});
    });
  }
  MeasureFace(servers.cached.port(), kind, options.connections, tallies.cached);
  if (servers.slapd.has_value()) {
    MeasureFace(servers.slapd->port(), kind, options.connections,
                tallies.slapd);
  }
}

class Lines {
 public:
  Lines(const Kind& kind, Report& report) : kind_(kind), report_(report) {}

  // `other`: what the ratio is to.
  void Time(absl::string_view what, const Tally& tally, const Tally& other,
            absl::string_view of_what) {
    report_.Line(absl::StrCat(kind_.name, ": ", what),
                 absl::StrCat(Number(1e6 / tally.Rate()), " us"),
                 other.Rate() / tally.Rate(), of_what);
  }
  void Rate(absl::string_view what, const Tally& tally, const Tally& other,
            absl::string_view of_what) {
    report_.Line(absl::StrCat(kind_.name, ": ", what),
                 absl::StrCat(Number(tally.Rate()), " /s"),
                 tally.Rate() / other.Rate(), of_what);
  }

 private:
  const Kind& kind_;
  Report& report_;
};

void ReportKind(const Options& options, const Kind& kind,
                const Tallies& tallies, Report& report) {
  Lines lines(kind, report);
  const auto at_once = absl::StrCat(options.connections, " at once");
  lines.Time("the client's own verified look-up", tallies.direct,
             tallies.direct, "");
  lines.Time("not remembered", tallies.not_cached.kept, tallies.direct,
             "of the client's own");
  lines.Rate(absl::StrCat("not remembered, ", at_once),
             tallies.not_cached.at_once, tallies.not_cached.kept,
             "of one connection");
  lines.Time("root entry", tallies.root, tallies.root, "");
  lines.Time("remembered", tallies.cached.kept, tallies.root,
             "of the root entry");
  lines.Time("remembered, a connection each", tallies.cached.new_connection,
             tallies.cached.kept, "of a kept connection");
  lines.Rate(absl::StrCat("remembered, ", at_once), tallies.cached.at_once,
             tallies.cached.kept, "of one connection");
  if (options.slapd_root.empty()) return;
  lines.Time("slapd", tallies.slapd.kept, tallies.cached.kept,
             "of the gateway, remembered");
  lines.Time("slapd, a connection each", tallies.slapd.new_connection,
             tallies.cached.new_connection, "of the gateway's");
  lines.Rate(absl::StrCat("slapd, ", at_once), tallies.slapd.at_once,
             tallies.cached.at_once, "of the gateway's");
}

// slapd with what the gateway answers.
void StartSlapd(const Options& options, const Kind& kind,
                const std::string& folder, Servers& servers) {
  std::filesystem::create_directory(folder);
  LdapConnection gateway(servers.cached.port());
  std::string ldif =
      "dn: o=sealbook\nobjectClass: organization\no: sealbook\n\n";
  for (const auto& label : kind.labels) ldif += gateway.ReadLdif(label);
  servers.slapd.emplace(options.slapd_root, folder, ldif);
}

void Run(const Options& options) {
  Report report;
  FilledLog log;
  Tally published;
  Tally vrf_outputs;
  log.Fill(options.addresses, published, vrf_outputs);
  const std::vector<Kind> kinds = {NoCertificate(options.labels),
                                   TwoCertificates(log, options.labels)};
  Servers servers{.user = DirectUser(log),
                  .not_cached = LdapGateway(log, "not-cached", /*cache_ms=*/0),
                  .cached = LdapGateway(log, "cached", /*cache_ms=*/3'600'000)};
  if (!options.slapd_root.empty()) {
    StartSlapd(options, kinds[1], log.site().path("slapd"), servers);
  }
  for (const Kind& kind : kinds) {
    // The server's VRF proofs and the gateway's memory are filled first.
    Tallies first;
    MeasureRound(options, kind, servers, first);
    Tallies tallies;
    for (int round = 0; round < options.rounds; ++round) {
      MeasureRound(options, kind, servers, tallies);
    }
    ReportKind(options, kind, tallies, report);
  }
}

}  // namespace
}  // namespace sealbook::bench

int main(int argc, char** argv) {
  sealbook::bench::Options options;
  CLI::App app("Measures the LDAP gateway against what bounds it",
               "ldap_bench");
  const auto add = [&app](const char* name, auto& value, const char* what) {
    app.add_option(name, value, what)->capture_default_str();
  };
  add("--addresses", options.addresses, "addresses in the log");
  add("--labels", options.labels, "addresses of each kind to ask for");
  add("--connections", options.connections, "at once, at most 256");
  add("--rounds", options.rounds, "rounds of all measurements");
  add("--slapd-root", options.slapd_root,
      "where Debian's slapd is unpacked (\"/\"), to compare with it");
  // The library throws; nothing of that leaves this function.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  sealbook::bench::Run(options);
  return 0;
}

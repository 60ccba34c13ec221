// The whole directory against its goals: publishing, looking up, verifying,
// memory, start-up and disk, each beside what bounds it, in one run.
//
//   bazel run --config=bench //tests/bench:directory_bench -- --help
//
// Every ratio is of two things that were measured by turns. The server runs in
// this process (real TLS on loopback), but for memory and start-up, where it is
// a sealbookd of its own. The temporary folder is removed at the end.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "crypto/signature.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/prover.h"
#include "keytrans/structures.h"
#include "keytrans/verifier.h"
#include "server/clock.h"
#include "server/prover_source.h"
#include "server/services/rpc_server.h"
#include "server/services/tls_credentials.h"
#include "server/services/tls_files.h"
#include "server/worker_pool.h"
#include "smime/admission.h"
#include "smime/chain.h"
#include "tests/bench/filled_log.h"
#include "tests/bench/measure.h"
#include "tests/bench/search_load.h"
#include "tests/bench/server_process.h"

namespace sealbook::bench {
namespace {

using server::testing::Connect;

struct Options {
  uint64_t addresses = 100'000;
  size_t certificates = 60'000;
  size_t lookups = 20'000;
  size_t memory_lookups = 100'000;
  bool leave_uncompacted = false;
  std::string sealbookd;
};

// Random labels of the log, the same in every run.
std::vector<std::string> RandomLabels(const FilledLog& log, size_t count,
                                      uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::string> labels;
  for (size_t i = 0; i < count; ++i) {
    labels.push_back(LabelOf(random() % log.addresses()));
  }
  return labels;
}

std::string PerSecond(const Tally& tally) {
  return absl::StrCat(Number(tally.Rate()), " /s");
}

std::string Microseconds(double seconds) {
  return absl::StrCat(Number(seconds * 1e6), " us");
}

// ---------------------------------------------------------------- publishing

// Fills the log in steps, so that growth is seen; then adds some more, whose
// rate it returns.
double ReportFill(FilledLog& log, const Options& options, Report& report) {
  constexpr uint64_t kStep = 1'000'000;
  constexpr uint64_t kMore = 200'000;
  std::vector<double> ratios;
  const auto fill = [&](uint64_t count) {
    Tally published;
    Tally vrf_outputs;
    const uint64_t before = log.addresses();
    log.Fill(count, published, vrf_outputs);
    ratios.push_back(published.Rate() / vrf_outputs.Rate());
    report.Line(absl::StrCat("VRF outputs, 2 threads"), PerSecond(vrf_outputs));
    report.Line(absl::StrCat("publish from the queue, LevelDB, ", before,
                             " to ", log.addresses(), " addresses"),
                PerSecond(published), ratios.back(), ">= 0.70");
    return published.Rate();
  };
  while (log.addresses() < options.addresses) {
    fill(std::min(kStep, options.addresses - log.addresses()));
  }
  if (ratios.size() > 2) {
    report.Line("growth: the last of these over that from 1 to 2 million", "",
                ratios.back() / ratios[1], ">= 0.85 at 10M addresses");
  }
  return fill(std::min(kMore, options.addresses));
}

// Certificates of new addresses, as a CA sends them.
std::vector<v1::PublishRequest> MakeRequests(const FilledLog& log,
                                             server::testing::TestSite& site,
                                             size_t count) {
  constexpr size_t kItems = 250;
  std::vector<v1::PublishRequest> requests((count + kItems - 1) / kItems);
  server::WorkerPool pool(kThreads);
  pool.ForEach(requests.size(), [&](size_t r) {
    for (size_t i = r * kItems; i < std::min(count, (r + 1) * kItems); ++i) {
      *requests[r].add_items() = site.Item(
          {absl::StrCat("certified", log.addresses() + i, "@example.org")});
    }
  });
  return requests;
}

// Admission as the server does it, on kThreads threads.
void MeasureAdmission(const FilledLog& log, server::testing::TestSite& site,
                      size_t count, Tally& tally) {
  const std::vector<v1::PublishRequest> requests =
      MakeRequests(log, site, count);
  const smime::Admission admission(
      OrDie(smime::TrustAnchors::Read(site.root().pem())),
      smime::Profile::kPrivate);
  const smime::PublisherPolicy publisher = {
      .id = "test-ca", .issuer_keys = {site.issuing().key_hash()}};
  const auto now = static_cast<int64_t>(server::SystemClock().WallMs());
  server::WorkerPool pool(kThreads);
  const Stopwatch watch;
  pool.ForEach(requests.size(), [&](size_t r) {
    for (const v1::PublishItem& item : requests[r].items()) {
      OrDie(admission.Admit({.certificate = item.certificate(),
                             .intermediates = {item.intermediates(0)}},
                            publisher, now));
    }
  });
  tally.Add(static_cast<double>(count), watch.Seconds());
}

// Publishes some requests over mutual TLS, several outstanding.
void PublishOverTls(FilledLog& log,
                    absl::Span<const v1::PublishRequest> requests,
                    Tally& tally) {
  constexpr size_t kRequestsOutstanding = 16;
  const auto channel = Connect(log.daemon().publisher_server().port(),
                               log.site().tls().ca(), &log.site().publisher());
  const auto stub = v1::Publisher::NewStub(channel);
  std::atomic<size_t> next = 0;
  std::atomic<size_t> published = 0;
  const auto publish = [&] {
    for (size_t r = next++; r < requests.size(); r = next++) {
      grpc::ClientContext context;
      v1::PublishResponse response;
      const grpc::Status status =
          stub->Publish(&context, requests[r], &response);
      CheckOk(absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                           status.error_message()));
      for (const v1::PublishResult& result : response.results()) {
        CheckOk(absl::Status(static_cast<absl::StatusCode>(result.code()),
                             result.message()));
        ++published;
      }
    }
  };
  const Stopwatch watch;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kRequestsOutstanding; ++i) {
    threads.emplace_back(publish);
  }
  for (std::thread& thread : threads) thread.join();
  tally.Add(static_cast<double>(published), watch.Seconds());
}

void ReportPublishOverTls(FilledLog& log, const Options& options,
                          Report& report) {
  constexpr size_t kSample = 4'000;
  // Each longer than what is outstanding, so that its ends do not count.
  constexpr size_t kPieces = 4;
  const std::vector<v1::PublishRequest> requests =
      MakeRequests(log, log.site(), options.certificates);
  Tally admitted;
  Tally vrf_outputs;
  Tally published;
  const auto measure_bounds = [&] {
    MeasureAdmission(log, log.site(), kSample, admitted);
    MeasureVrfOutputs(log.vrf_key(), kSample, vrf_outputs);
  };
  measure_bounds();
  const size_t piece = (requests.size() + kPieces - 1) / kPieces;
  for (size_t done = 0; done < requests.size(); done += piece) {
    PublishOverTls(log, absl::MakeConstSpan(requests).subspan(done, piece),
                   published);
    measure_bounds();
  }

  const double both = 1 / (1 / admitted.Rate() + 1 / vrf_outputs.Rate());
  report.Line("admission, 2 threads", PerSecond(admitted));
  report.Line("VRF outputs, 2 threads", PerSecond(vrf_outputs));
  report.Line("publish over gRPC with mTLS, real certificates",
              PerSecond(published),
              published.Rate() / std::min(admitted.Rate(), vrf_outputs.Rate()),
              ">= 0.80 of the smaller of the two");
  report.Line("  beside both on the same two threads",
              absl::StrCat(Number(both), " /s"), published.Rate() / both);
}

// ------------------------------------------------------------------- look-ups

v1::SearchAnswer OneAnswer(const FilledLog& log, server::Daemon& daemon,
                           server::testing::TestSite& site) {
  server::testing::Clients clients(site, daemon);
  v1::SearchAnswer answer;
  const grpc::Status status = clients.Search(
      keytrans::SearchRequest{.label = LabelOf(log.addresses() / 2)}.Encode(),
      &answer);
  CheckOk(absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                       status.error_message()));
  return answer;
}

// Returns the rate of cached look-ups.
double ReportLookups(FilledLog& log, const Options& options, Report& report) {
  constexpr int kRounds = 5;
  server::testing::TestSite& site = log.site();
  EchoService echo(OneAnswer(log, log.daemon(), site));
  server::TlsFiles tls =
      OrDie(server::ReadTlsFiles(site.config().public_listener));
  const auto echo_server = OrDie(server::RpcServer::Start(
      {.name = "echo",
       .address = "localhost:0",
       .credentials = std::make_shared<server::TlsCredentials>(std::move(tls)),
       .services = {&echo}}));
  const auto channel =
      Connect(log.daemon().public_server().port(), site.tls().ca());
  const auto echo_channel = Connect(echo_server->port(), site.tls().ca());
  const std::vector<std::string> labels =
      RandomLabels(log, options.lookups / kRounds, /*seed=*/1);
  SearchLoad first;
  SearchLoad empty;
  RunSearches(channel, labels, first);
  RunSearches(echo_channel, labels, empty);

  SearchLoad searches;
  SearchLoad echoes;
  for (int round = 0; round < kRounds; ++round) {
    RunSearches(echo_channel, labels, echoes);
    RunSearches(channel, labels, searches);
  }
  report.Line("empty echo over TLS gRPC, 8 outstanding",
              PerSecond(echoes.tally));
  report.Line("look-up over TLS gRPC, VRF proofs cached, 8 outstanding",
              PerSecond(searches.tally),
              searches.tally.Rate() / echoes.tally.Rate(), ">= 0.65");
  for (const double share : {0.5, 0.99}) {
    const double mine = Percentile(searches.latencies, share);
    const double other = Percentile(echoes.latencies, share);
    report.Line(
        absl::StrCat("  p", share * 100, " (echo ", Microseconds(other), ")"),
        Microseconds(mine), mine / other);
  }
  report.Line("look-up over TLS gRPC, VRF proofs not cached",
              PerSecond(first.tally));
  return searches.tally.Rate();
}

// Look-ups at a quarter of their maximum rate while others publish at 30% of
// theirs, beside the same without the others, by turns.
void ReportBusyLookups(FilledLog& log, double lookup_rate, double publish_rate,
                       Report& report) {
  constexpr int kRounds = 5;
  constexpr double kSeconds = 3;
  const double rate = lookup_rate / 4;
  const auto channel =
      Connect(log.daemon().public_server().port(), log.site().tls().ca());
  const std::vector<std::string> labels =
      RandomLabels(log, static_cast<size_t>(rate * kSeconds), /*seed=*/6);
  SearchLoad cold;
  RunSearches(channel, labels, cold);

  SearchLoad quiet;
  SearchLoad busy;
  Tally published;
  for (int round = 0; round < kRounds; ++round) {
    RunPacedSearches(channel, labels, rate, quiet);
    const Stopwatch watch;
    const uint64_t first = log.addresses();
    const auto publishing = log.PublishAt(0.3 * publish_rate);
    RunPacedSearches(channel, labels, rate, busy);
    published.Add(static_cast<double>(log.addresses() - first),
                  watch.Seconds());
  }
  report.Line(
      absl::StrCat("look-ups at ", Number(rate), " /s, quiet: p99 (p50 ",
                   Microseconds(Percentile(quiet.latencies, 0.5)), ")"),
      Microseconds(Percentile(quiet.latencies, 0.99)));
  report.Line(
      absl::StrCat("  while publishing ", Number(published.Rate()),
                   " /s: p99 (p50 ",
                   Microseconds(Percentile(busy.latencies, 0.5)), ")"),
      Microseconds(Percentile(busy.latencies, 0.99)),
      Percentile(busy.latencies, 0.99) / Percentile(quiet.latencies, 0.99),
      "<= 3");
}

keytrans::SearchAnswer Answer(FilledLog& log, keytrans::ProverSource& source,
                              const std::string& label,
                              std::optional<uint64_t> last = std::nullopt) {
  server::OpenLog& open = log.daemon().log();
  return OrDie(keytrans::AnswerSearch(source, open.configuration(),
                                      open.visible_head().Get()->TreeHead(),
                                      {.last = last, .label = label}));
}

// Answers from `source` beside the VRF proofs that they cannot do without.
void MeasureUncached(FilledLog& log, keytrans::ProverSource& source,
                     uint64_t seed, Tally& answers, Tally& proofs) {
  constexpr size_t kPiece = 50;
  constexpr int kPieces = 10;
  const std::vector<std::string> labels =
      RandomLabels(log, kPiece * kPieces, seed);
  const std::vector<uint32_t> ladder = keytrans::BaseBinaryLadder(0);
  for (int piece = 0; piece < kPieces; ++piece) {
    const Stopwatch proving;
    for (size_t i = 0; i < kPiece; ++i) {
      for (const uint32_t version : ladder) {
        OrDie(log.vrf_key().Prove(
            keytrans::EncodeVrfInput(labels[piece * kPiece + i], version)));
      }
    }
    proofs.Add(kPiece, proving.Seconds());
    const Stopwatch answering;
    for (size_t i = 0; i < kPiece; ++i) {
      Answer(log, source, labels[piece * kPiece + i]);
    }
    answers.Add(kPiece, answering.Seconds());
  }
}

// The first look-up of an address: in a server that has answered others, and
// without any cache of ours.
void ReportUncached(FilledLog& log, const Options& options, Report& report) {
  const auto line = [&](absl::string_view what, const Tally& answers,
                        const Tally& proofs) {
    report.Line("VRF proofs of the ladder of version 0",
                Microseconds(1 / proofs.Rate()));
    report.Line(what, Microseconds(1 / answers.Rate()),
                proofs.Rate() / answers.Rate(), "<= 1.15");
  };
  {
    server::StoredLog running(log.daemon().log().records(), log.vrf_key(),
                              size_t{128} << 20);
    Tally answers;
    Tally proofs;
    for (const std::string& label :
         RandomLabels(log, options.lookups, /*seed=*/7)) {
      Answer(log, running, label);
    }
    MeasureUncached(log, running, /*seed=*/8, answers, proofs);
    line("first answer about an address of version 0", answers, proofs);
  }
  server::StoredLog uncached(log.daemon().log().records(), log.vrf_key(), 0);
  Tally answers;
  Tally proofs;
  MeasureUncached(log, uncached, /*seed=*/2, answers, proofs);
  line("  the same, no cache of ours", answers, proofs);
}

void ReportSizes(FilledLog& log, Report& report) {
  const std::string label = LabelOf(log.addresses() / 2);
  keytrans::ProverSource& source = log.daemon().log().prover_source();
  const uint64_t size = log.daemon().log().visible_head().Get()->tree_size;
  const uint64_t old_size = size - size / 10;
  const keytrans::SearchAnswer found = Answer(log, source, label);
  const v1::SearchAnswer whole = OneAnswer(log, log.daemon(), log.site());
  const auto bytes = [](size_t count) { return absl::StrCat(count, " B"); };
  report.Line("value in the response", bytes(found.value.size()));
  report.Line(absl::StrCat("response, first-time user, ", size, " log entries"),
              bytes(found.bytes.size()));
  report.Line(absl::StrCat("response, returning user who saw ", old_size),
              bytes(Answer(log, source, label, old_size).bytes.size()));
  report.Line("response, returning user, same tree head",
              bytes(Answer(log, source, label, size).bytes.size()));
  report.Line("gRPC message, first-time user: response and 2 issuers",
              bytes(whole.ByteSizeLong()));
}

// -------------------------------------------------------------------- verify

// What the verification of one answer cannot do without.
void VerifyKeysOnly(const keytrans::Configuration& configuration,
                    const crypto::VrfPublicKey& vrf_key,
                    const crypto::SignaturePublicKey& signature_key,
                    const std::string& label,
                    const keytrans::SearchResponse& response,
                    const crypto::Hash& root) {
  const std::vector<uint32_t> ladder =
      keytrans::BaseBinaryLadder(*response.version);
  if (ladder.size() != response.binary_ladder.size()) std::abort();
  for (size_t i = 0; i < ladder.size(); ++i) {
    OrDie(vrf_key.Verify(keytrans::EncodeVrfInput(label, ladder[i]),
                         response.binary_ladder[i].proof));
  }
  const keytrans::TreeHead& head = *response.full_tree_head.updated;
  CheckOk(signature_key.Verify(
      keytrans::EncodeTreeHeadTbs(configuration, head.tree_size, root),
      head.signature));
}

void ReportVerify(FilledLog& log, Report& report) {
  constexpr size_t kAnswers = 200;
  constexpr int kRounds = 5;
  const keytrans::Configuration configuration =
      log.daemon().log().configuration();
  const auto verifier = OrDie(keytrans::Verifier::Create(configuration));
  const auto vrf_key = OrDie(crypto::VrfPublicKey::Parse(
      configuration.ciphersuite, configuration.vrf_public_key));
  const auto signature_key = OrDie(crypto::SignaturePublicKey::Parse(
      configuration.ciphersuite, configuration.signature_public_key));
  struct Question {
    keytrans::SearchRequest request;
    std::string bytes;
    keytrans::SearchResponse response;
    crypto::Hash root;
  };
  std::vector<Question> questions;
  const uint64_t now = server::SystemClock().WallMs();
  for (const std::string& label : RandomLabels(log, kAnswers, /*seed=*/3)) {
    Question question;
    question.request.label = label;
    question.bytes =
        Answer(log, log.daemon().log().prover_source(), label).bytes;
    question.response = OrDie(keytrans::SearchResponse::Parse(
        configuration, question.request, question.bytes));
    question.root = OrDie(verifier.VerifySearch(question.request, std::nullopt,
                                                question.bytes, now))
                        .view.Root();
    questions.push_back(std::move(question));
  }

  Tally whole;
  Tally keys;
  for (int round = 0; round < kRounds; ++round) {
    const Stopwatch keys_watch;
    for (const Question& q : questions) {
      VerifyKeysOnly(configuration, *vrf_key, *signature_key, q.request.label,
                     q.response, q.root);
    }
    keys.Add(kAnswers, keys_watch.Seconds());
    const Stopwatch whole_watch;
    for (const Question& q : questions) {
      OrDie(verifier.VerifySearch(q.request, std::nullopt, q.bytes, now));
    }
    whole.Add(kAnswers, whole_watch.Seconds());
  }
  report.Line("VRF verifications and signature verification of an answer",
              Microseconds(1 / keys.Rate()));
  report.Line("client verifies an answer, first-time user",
              Microseconds(1 / whole.Rate()), keys.Rate() / whole.Rate(),
              "<= 1.10");
}

// ------------------------------------------------- disk, start-up and memory

void ReportProcess(FilledLog& log, const Options& options, Report& report) {
  const auto addresses = static_cast<double>(log.addresses());
  report.Line("disk an address, as published",
              absl::StrCat(Number(BytesBelow(log.data()) / addresses), " B"));
  if (!options.leave_uncompacted) {
    log.Compact();
    const double bytes = BytesBelow(log.data()) / addresses;
    report.Line("disk an address, after compaction",
                absl::StrCat(Number(bytes), " B"), bytes / 4500, "<= 4.5 kB");
  }

  const std::string ca = log.site().tls().ca();
  SearchLoad load;
  const Stopwatch watch;
  const ServerProcess process(options.sealbookd, log.site().config_file(),
                              log.site().path("ready"));
  const double ready = watch.Seconds();
  const auto channel = Connect(process.public_port(), ca);
  RunSearches(channel, RandomLabels(log, 1, /*seed=*/4), load);
  report.Line("start-up to the first answer",
              absl::StrCat(Number(watch.Seconds()), " s"), std::nullopt,
              absl::StrCat("< 1 s (ports open after ", Number(ready), " s)"));

  RunSearches(channel, RandomLabels(log, options.memory_lookups, /*seed=*/5),
              load);
  const Memory memory = MemoryOf(process.pid());
  report.Line(absl::StrCat("RssAnon after ", options.memory_lookups,
                           " random look-ups"),
              absl::StrCat(Number(memory.anonymous), " MB"),
              memory.anonymous / (options.addresses > 1'000'000 ? 600 : 300),
              "<= 300 MB at 1M addresses, 600 MB at 10M");
  report.Line("RssFile", absl::StrCat(Number(memory.file), " MB"));
}

void Run(const Options& options) {
  Report report;
  FilledLog log;
  const double publish_rate = ReportFill(log, options, report);
  const double lookup_rate = ReportLookups(log, options, report);
  ReportUncached(log, options, report);
  ReportSizes(log, report);
  ReportVerify(log, report);
  ReportBusyLookups(log, lookup_rate, publish_rate, report);
  log.Stop();
  ReportProcess(log, options, report);
  // Last: these certificates are smaller than the values above.
  log.Start();
  ReportPublishOverTls(log, options, report);
}

}  // namespace
}  // namespace sealbook::bench

int main(int argc, char** argv) {
  sealbook::bench::Options options;
  CLI::App app("Measures a whole Sealbook directory against its goals",
               "directory_bench");
  app.add_option("--addresses", options.addresses, "addresses in the log")
      ->capture_default_str();
  app.add_option("--certificates", options.certificates,
                 "real certificates to publish over mTLS")
      ->capture_default_str();
  app.add_option("--lookups", options.lookups, "look-ups to time")
      ->capture_default_str();
  app.add_option("--memory-lookups", options.memory_lookups,
                 "random look-ups before memory is read")
      ->capture_default_str();
  app.add_flag("--leave-uncompacted", options.leave_uncompacted,
               "do not merge LevelDB's tables before memory is read");
  app.add_option("--sealbookd", options.sealbookd,
                 "the server to start for memory and start-up")
      ->required();
  // The library throws; nothing of that leaves this function.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  sealbook::bench::Run(options);
  return 0;
}

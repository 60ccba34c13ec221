#include "server/log_store.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/structures.h"
#include "merkle/log_tree.h"
#include "server/storage/memory_storage.h"
#include "server/storage/testing/status_matchers.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::Refuses;

class LogStoreTest : public ::testing::Test {
 protected:
  LogStoreTest()
      : storage_(*MemoryStorage::Create(std::make_shared<MemoryDisk>())),
        store_(*storage_) {}

  void Store(const Put& put) { ASSERT_THAT(storage_->PutRecord(put), IsOk()); }

  const std::unique_ptr<Storage> storage_;
  LogStore store_;
};

TEST_F(LogStoreTest, ReadsLogNodesOfALogThatGrew) {
  merkle::LogAppender log(0, {});
  std::vector<crypto::Hash> leaves;
  for (uint64_t i = 0; i < 200; ++i) {
    leaves.push_back(crypto::Sha256(std::to_string(i)));
    const uint64_t before = log.new_nodes().size();
    log.Append(leaves.back());
    // Written in pieces, as commits do: from the last partial record on.
    const std::vector<crypto::Hash>& nodes = log.new_nodes();
    const uint64_t first = before - before % kLogNodesPerRecord;
    for (const Put& put :
         LogNodePuts(first, absl::MakeConstSpan(nodes).subspan(first))) {
      Store(put);
    }
  }
  for (uint64_t i = 0; i < 200; ++i) {
    EXPECT_EQ((*store_.ReadLogNodes({{i, 0}}))[0], leaves[i]) << i;
  }
  auto subtrees = store_.ReadLogNodes(merkle::FullSubtrees(200));
  ASSERT_THAT(subtrees, IsOk());
  EXPECT_EQ(*subtrees, log.full_subtrees());
  auto all = store_.ReadLogNodesFrom(0, merkle::NodeCount(200));
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(*all, log.new_nodes());
  EXPECT_THAT(store_.ReadLogNodes({{200, 0}}),
              Refuses(absl::StatusCode::kDataLoss, "log tree node"));
}

TEST_F(LogStoreTest, TellsAbsenceFromMissing) {
  EXPECT_FALSE(store_.ReadHead()->has_value());
  EXPECT_FALSE(store_.ReadSignedHead()->has_value());
  EXPECT_FALSE((*store_.ReadLabels({"a"}))[0].has_value());
  EXPECT_FALSE((*store_.ReadVersions({{"a", 0}}))[0].has_value());
  EXPECT_FALSE((*store_.ReadPublications({{{}, "a"}}))[0].has_value());
  EXPECT_FALSE((*store_.ReadIssuers({{}}))[0].has_value());
  EXPECT_THAT(store_.ReadConfiguration(),
              Refuses(absl::StatusCode::kNotFound, "no log"));
  EXPECT_THAT(store_.ReadEntries({4}),
              Refuses(absl::StatusCode::kDataLoss, "log entry 4: missing"));
  EXPECT_THAT(store_.ReadPages({{4, 2}}),
              Refuses(absl::StatusCode::kDataLoss, "page 4/2: missing"));
  EXPECT_THAT(store_.ReadValues({{"a", 3}}),
              Refuses(absl::StatusCode::kDataLoss, "version 3 of a: missing"));
  EXPECT_THAT(
      store_.ReadValues({{"a", 3}}, {keytrans::VersionFacts{}}),
      Refuses(absl::StatusCode::kDataLoss, "value of version 3 of a: missing"));
}

TEST_F(LogStoreTest, NamesTheRecordThatDoesNotDecode) {
  Store({Table::kLabels, "b", "\xff"});
  Store({Table::kVersions, VersionKey({"b", 1}), "\xff"});
  Store({Table::kValues, ValueKey({}), "\xff"});
  Store({Table::kEntries, PositionKey(3), "\xff"});
  Store({Table::kPublications, PublicationKey({{}, "b"}), "x"});
  Store({Table::kSignedHead, "", "\xff"});
  Store({Table::kConfiguration, "", "\xff"});
  EXPECT_THAT(store_.ReadLabels({"a", "b"}),
              Refuses(absl::StatusCode::kDataLoss, "label b"));
  EXPECT_THAT(store_.ReadVersions({{"b", 1}}),
              Refuses(absl::StatusCode::kDataLoss, "version 1 of b"));
  EXPECT_THAT(store_.ReadValues({{"b", 1}}, {keytrans::VersionFacts{}}),
              Refuses(absl::StatusCode::kDataLoss, "value of version 1 of b"));
  EXPECT_THAT(store_.ReadEntries({3}),
              Refuses(absl::StatusCode::kDataLoss, "log entry 3"));
  EXPECT_THAT(store_.ReadPublications({{{}, "b"}}),
              Refuses(absl::StatusCode::kDataLoss, "publication of"));
  EXPECT_THAT(store_.ReadSignedHead(),
              Refuses(absl::StatusCode::kDataLoss, "signed head record"));
  EXPECT_THAT(store_.ReadConfiguration(),
              Refuses(absl::StatusCode::kDataLoss, "stored configuration"));
}

TEST_F(LogStoreTest, SaysWhichModesAreNotSpoken) {
  keytrans::Configuration configuration;
  configuration.mode = keytrans::DeploymentMode::kThirdPartyAuditing;
  Store({Table::kConfiguration, "", configuration.Encode()});
  EXPECT_THAT(store_.ReadConfiguration(),
              Refuses(absl::StatusCode::kUnimplemented,
                      "stored configuration: deployment mode 3 "
                      "(thirdPartyAuditing) is not served"));
}

TEST_F(LogStoreTest, RefusesAnIssuerWhoseBytesHaveAnotherHash) {
  const auto hash =
      *smime::CertificateHash::FromBytes(crypto::Sha256("issuer").view());
  Store(IssuerPut(hash, "issuer"));
  EXPECT_EQ((*store_.ReadIssuers({hash}))[0], "issuer");
  std::vector<std::string> seen;
  ASSERT_THAT(store_.ScanIssuers([&](absl::string_view der) {
    seen.emplace_back(der);
    return true;
  }),
              IsOk());
  EXPECT_THAT(seen, ::testing::ElementsAre("issuer"));
  Store(IssuerPut(hash, "Issuer"));
  EXPECT_THAT(store_.ReadIssuers({hash}),
              Refuses(absl::StatusCode::kDataLoss, "another hash"));
}

}  // namespace
}  // namespace sealbook::server

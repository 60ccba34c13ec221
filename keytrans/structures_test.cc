#include "keytrans/structures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

Configuration SomeConfiguration() {
  Configuration configuration;
  configuration.signature_public_key = "SIG";
  configuration.vrf_public_key = "VRF!";
  configuration.max_ahead = 1;
  configuration.max_behind = 2;
  configuration.reasonable_monitoring_window = 3;
  return configuration;
}

TEST(ConfigurationTest, EncodesAsTheDraftSays) {
  EXPECT_EQ(absl::BytesToHexString(SomeConfiguration().Encode()),
            "0001"              // ciphersuite
            "01"                // mode
            "0003534947"        // signature_public_key
            "000456524621"      // vrf_public_key
            "0000000000000001"  // max_ahead
            "0000000000000002"  // max_behind
            "0000000000000003"  // reasonable_monitoring_window
            "00");              // maximum_lifetime
  Configuration with_lifetime = SomeConfiguration();
  with_lifetime.maximum_lifetime = 4;
  EXPECT_EQ(with_lifetime.Encode(),
            SomeConfiguration().Encode().substr(
                0, SomeConfiguration().Encode().size() - 1) +
                absl::HexStringToBytes("010000000000000004"));
  EXPECT_EQ(*Configuration::Parse(with_lifetime.Encode()), with_lifetime);
}

TEST(ConfigurationTest, SaysWhichSuitesAndModesItDoesNotSpeak) {
  std::string bytes = SomeConfiguration().Encode();
  auto with = [&](size_t at, char value) {
    std::string changed = bytes;
    changed[at] = value;
    return Configuration::Parse(changed).status();
  };
  EXPECT_EQ(with(1, 2).code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(with(1, 2).message(), HasSubstr("Ed25519"));
  EXPECT_EQ(with(2, 3).code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(with(2, 3).message(), HasSubstr("thirdPartyAuditing"));
  EXPECT_EQ(with(1, 9).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(with(1, 9).message(), HasSubstr("unknown cipher suite 0x0009"));
  EXPECT_EQ(with(2, 0).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(with(2, 0).message(), HasSubstr("unknown deployment mode 0"));
}

TEST(ConfigurationTest, RefusesLifetimesThatEndBeforeTheMonitoringWindow) {
  Configuration configuration = SomeConfiguration();
  configuration.maximum_lifetime = 3;
  EXPECT_THAT(Configuration::Parse(configuration.Encode()).status().message(),
              HasSubstr("maximum lifetime 3 ms is not greater"));
}

TEST(ConfigurationTest, RefusesTruncationAndTrailingBytes) {
  std::string bytes = SomeConfiguration().Encode();
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(Configuration::Parse(bytes.substr(0, length)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << length;
  }
  EXPECT_THAT(Configuration::Parse(bytes + "x").status().message(),
              HasSubstr("trailing"));
}

TEST(SearchRequestTest, EncodesAsTheDraftSays) {
  SearchRequest request{258, "a@b", 7};
  EXPECT_EQ(absl::BytesToHexString(request.Encode()),
            "010000000000000102"
            "03614062"
            "0100000007");
  EXPECT_EQ(*SearchRequest::Parse(request.Encode()), request);
  EXPECT_EQ(absl::BytesToHexString(
                SearchRequest{std::nullopt, "a@b", std::nullopt}.Encode()),
            "000361406200");
}

TEST(SearchRequestTest, RefusesPresenceOctetsOtherThanZeroAndOne) {
  std::string bytes = SearchRequest{std::nullopt, "a@b", std::nullopt}.Encode();
  bytes.back() = 2;
  EXPECT_THAT(SearchRequest::Parse(bytes).status().message(),
              HasSubstr("presence octet is 2"));
}

SearchResponse SomeResponse() {
  SearchResponse response;
  response.full_tree_head.updated = TreeHead{5, "signature"};
  response.version = 1;
  response.value = "value";
  response.binary_ladder.resize(2);
  response.binary_ladder[0].proof.bytes = std::string(81, 'p');
  response.binary_ladder[1].proof.bytes = std::string(81, 'q');
  response.binary_ladder[1].commitment.emplace();
  response.search.timestamps = {1, 2};
  merkle::PrefixProof& proof = response.search.prefix_proofs.emplace_back();
  proof.results.push_back(
      {merkle::PrefixSearchResultType::kInclusion, std::nullopt, 3});
  proof.results.push_back({merkle::PrefixSearchResultType::kNonInclusionLeaf,
                           merkle::PrefixLeaf(), 4});
  proof.results.push_back(
      {merkle::PrefixSearchResultType::kNonInclusionParent, std::nullopt, 5});
  proof.elements.resize(2);
  response.search.prefix_roots.resize(1);
  response.search.inclusion.resize(3);
  return response;
}

const SearchRequest kRequest{std::nullopt, "a@b", std::nullopt};

TEST(SearchResponseTest, ParsesWhatItEncodes) {
  std::string bytes = *SomeResponse().Encode();
  auto parsed = SearchResponse::Parse(SomeConfiguration(), kRequest, bytes);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, SomeResponse());
}

TEST(SearchResponseTest, AcceptsNoOtherEncodingOfAStructure) {
  const std::string bytes = *SomeResponse().Encode();
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(value);
      auto parsed =
          SearchResponse::Parse(SomeConfiguration(), kRequest, changed);
      if (parsed.ok()) {
        ASSERT_EQ(*parsed->Encode(), changed) << i;
      }
    }
  }
}

TEST(SearchResponseTest, RefusesUnknownTypes) {
  std::string bytes = *SomeResponse().Encode();
  for (char type : {0, 3}) {
    bytes[0] = type;
    EXPECT_THAT(SearchResponse::Parse(SomeConfiguration(), kRequest, bytes)
                    .status()
                    .message(),
                HasSubstr("unknown FullTreeHeadType"));
  }
}

TEST(SearchResponseTest, RefusesToBuildWhatTheCeilingsForbid) {
  SearchResponse response = SomeResponse();
  response.search.prefix_proofs[0].results.resize(256);
  EXPECT_EQ(response.Encode().status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(response.Encode().status().message(),
              HasSubstr("PrefixProof.results has 256"));
  response = SomeResponse();
  response.search.timestamps.resize(256);
  EXPECT_THAT(response.Encode().status().message(), HasSubstr("timestamps"));
}

TEST(AbsenceResponseTest, ParsesWhatItEncodes) {
  AbsenceResponse response;
  response.proof.bytes = std::string(81, 'p');
  response.search = SomeResponse().search;
  std::string bytes = *response.Encode();
  EXPECT_EQ(bytes[0], 1);  // `same`
  auto parsed = AbsenceResponse::Parse(SomeConfiguration(), bytes);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, response);
}

TEST(ComputationTest, EncodesWhatIsHashedAndSigned) {
  EXPECT_EQ(absl::BytesToHexString(EncodeVrfInput("a@b", 258)),
            "0361406200000102");
  std::string tbs = EncodeTreeHeadTbs(SomeConfiguration(), 9, crypto::Hash());
  EXPECT_EQ(tbs, SomeConfiguration().Encode() +
                     absl::HexStringToBytes("0000000000000009") +
                     std::string(32, '\0'));
}

}  // namespace
}  // namespace sealbook::keytrans

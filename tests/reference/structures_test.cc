#include "tests/reference/structures.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/encoding_testing.h"
#include "tests/reference/own_structures.h"

namespace sealbook::reference {
namespace {

using ::testing::HasSubstr;

TEST(StructuresTest, WritesAConfiguration) {
  ExpectBytes(SmallConfiguration(), SmallConfigurationBytes());
  Configuration config = SmallConfiguration();
  config.maximum_lifetime = 0xff;
  std::string bytes = SmallConfigurationBytes();
  bytes.back() = '\x01';
  ExpectBytes(config, bytes + Raw("\x00\x00\x00\x00\x00\x00\x00\xff"));
}

TEST(StructuresTest, RefusesAConfigurationOfAnotherKind) {
  std::string bytes = SmallConfigurationBytes();
  bytes.back() = '\x02';
  EXPECT_THAT(Decode<Configuration>(bytes).error, HasSubstr("presence octet"));
  bytes = SmallConfigurationBytes();
  for (char suite : {0, 3}) {
    bytes[1] = suite;
    EXPECT_THAT(Decode<Configuration>(bytes).error, HasSubstr("enum"));
  }
  for (char mode : {0, 4}) {
    bytes = SmallConfigurationBytes();
    bytes[2] = mode;
    EXPECT_THAT(Decode<Configuration>(bytes).error, HasSubstr("enum"));
  }
}

TEST(StructuresTest, WritesTreeHeads) {
  ExpectBytes(TreeHead{0x0102030405060708, "abc"},
              Raw("\x01\x02\x03\x04\x05\x06\x07\x08\x00\x03"
                  "abc"));
  ExpectBytes(
      TreeHeadTBS{SmallConfiguration(), 7, Bytes(32, 'r')},
      SmallConfigurationBytes() + Raw("\0\0\0\0\0\0\0\x07") + Bytes(32, 'r'));
  ExpectBytes(FullTreeHead{FullTreeHeadType::kSame, {}}, "\x01");
  ExpectBytes(FullTreeHead{FullTreeHeadType::kUpdated, {9, "s"}},
              Raw("\x02\0\0\0\0\0\0\0\x09\0\x01s"));
  for (const char* type : {"\x03", "\x04", "\xff"}) {
    EXPECT_THAT(Decode<FullTreeHead>(type).error, HasSubstr("enum"));
  }
  EXPECT_THAT(Decode<FullTreeHead>(Raw("\x00")).error, HasSubstr("enum"));
}

TEST(StructuresTest, WritesWhatIsHashed) {
  ExpectBytes(VrfInput{"a@b", 0x01020304},
              "\x03"
              "a@b"
              "\x01\x02\x03\x04");
  ExpectBytes(UpdateValue{"value"}, Raw("\0\0\0\x05value"));
  ExpectBytes(CommitmentValue{Bytes(16, 'o'), "a@b", 5, {"v"}},
              Bytes(16, 'o') + Raw("\x03"
                                   "a@b"
                                   "\0\0\0\x05"
                                   "\0\0\0\x01v"));
  ExpectBytes(LogEntry{0x0a, Bytes(32, 'p')},
              Raw("\0\0\0\0\0\0\0\x0a") + Bytes(32, 'p'));
}

TEST(StructuresTest, WritesPrefixSearchResults) {
  using Type = PrefixSearchResultType;
  const PrefixLeaf leaf{Bytes(32, 'v'), Bytes(32, 'c')};
  ExpectBytes(leaf, Bytes(32, 'v') + Bytes(32, 'c'));
  ExpectBytes(PrefixSearchResult{Type::kInclusion, {}, 7}, "\x01\x07");
  ExpectBytes(PrefixSearchResult{Type::kNonInclusionLeaf, leaf, 255},
              "\x02" + Bytes(32, 'v') + Bytes(32, 'c') + "\xff");
  ExpectBytes(PrefixSearchResult{Type::kNonInclusionParent, {}, 0},
              Raw("\x03\x00"));
  for (const char* type : {"\x04\x01", "\x80\x01"}) {
    EXPECT_THAT(Decode<PrefixSearchResult>(type).error, HasSubstr("enum"));
  }
}

// Vector prefixes count elements: one byte for results, timestamps, prefix
// proofs and prefix roots, two for elements.
TEST(StructuresTest, CountsElementsNotBytes) {
  const PrefixProof prefix{
      {{PrefixSearchResultType::kInclusion, {}, 2},
       {PrefixSearchResultType::kNonInclusionParent, {}, 3}},
      {Bytes(32, 'a'), Bytes(32, 'b'), Bytes(32, 'c')}};
  const std::string prefix_bytes = Raw("\x02\x01\x02\x03\x03\x00\x03") +
                                   Bytes(32, 'a') + Bytes(32, 'b') +
                                   Bytes(32, 'c');
  ExpectBytes(prefix, prefix_bytes);
  ExpectBytes(InclusionProof{{Bytes(32, 'i')}},
              Raw("\x00\x01") + Bytes(32, 'i'));
  ExpectBytes(CombinedTreeProof{{1, 2}, {prefix}, {Bytes(32, 'r')}, {}},
              Raw("\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\x01") +
                  prefix_bytes + "\x01" + Bytes(32, 'r') + Raw("\0\0"));
}

TEST(StructuresTest, WritesSearchRequests) {
  ExpectBytes(SearchRequest{std::nullopt, "a@b", std::nullopt}, Raw("\x00\x03"
                                                                    "a@b"
                                                                    "\x00"));
  ExpectBytes(SearchRequest{4, "a@b", 6}, Raw("\x01\0\0\0\0\0\0\0\x04\x03"
                                              "a@b"
                                              "\x01\0\0\0\x06"));
  EXPECT_THAT(Decode<SearchRequest>(Raw("\x02\x03"
                                        "a@b"
                                        "\x00"))
                  .error,
              HasSubstr("presence octet"));
}

TEST(StructuresTest, WritesResponses) {
  const std::string proof = Bytes(81, 'p');
  const std::string empty_search = Raw("\0\0\0\0\0");
  ExpectBytes(BinaryLadderStep{proof, std::nullopt}, proof + Raw("\x00"));
  ExpectBytes(BinaryLadderStep{proof, Bytes(32, 'c')},
              proof + "\x01" + Bytes(32, 'c'));
  SearchResponse response;
  response.version = 3;
  response.opening = Bytes(16, 'o');
  response.value.value = "v";
  response.binary_ladder = {{proof, std::nullopt}};
  ExpectBytes(response, Raw("\x01\0\0\0\x03") + Bytes(16, 'o') +
                            Raw("\0\0\0\x01v\x01") + proof + Raw("\x00") +
                            empty_search);
  ExpectBytes(AbsenceResponse{{FullTreeHeadType::kUpdated, {2, ""}}, proof, {}},
              Raw("\x02\0\0\0\0\0\0\0\x02\0\0") + proof + empty_search);
}

TEST(StructuresTest, WritesAFixedVersionResponseWithoutAVersion) {
  const std::string proof = Bytes(81, 'p');
  FixedVersionResponse response;
  response.opening = Bytes(16, 'o');
  response.value.value = "v";
  response.binary_ladder = {{proof, std::nullopt}};
  ExpectBytes(response, Raw("\x01") + Bytes(16, 'o') + Raw("\0\0\0\x01v\x01") +
                            proof + Raw("\x00\0\0\0\0\0"));
}

TEST(StructuresTest, WritesVrfProofsOfEachSuite) {
  const BinaryLadderStep step{Bytes(80, 'p'), std::nullopt};
  const std::string bytes = Bytes(80, 'p') + Raw("\x00");
  EXPECT_EQ(Encode(step, kSuiteEd25519), bytes);
  EXPECT_EQ(Decode<BinaryLadderStep>(bytes, kSuiteEd25519).value, step);
  EXPECT_EQ(Decode<BinaryLadderStep>(bytes, kSuiteP256).error, "truncated");
  Configuration config = SmallConfiguration();
  config.ciphersuite = kSuiteEd25519;
  std::string config_bytes = SmallConfigurationBytes();
  config_bytes[1] = '\x02';
  ExpectBytes(config, config_bytes);
}

TEST(StructuresTest, WritesDistinguishedRequestsAndResponses) {
  ExpectBytes(DistinguishedRequest{std::nullopt, std::nullopt}, Raw("\0\0"));
  ExpectBytes(DistinguishedRequest{4, 2}, Raw("\x01\0\0\0\0\0\0\0\x04"
                                              "\x01\0\0\0\0\0\0\0\x02"));
  ExpectBytes(DistinguishedResponse{}, Raw("\x01\0\0\0\0\0"));
}

TEST(StructuresTest, WritesHistories) {
  ExpectBytes(HistoryRequest{std::nullopt, "a@b", std::nullopt}, Raw("\x00\x03"
                                                                     "a@b"
                                                                     "\x00"));
  ExpectBytes(HistoryRequest{4, "a@b", 6}, Raw("\x01\0\0\0\0\0\0\0\x04\x03"
                                               "a@b"
                                               "\x01\0\0\0\x06"));
  const std::string opening = Bytes(16, 'o'), proof = Bytes(81, 'p');
  HistoryResponse response;
  response.newest = 5;
  response.versions = {{9, opening, {"v"}}, {std::nullopt, opening, {""}}};
  response.binary_ladder = {{proof, std::nullopt}};
  const std::string rest =
      Raw("\x02\x01\0\0\0\0\0\0\0\x09") + opening + Raw("\0\0\0\x01v\x00") +
      opening + Raw("\0\0\0\0\0\x01") + proof + Raw("\x00\0\0\0\0\0");
  ExpectBytes(response, Raw("\x01\0\0\0\x05") + rest);
  ExpectBytes(
      HistoryPageResponse{{}, response.versions, response.binary_ladder, {}},
      "\x01" + rest);
  EXPECT_EQ(Decode<HistoryPageResponse>(Raw("\x01\0\0\0\0\0\0\0\0")).error,
            "vector below its floor");
}

TEST(StructuresTest, WritesStatesAsOfATime) {
  ExpectBytes(AsOfRequest{4, "a@b", 0x0102}, Raw("\x01\0\0\0\0\0\0\0\x04\x03"
                                                 "a@b"
                                                 "\0\0\0\0\0\0\x01\x02"));
  const std::string opening = Bytes(16, 'o');
  ExpectBytes(AsOfResponse{}, Raw("\x01\0\0\0\0\0\0\0\0"));
  AsOfResponse response;
  response.position = 7;
  ExpectBytes(response, Raw("\x01\x01\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0"));
  response.version = 3;
  response.opening = opening;
  response.value.value = "v";
  ExpectBytes(response, Raw("\x01\x01\0\0\0\0\0\0\0\x07\x01\0\0\0\x03") +
                            opening + Raw("\0\0\0\x01v\0\0\0\0\0\0"));
}

TEST(StructuresDeathTest, RefusesToWriteWhatHasNoEncoding) {
  EXPECT_DEATH(Encode(VrfInput{Bytes(256, 'l'), 0}), "number too large");
  EXPECT_DEATH(Encode(LogEntry{0, "short"}), "fixed-size");
  EXPECT_DEATH(Encode(HistoryResponse{}), "below its floor");
}

}  // namespace
}  // namespace sealbook::reference

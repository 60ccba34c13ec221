#include "server/log_records.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "merkle/log_tree.h"
#include "server/storage/testing/status_matchers.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::Refuses;

template <typename Bytes>
Bytes Filled(uint8_t value) {
  Bytes bytes;
  for (size_t i = 0; i < bytes.size(); ++i) bytes.data()[i] = value;
  return bytes;
}

StoredEntry Entry() {
  StoredEntry entry;
  entry.entry = {1234, Filled<crypto::Hash>(7)};
  entry.added = {Filled<crypto::VrfOutput>(1), Filled<crypto::VrfOutput>(2)};
  return entry;
}

TEST(LogRecordsTest, OrdersPositionsAndPagesByTheirNumbers) {
  EXPECT_EQ(PositionKey(0x0102030405060708),
            std::string("\x01\x02\x03\x04\x05\x06\x07\x08"));
  EXPECT_LT(PositionKey(255), PositionKey(256));
  EXPECT_EQ(PageKey({1, 0x02030405}),
            std::string("\0\0\0\0\0\0\0\x01\x02\x03\x04\x05", 12));
  EXPECT_LT(PageKey({1, 0xffffffff}), PageKey({2, 0}));
}

TEST(LogRecordsTest, OrdersVersionsOfALabelByNumberAndKeepsLabelsApart) {
  EXPECT_EQ(VersionKey({"ab", 0x01020304}), std::string("\x02"
                                                        "ab\x01\x02\x03\x04"));
  EXPECT_LT(VersionKey({"ab", 255}), VersionKey({"ab", 256}));
  // Values stand in the order of the log.
  EXPECT_EQ(ValueKey({0x0102, Filled<crypto::VrfOutput>(3), {}}),
            absl::StrCat(absl::string_view("\0\0\0\0\0\0\1\2", 8),
                         std::string(32, '\3')));
  // Without its length, "a" with a version that begins like "b" would be "ab".
  EXPECT_NE(VersionKey({"a", 0x62000000}).substr(0, 3),
            VersionKey({"ab", 0}).substr(0, 3));
}

TEST(LogRecordsTest, ReadsBackWhatItWrote) {
  const LabelVersion version{std::string(255, 'l'), 0xfffffffe};
  const CertificateLabel publication{Filled<smime::CertificateHash>(3), "l@x"};
  const keytrans::VersionFacts facts{9, Filled<crypto::VrfOutput>(4),
                                     Filled<crypto::Commitment>(5)};
  EXPECT_EQ(*DecodePositionKey(PositionKey(77)), 77);
  EXPECT_EQ(*DecodePageKey(PageKey({8, 9})), (merkle::PageId{8, 9}));
  EXPECT_EQ(*DecodeVersionKey(VersionKey(version)), version);
  EXPECT_EQ(*DecodePublicationKey(PublicationKey(publication)), publication);
  EXPECT_EQ(*DecodeEntryRecord(EntryPut(1, Entry()).value), Entry());
  EXPECT_EQ(*DecodeLabelRecord(LabelPut("l", 6).value), 6);
  EXPECT_EQ(*DecodePublicationRecord(PublicationPut(publication, 9).value), 9);
  auto stored_facts = DecodeVersionRecord(VersionPut(version, facts).value);
  ASSERT_THAT(stored_facts, IsOk());
  EXPECT_EQ(stored_facts->position, 9);
  EXPECT_EQ(stored_facts->vrf_output, facts.vrf_output);
  EXPECT_EQ(stored_facts->commitment, facts.commitment);
  auto value = DecodeValueRecord(
      ValuePut(facts, Filled<crypto::Opening>(6), std::string("\0v", 2)).value);
  ASSERT_THAT(value, IsOk());
  EXPECT_EQ(value->opening, Filled<crypto::Opening>(6));
  EXPECT_EQ(value->value, std::string("\0v", 2));
}

TEST(LogRecordsTest, ReadsBackHeads) {
  Head head{5,  Filled<crypto::Hash>(1),
            99, Filled<crypto::Hash>(2),
            3,  {Filled<crypto::Hash>(4), Filled<crypto::Hash>(5)}};
  EXPECT_EQ(*DecodeHeadRecord(EncodeHead(head)), head);
  const SignedHead signed_head{5, Filled<crypto::Hash>(1), "signature", 99};
  EXPECT_EQ(*DecodeSignedHeadRecord(SignedHeadPut(signed_head).value),
            signed_head);

  head.full_subtrees.pop_back();
  EXPECT_THAT(DecodeHeadRecord(EncodeHead(head)),
              Refuses(absl::StatusCode::kDataLoss, "1 full subtrees"));
  head.tree_size = 0;
  head.full_subtrees.clear();
  EXPECT_THAT(DecodeHeadRecord(EncodeHead(head)),
              Refuses(absl::StatusCode::kDataLoss, "tree of 0"));
  EXPECT_THAT(DecodeSignedHeadRecord(SignedHeadPut({}).value),
              Refuses(absl::StatusCode::kDataLoss, "empty tree"));
}

TEST(LogRecordsTest, RefusesEntriesThatNoWriterMakes) {
  StoredEntry entry = Entry();
  std::swap(entry.added[0], entry.added[1]);
  EXPECT_THAT(DecodeEntryRecord(EntryPut(1, entry).value),
              Refuses(absl::StatusCode::kDataLoss, "not ascending"));
  entry.added[0] = entry.added[1];
  EXPECT_THAT(DecodeEntryRecord(EntryPut(1, entry).value),
              Refuses(absl::StatusCode::kDataLoss, "not ascending"));
  entry.added.clear();
  EXPECT_THAT(DecodeEntryRecord(EntryPut(1, entry).value),
              Refuses(absl::StatusCode::kDataLoss, "0 bytes"));
  for (int i = 0; i < 256; ++i) {
    entry.added.push_back(Filled<crypto::VrfOutput>(static_cast<uint8_t>(i)));
  }
  EXPECT_THAT(DecodeEntryRecord(EntryPut(1, entry).value),
              Refuses(absl::StatusCode::kDataLoss, "255 search keys"));
  entry.added.pop_back();
  EXPECT_THAT(DecodeEntryRecord(EntryPut(1, entry).value), IsOk());
}

TEST(LogRecordsTest, RefusesKeysAndRecordsOfAnotherShape) {
  EXPECT_THAT(DecodePositionKey("1234567"),
              Refuses(absl::StatusCode::kDataLoss, "position"));
  EXPECT_THAT(DecodePageKey("12345678901"),
              Refuses(absl::StatusCode::kDataLoss, "page"));
  EXPECT_THAT(DecodeVersionKey("1234"),
              Refuses(absl::StatusCode::kDataLoss, "label-version"));
  EXPECT_THAT(DecodeVersionKey(std::string("\x03"
                                           "ab\0\0\0\0",
                                           7)),
              Refuses(absl::StatusCode::kDataLoss, "label-version"));
  EXPECT_THAT(DecodePublicationKey("short"),
              Refuses(absl::StatusCode::kDataLoss, "publication"));
  EXPECT_THAT(DecodePublicationRecord("12345"),
              Refuses(absl::StatusCode::kDataLoss, "version number"));
  EXPECT_THAT(DecodeLabelRecord("\xff"),
              Refuses(absl::StatusCode::kDataLoss, "not a LabelRecord"));
  EXPECT_THAT(DecodeVersionRecord(""),
              Refuses(absl::StatusCode::kDataLoss, "vrf_output"));
  EXPECT_THAT(DecodeValueRecord(""),
              Refuses(absl::StatusCode::kDataLoss, "opening"));
  EXPECT_THAT(DecodeEntryRecord("\xff"),
              Refuses(absl::StatusCode::kDataLoss, "not a EntryRecord"));
}

TEST(LogRecordsTest, CutsLogNodesIntoRecordsOf64) {
  std::vector<crypto::Hash> values;
  for (int i = 0; i < 130; ++i) {
    values.push_back(Filled<crypto::Hash>(static_cast<uint8_t>(i)));
  }
  const std::vector<Put> puts = LogNodePuts(64, values);
  ASSERT_EQ(puts.size(), 3);
  EXPECT_EQ(puts[0].key, PositionKey(1));
  EXPECT_EQ(puts[0].value.size(), 64 * 32);
  EXPECT_EQ(puts[2].key, PositionKey(3));
  EXPECT_EQ(puts[2].value.size(), 2 * 32);
  EXPECT_EQ(puts[2].value.back(), '\x81');
  EXPECT_TRUE(LogNodePuts(64, {}).empty());
}

TEST(LogRecordsTest, SerialNumbersAreKeysWithoutLeadingZeros) {
  smime::KeyHash issuer;
  issuer.data()[0] = 7;
  smime::CertificateHash certificate;
  certificate.data()[31] = 9;
  const std::string prefix = SerialKeyPrefix({issuer, "\x4f\x01"});
  for (const char* hex : {"4f01", "004f01", "04f01", "4F01"}) {
    EXPECT_EQ(SerialKeyPrefix(SerialNumber::FromHex(issuer, hex)), prefix);
  }
  EXPECT_EQ(SerialNumber::FromHex(issuer, "00").serial, "");
  EXPECT_NE(SerialKeyPrefix({issuer, "\x4f"}),
            prefix.substr(0, prefix.size() - 1));
  const Put put = SerialPut({issuer, "\x4f\x01"}, certificate);
  auto decoded = DecodeSerialKey(put.key);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(*decoded, certificate);
  EXPECT_THAT(DecodeSerialKey(put.key + "x"),
              Refuses(absl::StatusCode::kDataLoss, "serial number"));
  EXPECT_THAT(DecodeSerialKey("short"),
              Refuses(absl::StatusCode::kDataLoss, "serial number"));
}

TEST(LogRecordsTest, RefusesRevocationsThatItDoesNotKnow) {
  v1::RevocationRecord record;
  record.set_reason(static_cast<v1::CrlReason>(7));
  EXPECT_THAT(DecodeRevocationRecord(record.SerializeAsString()),
              Refuses(absl::StatusCode::kDataLoss, "unknown reason 7"));
  EXPECT_THAT(DecodeRevocationRecord("\xff"),
              Refuses(absl::StatusCode::kDataLoss, "RevocationRecord"));
}

}  // namespace
}  // namespace sealbook::server

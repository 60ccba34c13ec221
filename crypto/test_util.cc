#include "crypto/test_util.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace sealbook::crypto {

std::string P256PemForTest(absl::string_view scalar_hex) {
  // RFC 5915: SEQUENCE { INTEGER 1, OCTET STRING, [0] { OID prime256v1 } }.
  std::string der = absl::HexStringToBytes(
      absl::StrCat("30310201010420", scalar_hex, "a00a06082a8648ce3d030107"));
  return absl::StrCat("-----BEGIN EC PRIVATE KEY-----\n",
                      absl::Base64Escape(der).insert(64, "\n"),
                      "\n-----END EC PRIVATE KEY-----\n");
}

std::string Ed25519PemForTest(absl::string_view seed_hex) {
  // RFC 8410: SEQUENCE { INTEGER 0, { OID id-Ed25519 }, OCTET STRING { OCTET
  // STRING } }.
  return absl::StrCat("-----BEGIN PRIVATE KEY-----\n",
                      absl::Base64Escape(absl::HexStringToBytes(absl::StrCat(
                          "302e020100300506032b657004220420", seed_hex))),
                      "\n-----END PRIVATE KEY-----\n");
}

const std::vector<std::string>& SmallOrderPointsForTest() {
  static const std::vector<std::string>& points = *new std::vector<std::string>{
      "\x01" + std::string(31, '\0'),
      "\xec" + std::string(30, '\xff') + "\x7f",
      std::string(32, '\0'),
      std::string(31, '\0') + "\x80",
      absl::HexStringToBytes("26e8958fc2b227b045c3f489f2ef98f0"
                             "d5dfac05d3c63339b13802886d53fc05"),
      absl::HexStringToBytes("26e8958fc2b227b045c3f489f2ef98f0"
                             "d5dfac05d3c63339b13802886d53fc85"),
      absl::HexStringToBytes("c7176a703d4dd84fba3c0b760d10670f"
                             "2a2053fa2c39ccc64ec7fd7792ac037a"),
      absl::HexStringToBytes("c7176a703d4dd84fba3c0b760d10670f"
                             "2a2053fa2c39ccc64ec7fd7792ac03fa")};
  return points;
}

const std::vector<std::string>& NonCanonicalSmallOrderPointsForTest() {
  // The sign of an x that is 0; y = p and y = p + 1 with both signs.
  static const std::vector<std::string>& points =
      *new std::vector<std::string>{"\x01" + std::string(30, '\0') + "\x80",
                                    "\xec" + std::string(31, '\xff'),
                                    "\xed" + std::string(30, '\xff') + "\x7f",
                                    "\xed" + std::string(31, '\xff'),
                                    "\xee" + std::string(30, '\xff') + "\x7f",
                                    "\xee" + std::string(31, '\xff')};
  return points;
}

absl::Status SeededRandom::Fill(uint8_t* data, size_t size) {
  MutexLock lock(mutex_);
  for (size_t i = 0; i < size; ++i) data[i] = static_cast<uint8_t>(engine_());
  return absl::OkStatus();
}

std::string SeededRandom::Bytes(size_t size) {
  std::string bytes(size, '\0');
  Fill(reinterpret_cast<uint8_t*>(bytes.data()), size).IgnoreError();
  return bytes;
}

}  // namespace sealbook::crypto

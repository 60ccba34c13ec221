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

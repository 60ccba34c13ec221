// What the tests of the encoding share.
#ifndef SEALBOOK_TESTS_REFERENCE_ENCODING_TESTING_H_
#define SEALBOOK_TESTS_REFERENCE_ENCODING_TESTING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/reference/structures.h"

namespace sealbook::reference {

// Fixed fields in the expectations: `size` times the same byte.
inline std::string Bytes(size_t size, char byte) {
  return std::string(size, byte);
}

template <size_t N>
std::string Raw(const char (&literal)[N]) {
  return std::string(literal, N - 1);
}

// The structure has exactly these bytes, both ways, and no other length.
template <typename T>
void ExpectBytes(const T& structure, const std::string& bytes,
                 uint16_t suite = kSuiteP256,
                 DeploymentMode mode = DeploymentMode::kContactMonitoring) {
  EXPECT_EQ(Encode(structure, suite, mode), bytes);
  const Decoded<T> decoded = Decode<T>(bytes, suite, mode);
  EXPECT_EQ(decoded.error, "");
  EXPECT_EQ(decoded.value, structure);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const Decoded<T> shorter = Decode<T>(bytes.substr(0, size), suite, mode);
    EXPECT_EQ(shorter.error, "truncated") << size;
    EXPECT_EQ(shorter.value, std::nullopt) << size;
  }
  EXPECT_EQ(Decode<T>(bytes + '\0', suite, mode).error, "trailing bytes");
}

inline Configuration SmallConfiguration() {
  Configuration config;
  config.signature_public_key = "sig";
  config.vrf_public_key = "vrf!";
  config.max_ahead = 0x0102;
  config.max_behind = 0x0304;
  config.reasonable_monitoring_window = 0x0506070809;
  return config;
}

inline std::string SmallConfigurationBytes() {
  return Raw(
      "\x00\x01"
      "\x01"
      "\x00\x03"
      "sig"
      "\x00\x04"
      "vrf!"
      "\x00\x00\x00\x00\x00\x00\x01\x02"
      "\x00\x00\x00\x00\x00\x00\x03\x04"
      "\x00\x00\x00\x05\x06\x07\x08\x09"
      "\x00");
}

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_ENCODING_TESTING_H_

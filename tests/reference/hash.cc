#include "tests/reference/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tests/reference/require.h"

namespace sealbook::reference {
namespace {

const unsigned char* Data(const std::string& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// d821f8790d97709796b4d7903357c3f5, "KT Cipher Suites".
const std::string& Kc() {
  static const std::string* const kc = new std::string(
      "\xd8\x21\xf8\x79\x0d\x97\x70\x97\x96\xb4\xd7\x90\x33\x57\xc3\xf5");
  return *kc;
}

}  // namespace

std::string Sha256(const std::string& bytes) {
  // The one-shot SHA256() looks its algorithm up on every call, which takes
  // longer than hashing a node.
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::string out(kHashSize, '\0');
  Require(EVP_Digest(bytes.data(), bytes.size(),
                     reinterpret_cast<unsigned char*>(out.data()), nullptr,
                     sha256, nullptr) == 1,
          "SHA-256 failed");
  return out;
}

std::string Commit(const CommitmentValue& value, DeploymentMode mode) {
  const std::string message = Encode(value, kSuiteP256, mode);
  std::string out(kHashSize, '\0');
  unsigned int size = 0;
  Require(
      HMAC(EVP_sha256(), Kc().data(), static_cast<int>(Kc().size()),
           Data(message), message.size(),
           reinterpret_cast<unsigned char*>(out.data()), &size) != nullptr &&
          size == kHashSize,
      "HMAC failed");
  return out;
}

std::string LogLeafValue(const LogEntry& entry) {
  return Sha256(Encode(entry));
}

std::string LogParentValue(const std::string& left, bool left_is_leaf,
                           const std::string& right, bool right_is_leaf) {
  std::string content;
  content += left_is_leaf ? '\x00' : '\x01';
  content += left;
  content += right_is_leaf ? '\x00' : '\x01';
  content += right;
  return Sha256(content);
}

std::string PrefixLeafValue(const PrefixLeaf& leaf) {
  return Sha256('\x02' + leaf.vrf_output + leaf.commitment);
}

std::string PrefixParentValue(const std::string& left,
                              const std::string& right) {
  return Sha256('\x03' + left + right);
}

std::string MissingNode() { return std::string(kHashSize, '\0'); }

}  // namespace sealbook::reference

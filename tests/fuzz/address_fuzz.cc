// The canonical form of an address is an address, and its own canonical form.
#include <string>

#include "smime/address.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sealbook::fuzz::Require;
  using sealbook::smime::Address;
  const std::string text(reinterpret_cast<const char*>(data), size);
  // Hardly any text is an address; what stands before one is its local part.
  for (const std::string& candidate : {text, text + "@example.org"}) {
    const auto address = Address::Parse(candidate);
    if (!address.ok()) continue;
    Require(address->label().size() <= Address::kMaxLabelBytes, "too long");
    Require(sealbook::smime::IsCanonical(address->label()),
            "the canonical form is not canonical");
    Require(sealbook::smime::MatchAddresses(*address, *address) ==
                sealbook::smime::AddressMatch::kExact,
            "an address does not match itself");
  }
  return 0;
}

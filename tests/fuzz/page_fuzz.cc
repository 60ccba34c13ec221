// A page of the prefix tree: decoded or refused, and every place can be read.
#include "merkle/page.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sealbook::fuzz::Require;
  using sealbook::merkle::Page;
  const auto page = Page::Decode({reinterpret_cast<const char*>(data), size});
  if (!page.ok()) return 0;
  for (Page::Place place = Page::kRoot; place < Page::kEnd; ++place) {
    switch ((*page)->kind(place)) {
      case Page::Kind::kLeaf:
        (void)(*page)->leaf(place);
        break;
      case Page::Kind::kReference:
        (void)(*page)->reference(place);
        break;
      case Page::Kind::kParent:
        Require(place < Page::kFirstBottom, "a parent below the last level");
        break;
      case Page::Kind::kEmpty:
        Require((*page)->hash(place) == sealbook::crypto::Hash(),
                "an empty node has a value");
        break;
    }
  }
  return 0;
}

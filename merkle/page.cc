#include "merkle/page.h"

#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/hash.h"

namespace sealbook::merkle {
namespace {

using crypto::Hash;

constexpr char kFormat = 0x01;
constexpr size_t kCheckBytes = 4;

absl::Status Broken(absl::string_view why) {
  return absl::DataLossError(absl::StrCat("prefix page: ", why));
}

std::string CheckOf(absl::string_view ids) {
  return crypto::Sha256(ids).ToString().substr(0, kCheckBytes);
}

constexpr size_t kMaxVarintBytes = 10;

// Writes `value` to `out`, of at least kMaxVarintBytes, and returns its end.
char* WriteVarint(char* out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<char>(value | 0x80);
  *out++ = static_cast<char>(value);
  return out;
}

uint32_t Mask(Page::Place place) { return uint32_t{1} << place; }

// How many nodes of `places` come before `place`.
size_t Rank(uint32_t places, Page::Place place) {
  return std::popcount(places & (Mask(place) - 1));
}

}  // namespace

// Reads one page, front to back.
class PageDecoder {
 public:
  explicit PageDecoder(absl::string_view bytes) : rest_(bytes) {}

  absl::StatusOr<std::shared_ptr<const Page>> Decode() {
    if (rest_.empty()) return Broken("truncated");
    if (rest_[0] != kFormat) {
      return Broken(
          absl::StrCat("unknown format ", static_cast<uint8_t>(rest_[0])));
    }
    rest_.remove_prefix(1);
    SEALBOOK_RETURN_IF_ERROR(ReadNode(Page::kRoot));
    SEALBOOK_RETURN_IF_ERROR(ReadCheck());
    if (!rest_.empty()) {
      return Broken(absl::StrCat(rest_.size(), " trailing bytes"));
    }
    if (kinds_[Page::kRoot] == Page::Kind::kEmpty) {
      return Broken("its root is empty");
    }
    return Build();
  }

 private:
  absl::Status ReadNode(Page::Place place) {
    if (rest_.empty()) return Broken("truncated at a node");
    const uint8_t tag = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    kinds_[place] = static_cast<Page::Kind>(tag);
    switch (kinds_[place]) {
      case Page::Kind::kEmpty:
        return absl::OkStatus();
      case Page::Kind::kLeaf:
        return ReadLeaf(place);
      case Page::Kind::kParent:
        return ReadParent(place);
      case Page::Kind::kReference:
        return ReadReference(place);
    }
    return Broken(absl::StrCat("unknown tag ", tag));
  }

  absl::Status ReadLeaf(Page::Place place) {
    SEALBOOK_RETURN_IF_ERROR(Take(leaves_[place].vrf_output));
    return Take(leaves_[place].commitment);
  }

  absl::Status ReadParent(Page::Place place) {
    if (place >= Page::kFirstBottom) return Broken("a parent at level 4");
    const Page::Place left = Page::Child(place, false);
    const Page::Place right = Page::Child(place, true);
    SEALBOOK_RETURN_IF_ERROR(ReadNode(left));
    SEALBOOK_RETURN_IF_ERROR(ReadNode(right));
    if (kinds_[left] == Page::Kind::kEmpty ||
        kinds_[right] == Page::Kind::kEmpty) {
      const Page::Kind only =
          kinds_[left] == Page::Kind::kEmpty ? kinds_[right] : kinds_[left];
      if (only == Page::Kind::kEmpty) {
        return Broken("a parent with two empty children");
      }
      if (only == Page::Kind::kLeaf) {
        return Broken("a parent whose only child is a leaf");
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadReference(Page::Place place) {
    if (place < Page::kFirstBottom) {
      return Broken("a reference above level 4");
    }
    const absl::string_view from_id = rest_;
    SEALBOOK_ASSIGN_OR_RETURN(references_[place].position, TakeVarint());
    SEALBOOK_ASSIGN_OR_RETURN(const uint64_t ordinal, TakeVarint());
    ids_.append(from_id.data(), from_id.size() - rest_.size());
    if (ordinal > std::numeric_limits<uint32_t>::max()) {
      return Broken(absl::StrCat("page ordinal ", ordinal));
    }
    references_[place].ordinal = static_cast<uint32_t>(ordinal);
    return Take(hashes_[place]);
  }

  absl::Status ReadCheck() {
    if (ids_.empty()) return absl::OkStatus();
    if (rest_.size() < kCheckBytes) return Broken("truncated in the check");
    if (rest_.substr(0, kCheckBytes) != CheckOf(ids_)) {
      return Broken("its page ids do not pass their check");
    }
    rest_.remove_prefix(kCheckBytes);
    return absl::OkStatus();
  }

  template <typename Bytes>
  absl::Status Take(Bytes& out) {
    if (rest_.size() < Bytes::kSize) return Broken("truncated in a node");
    std::memcpy(out.data(), rest_.data(), Bytes::kSize);
    rest_.remove_prefix(Bytes::kSize);
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> TakeVarint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return Broken("truncated in an integer");
      const uint8_t byte = static_cast<uint8_t>(rest_[0]);
      rest_.remove_prefix(1);
      const uint64_t bits = byte & 0x7f;
      if (shift == 63 && bits > 1) break;
      value |= bits << shift;
      if ((byte & 0x80) != 0) continue;
      if (byte == 0 && shift > 0) {
        return Broken("an integer not in its shortest form");
      }
      return value;
    }
    return Broken("an integer of more than 64 bits");
  }

  // Hashes from the bottom up and keeps only the places that exist.
  std::shared_ptr<const Page> Build() {
    std::shared_ptr<Page> page(new Page());
    for (Page::Place p = Page::kEnd - 1; p >= Page::kRoot; --p) {
      if (kinds_[p] == Page::Kind::kLeaf) {
        page->leaf_places_ |= Mask(p);
        hashes_[p] = HashPrefixLeaf(leaves_[p]);
      } else if (kinds_[p] == Page::Kind::kParent) {
        page->parent_places_ |= Mask(p);
        hashes_[p] = HashPrefixParent(hashes_[Page::Child(p, false)],
                                      hashes_[Page::Child(p, true)]);
      } else if (kinds_[p] == Page::Kind::kReference) {
        page->reference_places_ |= Mask(p);
      }
    }
    Compact(*page);
    return page;
  }

  void Compact(Page& page) const {
    page.leaves_.reserve(std::popcount(page.leaf_places_));
    page.references_.reserve(std::popcount(page.reference_places_));
    page.hashes_.reserve(std::popcount(page.leaf_places_) +
                         std::popcount(page.parent_places_) +
                         std::popcount(page.reference_places_));
    for (Page::Place p = Page::kRoot; p < Page::kEnd; ++p) {
      if (kinds_[p] == Page::Kind::kEmpty) continue;
      page.hashes_.push_back(hashes_[p]);
      if (kinds_[p] == Page::Kind::kLeaf) page.leaves_.push_back(leaves_[p]);
      if (kinds_[p] == Page::Kind::kReference) {
        page.references_.push_back(references_[p]);
      }
    }
  }

  absl::string_view rest_;
  std::string ids_;
  std::array<Page::Kind, Page::kEnd> kinds_{};
  std::array<Hash, Page::kEnd> hashes_;
  std::array<PrefixLeaf, Page::kEnd> leaves_;
  std::array<PageId, Page::kEnd> references_;
};

size_t Page::Level(Place place) { return std::bit_width(place) - 1; }

absl::StatusOr<std::shared_ptr<const Page>> Page::Decode(
    absl::string_view bytes) {
  return PageDecoder(bytes).Decode();
}

Page::Kind Page::kind(Place place) const {
  const uint32_t mask = Mask(place);
  if ((parent_places_ & mask) != 0) return Kind::kParent;
  if ((reference_places_ & mask) != 0) return Kind::kReference;
  if ((leaf_places_ & mask) != 0) return Kind::kLeaf;
  return Kind::kEmpty;
}

const Hash& Page::hash(Place place) const {
  static const Hash missing;
  const uint32_t places = leaf_places_ | parent_places_ | reference_places_;
  if ((places & Mask(place)) == 0) return missing;
  return hashes_[Rank(places, place)];
}

const PrefixLeaf& Page::leaf(Place place) const {
  return leaves_[Rank(leaf_places_, place)];
}

const PageId& Page::reference(Place place) const {
  return references_[Rank(reference_places_, place)];
}

size_t Page::MemoryBytes() const {
  // Beside the object: the shared count, and the allocator's header of each
  // block.
  constexpr size_t kOverhead = 16 + 4 * 16;
  return sizeof(Page) + kOverhead + hashes_.capacity() * sizeof(Hash) +
         leaves_.capacity() * sizeof(PrefixLeaf) +
         references_.capacity() * sizeof(PageId);
}

void PageWriter::AddEmpty() {
  buffer_.push_back(static_cast<char>(Page::Kind::kEmpty));
}

void PageWriter::AddLeaf(const PrefixLeaf& leaf) {
  char node[1 + crypto::VrfOutput::kSize + crypto::Commitment::kSize];
  node[0] = static_cast<char>(Page::Kind::kLeaf);
  std::memcpy(node + 1, leaf.vrf_output.data(), crypto::VrfOutput::kSize);
  std::memcpy(node + 1 + crypto::VrfOutput::kSize, leaf.commitment.data(),
              crypto::Commitment::kSize);
  buffer_.append(node, sizeof(node));
}

void PageWriter::AddParent() {
  buffer_.push_back(static_cast<char>(Page::Kind::kParent));
}

void PageWriter::AddReference(const PageId& id, const Hash& hash) {
  char node[1 + 2 * kMaxVarintBytes + Hash::kSize];
  node[0] = static_cast<char>(Page::Kind::kReference);
  char* const id_end =
      WriteVarint(WriteVarint(node + 1, id.position), id.ordinal);
  std::memcpy(id_end, hash.data(), Hash::kSize);
  buffer_.append(node, id_end + Hash::kSize - node);
  ids_.append(node + 1, id_end - (node + 1));
}

std::string PageWriter::Finish() {
  if (!ids_.empty()) buffer_.append(CheckOf(ids_));
  // A copy, since the buffer's capacity is that of the largest page so far.
  std::string page(buffer_);
  Clear();
  return page;
}

void PageWriter::Clear() {
  buffer_.clear();
  ids_.clear();
  buffer_.push_back(kFormat);
}

}  // namespace sealbook::merkle

#include "tests/reference/structures.h"

#include "tests/reference/require.h"

namespace sealbook::reference {
namespace {

// One description of each structure (Visit, below) serves both directions:
// a Writer appends the fields that it is shown, a Reader fills them in.

class Writer {
 public:
  template <typename T>
  void Number(T& number, size_t width) {
    const auto value = static_cast<uint64_t>(number);
    Require(width == 8 || value < uint64_t{1} << (8 * width),
            "number too large for its field");
    for (size_t i = width; i-- > 0;) {
      bytes_ += static_cast<char>((value >> (8 * i)) & 0xff);
    }
  }

  template <typename T>
  void Enum(T& value, uint64_t first, uint64_t last, size_t width) {
    Require(static_cast<uint64_t>(value) >= first &&
                static_cast<uint64_t>(value) <= last,
            "enum value without a meaning");
    Number(value, width);
  }

  void Fixed(std::string& bytes, size_t size) {
    Require(bytes.size() == size, "fixed-size field of another size");
    bytes_ += bytes;
  }

  void Opaque(std::string& bytes, size_t width) {
    size_t size = bytes.size();
    Number(size, width);
    bytes_ += bytes;
  }

  template <typename T, typename Function>
  void Vector(std::vector<T>& vector, size_t width, Function visit) {
    size_t size = vector.size();
    Number(size, width);
    for (T& element : vector) visit(element);
  }

  template <typename T, typename Function>
  void Optional(std::optional<T>& optional, Function visit) {
    bytes_ += optional.has_value() ? '\x01' : '\x00';
    if (optional.has_value()) visit(*optional);
  }

  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(const std::string& bytes) : bytes_(bytes) {}

  template <typename T>
  void Number(T& number, size_t width) {
    uint64_t value = 0;
    for (char byte : Take(width)) {
      value = (value << 8) | static_cast<unsigned char>(byte);
    }
    number = static_cast<T>(value);
  }

  template <typename T>
  void Enum(T& value, uint64_t first, uint64_t last, size_t width) {
    uint64_t number = 0;
    Number(number, width);
    if (number < first || number > last) Fail("unknown enum value");
    value = static_cast<T>(number);
  }

  void Fixed(std::string& bytes, size_t size) { bytes = Take(size); }

  void Opaque(std::string& bytes, size_t width) {
    uint64_t size = 0;
    Number(size, width);
    bytes = Take(size);
  }

  template <typename T, typename Function>
  void Vector(std::vector<T>& vector, size_t width, Function visit) {
    uint64_t size = 0;
    Number(size, width);
    for (uint64_t i = 0; i < size && error_.empty(); ++i) {
      visit(vector.emplace_back());
    }
  }

  template <typename T, typename Function>
  void Optional(std::optional<T>& optional, Function visit) {
    uint64_t present = 0;
    Number(present, 1);
    if (present > 1) Fail("presence octet is neither 0 nor 1");
    if (present == 1) visit(optional.emplace());
  }

  void Finish() {
    if (position_ != bytes_.size()) Fail("trailing bytes");
  }

  // The first failure, or empty. After one, fields read are meaningless.
  const std::string& error() const { return error_; }

 private:
  void Fail(const char* error) {
    if (error_.empty()) error_ = error;
  }

  std::string Take(uint64_t size) {
    if (!error_.empty()) return "";
    if (size > bytes_.size() - position_) {
      Fail("truncated");
      return "";
    }
    std::string out = bytes_.substr(position_, size);
    position_ += size;
    return out;
  }

  const std::string& bytes_;
  size_t position_ = 0;
  std::string error_;
};

template <typename C>
void VisitHashes(C& codec, std::vector<std::string>& hashes, size_t width) {
  codec.Vector(hashes, width,
               [&](std::string& hash) { codec.Fixed(hash, kHashSize); });
}

template <typename C>
void Visit(C& codec, Configuration& s) {
  codec.Enum(s.ciphersuite, 0x0001, 0x0001, 2);
  codec.Enum(s.mode, 1, 1, 1);
  codec.Opaque(s.signature_public_key, 2);
  codec.Opaque(s.vrf_public_key, 2);
  codec.Number(s.max_ahead, 8);
  codec.Number(s.max_behind, 8);
  codec.Number(s.reasonable_monitoring_window, 8);
  codec.Optional(s.maximum_lifetime,
                 [&](uint64_t& lifetime) { codec.Number(lifetime, 8); });
}

template <typename C>
void Visit(C& codec, TreeHead& s) {
  codec.Number(s.tree_size, 8);
  codec.Opaque(s.signature, 2);
}

template <typename C>
void Visit(C& codec, TreeHeadTBS& s) {
  Visit(codec, s.config);
  codec.Number(s.tree_size, 8);
  codec.Fixed(s.root, kHashSize);
}

template <typename C>
void Visit(C& codec, FullTreeHead& s) {
  codec.Enum(s.head_type, 1, 2, 1);
  if (s.head_type == FullTreeHeadType::kUpdated) Visit(codec, s.tree_head);
}

template <typename C>
void Visit(C& codec, UpdateValue& s) {
  codec.Opaque(s.value, 4);
}

template <typename C>
void Visit(C& codec, CommitmentValue& s) {
  codec.Fixed(s.opening, kOpeningSize);
  codec.Opaque(s.label, 1);
  codec.Number(s.version, 4);
  Visit(codec, s.update);
}

template <typename C>
void Visit(C& codec, VrfInput& s) {
  codec.Opaque(s.label, 1);
  codec.Number(s.version, 4);
}

template <typename C>
void Visit(C& codec, LogEntry& s) {
  codec.Number(s.timestamp, 8);
  codec.Fixed(s.prefix_tree, kHashSize);
}

template <typename C>
void Visit(C& codec, InclusionProof& s) {
  VisitHashes(codec, s.elements, 2);
}

template <typename C>
void Visit(C& codec, PrefixLeaf& s) {
  codec.Fixed(s.vrf_output, kVrfOutputSize);
  codec.Fixed(s.commitment, kHashSize);
}

template <typename C>
void Visit(C& codec, PrefixSearchResult& s) {
  codec.Enum(s.result_type, 1, 3, 1);
  if (s.result_type == PrefixSearchResultType::kNonInclusionLeaf) {
    Visit(codec, s.leaf);
  }
  codec.Number(s.depth, 1);
}

template <typename C>
void Visit(C& codec, PrefixProof& s) {
  codec.Vector(s.results, 1,
               [&](PrefixSearchResult& result) { Visit(codec, result); });
  VisitHashes(codec, s.elements, 2);
}

template <typename C>
void Visit(C& codec, CombinedTreeProof& s) {
  codec.Vector(s.timestamps, 1,
               [&](uint64_t& timestamp) { codec.Number(timestamp, 8); });
  codec.Vector(s.prefix_proofs, 1,
               [&](PrefixProof& proof) { Visit(codec, proof); });
  VisitHashes(codec, s.prefix_roots, 1);
  Visit(codec, s.inclusion);
}

template <typename C>
void Visit(C& codec, SearchRequest& s) {
  codec.Optional(s.last, [&](uint64_t& last) { codec.Number(last, 8); });
  codec.Opaque(s.label, 1);
  codec.Optional(s.version,
                 [&](uint32_t& version) { codec.Number(version, 4); });
}

template <typename C>
void Visit(C& codec, BinaryLadderStep& s) {
  codec.Fixed(s.proof, kVrfProofSize);
  codec.Optional(s.commitment,
                 [&](std::string& hash) { codec.Fixed(hash, kHashSize); });
}

template <typename C>
void Visit(C& codec, SearchResponse& s) {
  Visit(codec, s.full_tree_head);
  codec.Number(s.version, 4);
  codec.Fixed(s.opening, kOpeningSize);
  Visit(codec, s.value);
  codec.Vector(s.binary_ladder, 1,
               [&](BinaryLadderStep& step) { Visit(codec, step); });
  Visit(codec, s.search);
}

template <typename C>
void Visit(C& codec, AbsenceResponse& s) {
  Visit(codec, s.full_tree_head);
  codec.Fixed(s.proof, kVrfProofSize);
  Visit(codec, s.search);
}

}  // namespace

template <typename T>
std::string Encode(const T& structure) {
  Writer writer;
  T copy = structure;  // Visit is shared with the Reader and not const
  Visit(writer, copy);
  return writer.bytes_;
}

template <typename T>
Decoded<T> Decode(const std::string& bytes) {
  Reader reader(bytes);
  T out;
  Visit(reader, out);
  reader.Finish();
  if (!reader.error().empty()) return {std::nullopt, reader.error()};
  return {out, ""};
}

#define SEALBOOK_REFERENCE_STRUCTURE(T)       \
  template std::string Encode<T>(const T& s); \
  template Decoded<T> Decode<T>(const std::string& bytes)

SEALBOOK_REFERENCE_STRUCTURE(Configuration);
SEALBOOK_REFERENCE_STRUCTURE(TreeHead);
SEALBOOK_REFERENCE_STRUCTURE(TreeHeadTBS);
SEALBOOK_REFERENCE_STRUCTURE(FullTreeHead);
SEALBOOK_REFERENCE_STRUCTURE(UpdateValue);
SEALBOOK_REFERENCE_STRUCTURE(CommitmentValue);
SEALBOOK_REFERENCE_STRUCTURE(VrfInput);
SEALBOOK_REFERENCE_STRUCTURE(LogEntry);
SEALBOOK_REFERENCE_STRUCTURE(InclusionProof);
SEALBOOK_REFERENCE_STRUCTURE(PrefixLeaf);
SEALBOOK_REFERENCE_STRUCTURE(PrefixSearchResult);
SEALBOOK_REFERENCE_STRUCTURE(PrefixProof);
SEALBOOK_REFERENCE_STRUCTURE(CombinedTreeProof);
SEALBOOK_REFERENCE_STRUCTURE(SearchRequest);
SEALBOOK_REFERENCE_STRUCTURE(BinaryLadderStep);
SEALBOOK_REFERENCE_STRUCTURE(SearchResponse);
SEALBOOK_REFERENCE_STRUCTURE(AbsenceResponse);

#undef SEALBOOK_REFERENCE_STRUCTURE

}  // namespace sealbook::reference

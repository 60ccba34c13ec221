// How Encode, Decode and RandomStructure (structures.h) work; included only
// where they are compiled. One description of each structure, Visit(codec,
// structure), serves all: a Writer appends the fields that it is shown, a
// Reader and Dice fill them in. Visit is looked up where a structure is
// compiled.
#ifndef SEALBOOK_TESTS_REFERENCE_CODEC_H_
#define SEALBOOK_TESTS_REFERENCE_CODEC_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/reference/require.h"
#include "tests/reference/structures.h"

namespace sealbook::reference {

class Writer {
 public:
  Writer(uint16_t suite, DeploymentMode mode) : suite_(suite), mode_(mode) {}

  DeploymentMode mode() const { return mode_; }

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

  void VrfProof(std::string& bytes) { Fixed(bytes, VrfProofSize(suite_)); }

  void Opaque(std::string& bytes, size_t width) {
    size_t size = bytes.size();
    Number(size, width);
    bytes_ += bytes;
  }

  template <typename T, typename Function>
  void Vector(std::vector<T>& vector, size_t width, Function visit,
              size_t floor = 0) {
    size_t size = vector.size();
    Require(size >= floor, "vector below its floor");
    Number(size, width);
    for (T& element : vector) visit(element);
  }

  template <typename T, typename Function>
  void Optional(std::optional<T>& optional, Function visit) {
    bytes_ += optional.has_value() ? '\x01' : '\x00';
    if (optional.has_value()) visit(*optional);
  }

  std::string bytes_;

 private:
  const uint16_t suite_;
  const DeploymentMode mode_;
};

class Reader {
 public:
  Reader(const std::string& bytes, uint16_t suite, DeploymentMode mode)
      : bytes_(bytes), suite_(suite), mode_(mode) {}

  DeploymentMode mode() const { return mode_; }

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

  void VrfProof(std::string& bytes) { Fixed(bytes, VrfProofSize(suite_)); }

  void Opaque(std::string& bytes, size_t width) {
    uint64_t size = 0;
    Number(size, width);
    bytes = Take(size);
  }

  template <typename T, typename Function>
  void Vector(std::vector<T>& vector, size_t width, Function visit,
              size_t floor = 0) {
    uint64_t size = 0;
    Number(size, width);
    if (size < floor) Fail("vector below its floor");
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
  const uint16_t suite_;
  const DeploymentMode mode_;
  size_t position_ = 0;
  std::string error_;
};

// Fills fields in at random. Mostly few elements, short strings and small
// numbers, but every count that its byte can hold. Some structures are bare:
// elements as short as they can be, and more of them.
class Dice {
 public:
  Dice(std::mt19937_64* random, uint16_t suite, DeploymentMode mode)
      : random_(*random), suite_(suite), mode_(mode), bare_(Below(4) == 0) {}

  DeploymentMode mode() const { return mode_; }

  template <typename T>
  void Number(T& number, size_t width) {
    const uint64_t bits = random_() >> (64 - 8 * width);
    number = static_cast<T>(Below(3) == 0 ? bits : bits % 5);
  }

  template <typename T>
  void Enum(T& value, uint64_t first, uint64_t last, size_t width) {
    value = static_cast<T>(first + Below(last - first + 1));
  }

  void Fixed(std::string& bytes, size_t size) {
    bytes.resize(size);
    for (char& byte : bytes) byte = static_cast<char>(random_());
  }

  void VrfProof(std::string& bytes) { Fixed(bytes, VrfProofSize(suite_)); }

  void Opaque(std::string& bytes, size_t width) {
    if (bare_) return;
    Fixed(bytes, Below(20) > 0 ? Below(8) : width == 1 ? 255 : 256);
  }

  template <typename T, typename Function>
  void Vector(std::vector<T>& vector, size_t width, Function visit,
              size_t floor = 0) {
    size_t size = floor;
    if (bare_) {
      size += inside_vector_ ? 0 : Below(2) * Below(16);
    } else {
      size += Below(40) > 0 ? Below(4) : Below(256 - floor);
    }
    const bool was_inside = std::exchange(inside_vector_, true);
    for (size_t i = 0; i < size; ++i) visit(vector.emplace_back());
    inside_vector_ = was_inside;
  }

  template <typename T, typename Function>
  void Optional(std::optional<T>& optional, Function visit) {
    if (!bare_ && Below(2) == 1) visit(optional.emplace());
  }

 private:
  // Not std::uniform_int_distribution, which differs between libraries.
  uint64_t Below(uint64_t bound) { return random_() % bound; }

  std::mt19937_64& random_;
  const uint16_t suite_;
  const DeploymentMode mode_;
  const bool bare_;
  bool inside_vector_ = false;
};

template <typename T>
std::string Encode(const T& structure, uint16_t suite, DeploymentMode mode) {
  Writer writer(suite, mode);
  T copy = structure;  // Visit is shared with the Reader and not const
  Visit(writer, copy);
  return writer.bytes_;
}

template <typename T>
Decoded<T> Decode(const std::string& bytes, uint16_t suite,
                  DeploymentMode mode) {
  Reader reader(bytes, suite, mode);
  T out;
  Visit(reader, out);
  reader.Finish();
  if (!reader.error().empty()) return {std::nullopt, reader.error()};
  return {out, ""};
}

template <typename T>
T RandomStructure(std::mt19937_64* random, uint16_t suite,
                  DeploymentMode mode) {
  Dice dice(random, suite, mode);
  T out;
  Visit(dice, out);
  return out;
}

// Compiles them for T, in the one .cc file that has Visit(codec, T&).
#define SEALBOOK_REFERENCE_STRUCTURE(T)                                        \
  template std::string Encode<T>(const T&, uint16_t, DeploymentMode);          \
  template Decoded<T> Decode<T>(const std::string&, uint16_t, DeploymentMode); \
  template T RandomStructure<T>(std::mt19937_64*, uint16_t, DeploymentMode)

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_CODEC_H_

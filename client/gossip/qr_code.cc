#include "client/gossip/qr_code.h"

#include <qrencode.h>
#include <zlib.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sealbook::client {
namespace {

// ISO/IEC 18004, 6.3.8.
constexpr size_t kMargin = 4;
// A byte of a PNG row is one module.
constexpr size_t kPixels = 8;

// Black on white.
constexpr char kColors[] = "\x1b[30;107m";
constexpr char kNoColors[] = "\x1b[0m";

void AppendU32(std::string& bytes, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(value >> shift);
  }
}

// PNG (ISO/IEC 15948), 5.3.
void AppendChunk(std::string& png, absl::string_view type,
                 absl::string_view data) {
  const std::string covered = absl::StrCat(type, data);
  AppendU32(png, static_cast<uint32_t>(data.size()));
  png += covered;
  AppendU32(png, static_cast<uint32_t>(
                     crc32(0, reinterpret_cast<const Bytef*>(covered.data()),
                           static_cast<uInt>(covered.size()))));
}

std::string Compress(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string compressed(size, '\0');
  // Cannot fail with a buffer of compressBound.
  compress(reinterpret_cast<Bytef*>(compressed.data()), &size,
           reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  compressed.resize(size);
  return compressed;
}

}  // namespace

absl::StatusOr<QrCode> QrCode::Make(const std::string& text) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString(text.c_str(), /*version=*/0, QR_ECLEVEL_L, QR_MODE_8,
                          /*casesensitive=*/1),
      &QRcode_free);
  if (code == nullptr) {
    const int error = errno;
    if (error == ERANGE) {
      return absl::ResourceExhaustedError(
          absl::StrCat("no QR code holds ", text.size(), " characters"));
    }
    return absl::InvalidArgumentError(
        absl::StrCat("cannot make a QR code: ", std::strerror(error)));
  }
  const size_t width = code->width;
  std::vector<bool> dark(width * width);
  for (size_t i = 0; i < dark.size(); ++i) dark[i] = (code->data[i] & 1) != 0;
  return QrCode(width, std::move(dark));
}

bool QrCode::DarkWithMargin(size_t row, size_t column) const {
  if (row < kMargin || column < kMargin || row >= kMargin + width_ ||
      column >= kMargin + width_) {
    return false;
  }
  return dark(row - kMargin, column - kMargin);
}

size_t QrCode::terminal_width() const { return width_ + 2 * kMargin; }

std::string QrCode::ForTerminal() const {
  const size_t size = width_ + 2 * kMargin;
  std::string lines;
  for (size_t row = 0; row < size; row += 2) {
    lines += kColors;
    for (size_t column = 0; column < size; ++column) {
      const bool upper = DarkWithMargin(row, column);
      const bool lower = DarkWithMargin(row + 1, column);
      lines += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
    }
    absl::StrAppend(&lines, kNoColors, "\n");
  }
  return lines;
}

std::string QrCode::ToSvg() const {
  const size_t size = width_ + 2 * kMargin;
  std::string svg = absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"",
      size * kPixels, "\" height=\"", size * kPixels, "\" viewBox=\"0 0 ", size,
      " ", size,
      "\" shape-rendering=\"crispEdges\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<path d=\"");
  for (size_t row = 0; row < width_; ++row) {
    for (size_t column = 0; column < width_; ++column) {
      if (!dark(row, column)) continue;
      const size_t begin = column;
      while (column + 1 < width_ && dark(row, column + 1)) ++column;
      absl::StrAppend(&svg, "M", begin + kMargin, " ", row + kMargin, "h",
                      column + 1 - begin, "v1H", begin + kMargin, "z");
    }
  }
  absl::StrAppend(&svg, "\"/>\n</svg>\n");
  return svg;
}

std::string QrCode::ToPng() const {
  const size_t size = (width_ + 2 * kMargin) * kPixels;
  // One bit a pixel, 1 is white; each row after a byte for its filter, none.
  std::string rows;
  for (size_t y = 0; y < size; ++y) {
    rows += '\0';
    for (size_t x = 0; x < size; x += 8) {
      rows += DarkWithMargin(y / kPixels, x / kPixels) ? '\x00' : '\xff';
    }
  }
  std::string header;
  AppendU32(header, static_cast<uint32_t>(size));
  AppendU32(header, static_cast<uint32_t>(size));
  // Bit depth 1, gray, deflate, no filter, not interlaced.
  header.append("\x01\x00\x00\x00\x00", 5);
  std::string png = "\x89PNG\r\n\x1a\n";
  AppendChunk(png, "IHDR", header);
  AppendChunk(png, "IDAT", Compress(rows));
  AppendChunk(png, "IEND", "");
  return png;
}

}  // namespace sealbook::client

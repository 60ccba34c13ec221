// QR codes, for terminals and as pictures.
//
//   SEALBOOK_ASSIGN_OR_RETURN(QrCode code, QrCode::Make(text));
//   std::cout << code.ForTerminal();
#ifndef SEALBOOK_CLIENT_GOSSIP_QR_CODE_H_
#define SEALBOOK_CLIENT_GOSSIP_QR_CODE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace sealbook::client {

class QrCode {
 public:
  // The smallest code that holds `text`, with error correction for a screen
  // (level L). Capital letters, digits and a few marks take less room than
  // other characters. RESOURCE_EXHAUSTED: no QR code holds so much (4296 of
  // those). INVALID_ARGUMENT: empty, or with a zero byte.
  static absl::StatusOr<QrCode> Make(const std::string& text);

  // Modules a side, without the margin of four that every picture here has.
  size_t width() const { return width_; }
  bool dark(size_t row, size_t column) const {
    return dark_[row * width_ + column];
  }

  // Two rows of modules a line, dark on light whatever the terminal's colors
  // are.
  std::string ForTerminal() const;
  // Columns that ForTerminal takes.
  size_t terminal_width() const;
  std::string ToSvg() const;
  // Eight pixels a module.
  std::string ToPng() const;

 private:
  QrCode(size_t width, std::vector<bool> dark)
      : width_(width), dark_(std::move(dark)) {}

  // With the margin; outside of it all is light.
  bool DarkWithMargin(size_t row, size_t column) const;

  size_t width_;
  std::vector<bool> dark_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_GOSSIP_QR_CODE_H_

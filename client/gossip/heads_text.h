// Heads as text, to be pasted into a mail or a chat and to be read by a camera
// (docs/formats.md, "Heads as text"):
//
//   SEALBOOK-HEADS-1/
//   LMOI2V7K...
//   .../END
//
// The text is not signed and proves nothing by itself: it is worth what the
// channel is worth that it came through.
#ifndef SEALBOOK_CLIENT_GOSSIP_HEADS_TEXT_H_
#define SEALBOOK_CLIENT_GOSSIP_HEADS_TEXT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/gossip/heads.h"
#include "crypto/types.h"

namespace sealbook::client {

// More is not looked at.
inline constexpr size_t kMaxHeadsTextBytes = 1 << 20;

struct HeadsText {
  // The log's fingerprint.
  crypto::Hash log;
  // Left to right: positions ascend, timestamps do not descend. 1 to 255.
  std::vector<LogHead> heads;

  friend bool operator==(const HeadsText&, const HeadsText&) = default;
};

// One line of capital letters, digits, '-' and '/', which a QR code holds
// densely. Requires: 1 to 255 heads.
std::string EncodeHeadsText(const HeadsText& heads);

// The same in lines that mail leaves alone.
std::string WrapHeadsText(absl::string_view text);

// Reads the one such text among whatever stands around it. Upper and lower
// case, line breaks, blanks and the '>' of quotations do not matter; the same
// text twice counts as one. INVALID_ARGUMENT, saying what is wrong: there is
// none, there are several, it is cut off, a character was changed or lost, the
// heads are in no order, or `text` has more than kMaxHeadsTextBytes.
// UNIMPLEMENTED: of a newer version.
absl::StatusOr<HeadsText> ParseHeadsText(absl::string_view text);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_GOSSIP_HEADS_TEXT_H_

// What the owner of a label retains ([KT] "Owner Algorithm", "Updating a
// Label").
//
//   owner.At(11);          // the version that must be the greatest in entry 11
//   owner.Greatest();      // ... now
//   owner.MoveStart(15);   // entries up to 15 have been verified
#ifndef SEALBOOK_KEYTRANS_OWNER_STATE_H_
#define SEALBOOK_KEYTRANS_OWNER_STATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "keytrans/ladder_keys.h"
#include "keytrans/monitor_structures.h"

namespace sealbook::keytrans {

struct OwnerState {
  std::string label;
  // The rightmost distinguished log entry that was verified.
  uint64_t start = 0;
  // The greatest version there; absent: none.
  std::optional<uint32_t> at_start;
  // Later log entries that added versions, each with the greatest of them;
  // position and version ascend.
  std::vector<MonitorMapEntry> changes;
  // The contact monitoring map; position and version ascend.
  std::vector<MonitorMapEntry> entries;
  // Of every version in the base binary ladder of at_start and of each change;
  // of version 0 where there is none.
  LadderKeys keys;

  // The greatest version known; absent: none.
  std::optional<uint32_t> Greatest() const;
  // The log entry that added it; absent: `start` or one to its left.
  std::optional<uint64_t> GreatestPosition() const;
  // The greatest version at a log entry. Requires: position >= start.
  std::optional<uint32_t> At(uint64_t position) const;

  // Requires: position >= start. Forgets what was needed left of it only.
  void MoveStart(uint64_t position);
  // Requires: position and version are greater than those of all changes.
  void AddChange(uint64_t position, uint32_t version);

  // Our own encoding, for storing it (docs/formats.md): uint8 format = 1;
  // opaque label<0..2^8-1>; uint64 start; optional<uint32> at_start;
  // MonitorMapEntry changes<0..2^16-1>; MonitorMapEntry entries<0..2^8-1>;
  // keys<0..2^16-1>, each uint32 version, 32 bytes of search key,
  // optional<32 bytes of commitment>. RESOURCE_EXHAUSTED: too many of them.
  absl::StatusOr<std::string> Encode() const;
  // INVALID_ARGUMENT: also what does not ascend, or a key that is missing.
  static absl::StatusOr<OwnerState> Parse(absl::string_view bytes);

  friend bool operator==(const OwnerState&, const OwnerState&) = default;
};

// Our own encoding of keys, as in OwnerState.
absl::StatusOr<std::string> EncodeLadderKeys(const LadderKeys& keys);
absl::StatusOr<LadderKeys> ParseLadderKeys(absl::string_view bytes);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_OWNER_STATE_H_

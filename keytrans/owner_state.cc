#include "keytrans/owner_state.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "keytrans/binary_ladder.h"
#include "keytrans/structure_codec.h"
#include "keytrans/tls_codec.h"

namespace sealbook::keytrans {
namespace {

constexpr uint8_t kFormat = 1;
constexpr size_t kMapEntrySize = 12;
constexpr size_t kMinKeySize = 4 + crypto::VrfOutput::kSize + 1;

void WriteMap(TlsWriter& writer, const std::vector<MonitorMapEntry>& entries,
              size_t width, absl::string_view what) {
  writer.Count(entries.size(), width, what);
  for (const MonitorMapEntry& entry : entries) {
    writer.U64(entry.position);
    writer.U32(entry.version);
  }
}

std::vector<MonitorMapEntry> ReadMap(TlsReader& reader, size_t width) {
  std::optional<MonitorMapEntry> previous;
  return ReadVector(reader, width, kMapEntrySize, [&] {
    const uint64_t position = reader.U64();
    const MonitorMapEntry entry{position, reader.U32()};
    if (previous.has_value() && (entry.position <= previous->position ||
                                 entry.version <= previous->version)) {
      reader.Fail("entries do not ascend");
    }
    previous = entry;
    return entry;
  });
}

void WriteKeys(TlsWriter& writer, const LadderKeys& keys) {
  writer.Count(keys.size(), 2, "keys");
  for (const auto& [version, key] : keys) {
    writer.U32(version);
    writer.Bytes(key.key);
    writer.Present(key.commitment.has_value());
    if (key.commitment.has_value()) writer.Bytes(*key.commitment);
  }
}

LadderKeys ReadKeys(TlsReader& reader) {
  LadderKeys keys;
  const size_t count = reader.Count(2, kMinKeySize);
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    const uint32_t version = reader.U32();
    merkle::PrefixQuery key;
    key.key = reader.Get<crypto::VrfOutput>();
    if (reader.Present()) key.commitment = reader.Get<crypto::Commitment>();
    if (!keys.empty() && version <= keys.rbegin()->first) {
      reader.Fail("keys do not ascend");
    }
    keys.emplace(version, key);
  }
  return keys;
}

// The versions whose keys an owner needs.
std::set<uint32_t> NeededKeys(const OwnerState& owner) {
  std::set<uint32_t> versions = {0};
  auto add = [&versions](uint32_t target) {
    const std::vector<uint32_t> ladder = BaseBinaryLadder(target);
    versions.insert(ladder.begin(), ladder.end());
  };
  if (owner.at_start.has_value()) add(*owner.at_start);
  for (const MonitorMapEntry& change : owner.changes) add(change.version);
  for (const MonitorMapEntry& entry : owner.entries) add(entry.version);
  return versions;
}

absl::Status CheckShape(const OwnerState& owner) {
  if (!owner.changes.empty() && owner.changes[0].position <= owner.start) {
    return absl::InvalidArgumentError("OwnerState has a change before start");
  }
  if (!owner.changes.empty() && owner.at_start.has_value() &&
      owner.changes[0].version <= *owner.at_start) {
    return absl::InvalidArgumentError("OwnerState has versions that fall");
  }
  const std::optional<uint32_t> greatest = owner.Greatest();
  for (uint32_t version : NeededKeys(owner)) {
    const auto key = owner.keys.find(version);
    const bool exists = greatest.has_value() && version <= *greatest;
    if (key == owner.keys.end() ||
        (exists && !key->second.commitment.has_value())) {
      return absl::InvalidArgumentError(
          absl::StrCat("OwnerState lacks the key of version ", version));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<uint32_t> OwnerState::Greatest() const {
  return changes.empty() ? at_start : changes.back().version;
}

std::optional<uint64_t> OwnerState::GreatestPosition() const {
  if (changes.empty()) return std::nullopt;
  return changes.back().position;
}

std::optional<uint32_t> OwnerState::At(uint64_t position) const {
  std::optional<uint32_t> version = at_start;
  for (const MonitorMapEntry& change : changes) {
    if (change.position > position) break;
    version = change.version;
  }
  return version;
}

void OwnerState::MoveStart(uint64_t position) {
  at_start = At(position);
  start = position;
  std::erase_if(changes, [position](const MonitorMapEntry& change) {
    return change.position <= position;
  });
  const std::set<uint32_t> needed = NeededKeys(*this);
  std::erase_if(keys,
                [&](const auto& key) { return !needed.contains(key.first); });
}

void OwnerState::AddChange(uint64_t position, uint32_t version) {
  changes.push_back({position, version});
}

absl::StatusOr<std::string> OwnerState::Encode() const {
  TlsWriter writer;
  writer.U8(kFormat);
  writer.Opaque(label, 1, "label");
  writer.U64(start);
  Write(writer, at_start);
  WriteMap(writer, changes, 2, "changes");
  WriteMap(writer, entries, 1, "entries");
  WriteKeys(writer, keys);
  return writer.Finish("OwnerState");
}

absl::StatusOr<OwnerState> OwnerState::Parse(absl::string_view bytes) {
  TlsReader reader(bytes);
  const uint8_t format = reader.U8();
  if (reader.ok() && format != kFormat) {
    return absl::InvalidArgumentError(absl::StrCat(
        "OwnerState has format ", format, ", this version reads ", kFormat));
  }
  OwnerState owner;
  owner.label = std::string(reader.Opaque(1));
  owner.start = reader.U64();
  owner.at_start = ReadOptionalU32(reader);
  owner.changes = ReadMap(reader, 2);
  owner.entries = ReadMap(reader, 1);
  owner.keys = ReadKeys(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("OwnerState"));
  SEALBOOK_RETURN_IF_ERROR(CheckShape(owner));
  return owner;
}

absl::StatusOr<std::string> EncodeLadderKeys(const LadderKeys& keys) {
  TlsWriter writer;
  WriteKeys(writer, keys);
  return writer.Finish("LadderKeys");
}

absl::StatusOr<LadderKeys> ParseLadderKeys(absl::string_view bytes) {
  TlsReader reader(bytes);
  LadderKeys keys = ReadKeys(reader);
  SEALBOOK_RETURN_IF_ERROR(reader.Finish("LadderKeys"));
  return keys;
}

}  // namespace sealbook::keytrans

// The addresses that the user owns, in the state.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/state.h"
#include "crypto/hash.h"

namespace sealbook::client {
namespace {

constexpr char kSelectOwned[] =
    "SELECT state, state_sha256, accepted, checked_ms FROM owned "
    "WHERE fingerprint = ?1 ";

absl::Status NotOwned(const std::string& label) {
  return absl::NotFoundError(absl::StrCat(
      label, " is not watched: `sealbook watch ", label, "` begins with it"));
}

}  // namespace

absl::StatusOr<OwnedAddress> State::OwnedOf(const Statement& row) {
  const std::string bytes = row.Bytes(0);
  if (crypto::Sha256(bytes).view() != row.Bytes(1)) {
    return Damaged("what is known of an owned address has not its checksum");
  }
  auto owner = keytrans::OwnerState::Parse(bytes);
  if (!owner.ok()) return Damaged(owner.status().message());
  OwnedAddress owned;
  owned.owner = *std::move(owner);
  if (!row.IsNull(2)) owned.accepted = static_cast<uint32_t>(row.Integer(2));
  owned.checked_ms = static_cast<uint64_t>(row.Integer(3));
  return owned;
}

absl::StatusOr<std::vector<OwnedAddress>> State::ReadOwned(
    const crypto::Hash& fingerprint) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement row,
      database_.Prepare(absl::StrCat(kSelectOwned, "ORDER BY label")));
  row.BindBytes(1, fingerprint.view());
  std::vector<OwnedAddress> all;
  while (true) {
    SEALBOOK_ASSIGN_OR_RETURN(bool found, row.Step());
    if (!found) return all;
    SEALBOOK_ASSIGN_OR_RETURN(all.emplace_back(), OwnedOf(row));
  }
}

absl::StatusOr<std::optional<OwnedAddress>> State::ReadOwned(
    const crypto::Hash& fingerprint, const std::string& label) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement row,
      database_.Prepare(absl::StrCat(kSelectOwned, "AND label = ?2")));
  row.BindBytes(1, fingerprint.view());
  row.BindBytes(2, label);
  SEALBOOK_ASSIGN_OR_RETURN(bool found, row.Step());
  if (!found) return std::nullopt;
  SEALBOOK_ASSIGN_OR_RETURN(OwnedAddress owned, OwnedOf(row));
  return owned;
}

absl::Status State::ReplaceOwned(const crypto::Hash& fingerprint,
                                 const std::optional<OwnedAddress>& before,
                                 const OwnedAddress& owned) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::optional<OwnedAddress> stored,
                            ReadOwned(fingerprint, owned.owner.label));
  if (stored != before) {
    return absl::AbortedError(
        "another process checked the address meanwhile: ask again");
  }
  SEALBOOK_ASSIGN_OR_RETURN(const std::string bytes, owned.owner.Encode());
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement put,
      database_.Prepare(
          "INSERT INTO owned (fingerprint, label, state, state_sha256, "
          "accepted, checked_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
          "ON CONFLICT (fingerprint, label) DO UPDATE SET "
          "state = excluded.state, state_sha256 = excluded.state_sha256, "
          "accepted = excluded.accepted, checked_ms = excluded.checked_ms"));
  put.BindBytes(1, fingerprint.view());
  put.BindBytes(2, owned.owner.label);
  put.BindBytes(3, bytes);
  put.BindBytes(4, crypto::Sha256(bytes).view());
  if (owned.accepted.has_value()) put.BindInteger(5, *owned.accepted);
  put.BindInteger(6, static_cast<int64_t>(owned.checked_ms));
  return put.Run();
}

absl::Status State::AddOwnedVersion(const crypto::Hash& fingerprint,
                                    const std::string& label,
                                    const OwnedVersion& version) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement put,
      database_.Prepare("INSERT OR REPLACE INTO owned_version (fingerprint, "
                        "label, version, position, value) "
                        "VALUES (?1, ?2, ?3, ?4, ?5)"));
  put.BindBytes(1, fingerprint.view());
  put.BindBytes(2, label);
  put.BindInteger(3, version.version);
  if (version.position.has_value()) {
    put.BindInteger(4, static_cast<int64_t>(*version.position));
  }
  put.BindBytes(5, version.value);
  return put.Run();
}

absl::StatusOr<std::vector<OwnedVersion>> State::ReadOwnedVersions(
    const crypto::Hash& fingerprint, const std::string& label, uint32_t first) {
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement row,
      database_.Prepare("SELECT version, position, value FROM owned_version "
                        "WHERE fingerprint = ?1 AND label = ?2 AND "
                        "version >= ?3 ORDER BY version"));
  row.BindBytes(1, fingerprint.view());
  row.BindBytes(2, label);
  row.BindInteger(3, first);
  std::vector<OwnedVersion> versions;
  while (true) {
    SEALBOOK_ASSIGN_OR_RETURN(bool found, row.Step());
    if (!found) return versions;
    OwnedVersion& version = versions.emplace_back();
    version.version = static_cast<uint32_t>(row.Integer(0));
    if (!row.IsNull(1)) {
      version.position = static_cast<uint64_t>(row.Integer(1));
    }
    version.value = row.Bytes(2);
  }
}

absl::StatusOr<std::optional<uint32_t>> State::AcceptVersions(
    const crypto::Hash& fingerprint, const std::string& label,
    std::optional<uint32_t> up_to, uint64_t now_ms) {
  SEALBOOK_ASSIGN_OR_RETURN(Transaction change, Transaction::Begin(database_));
  SEALBOOK_ASSIGN_OR_RETURN(std::optional<OwnedAddress> owned,
                            ReadOwned(fingerprint, label));
  if (!owned.has_value()) return NotOwned(label);
  const OwnedAddress before = *owned;
  const std::optional<uint32_t> greatest = owned->owner.Greatest();
  if (up_to.has_value() && !(up_to <= greatest)) {
    return absl::OutOfRangeError(
        absl::StrCat(label, ": version ", *up_to, " is not known; ",
                     greatest ? absl::StrCat("the greatest is ", *greatest)
                              : "it has none"));
  }
  owned->accepted =
      std::max(owned->accepted, up_to.has_value() ? up_to : greatest);
  SEALBOOK_RETURN_IF_ERROR(ReplaceOwned(fingerprint, before, *owned));
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement close,
      database_.Prepare("UPDATE alarm SET closed_ms = ?1 WHERE closed_ms IS "
                        "NULL AND log = ?2 AND label = ?3 AND kind = ?4 AND "
                        "coalesce(json_extract(details, '$.version'), 0) <= "
                        "?5"));
  close.BindInteger(5, owned->accepted.value_or(0));
  close.BindInteger(1, static_cast<int64_t>(now_ms));
  close.BindText(2, fingerprint.ToHex());
  close.BindBytes(3, label);
  close.BindText(4, AlarmKindName(AlarmKind::kUnknownVersion));
  SEALBOOK_RETURN_IF_ERROR(close.Run());
  SEALBOOK_RETURN_IF_ERROR(change.Commit());
  return owned->accepted;
}

absl::Status State::Disown(const crypto::Hash& fingerprint,
                           const std::string& label, uint64_t now_ms) {
  SEALBOOK_ASSIGN_OR_RETURN(Transaction change, Transaction::Begin(database_));
  SEALBOOK_ASSIGN_OR_RETURN(const std::optional<OwnedAddress> owned,
                            ReadOwned(fingerprint, label));
  if (!owned.has_value()) return NotOwned(label);
  for (const char* table : {"owned_version", "owned"}) {
    SEALBOOK_ASSIGN_OR_RETURN(
        Statement remove,
        database_.Prepare(absl::StrCat("DELETE FROM ", table,
                                       " WHERE fingerprint = ?1 AND "
                                       "label = ?2")));
    remove.BindBytes(1, fingerprint.view());
    remove.BindBytes(2, label);
    SEALBOOK_RETURN_IF_ERROR(remove.Run());
  }
  // Their keys, too, so that whoever watches it again is told again.
  SEALBOOK_ASSIGN_OR_RETURN(
      Statement close,
      database_.Prepare("UPDATE alarm SET closed_ms = ifnull(closed_ms, ?1), "
                        "key = key || '/forgotten' "
                        "WHERE log = ?2 AND label = ?3"));
  close.BindInteger(1, static_cast<int64_t>(now_ms));
  close.BindText(2, fingerprint.ToHex());
  close.BindBytes(3, label);
  SEALBOOK_RETURN_IF_ERROR(close.Run());
  return change.Commit();
}

}  // namespace sealbook::client

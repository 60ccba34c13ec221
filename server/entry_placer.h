// Chooses the log entries that new versions come into.
#ifndef SEALBOOK_SERVER_ENTRY_PLACER_H_
#define SEALBOOK_SERVER_ENTRY_PLACER_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"

namespace sealbook::server {

inline constexpr size_t kMaxLeavesPerEntry = 255;
inline constexpr size_t kMaxVersionsPerLabelAndEntry = 128;
// Of the values of one label's new versions in one log entry. An owner is
// answered with all of them at once, beside their issuing certificates, and an
// answer may have 16 MiB.
inline constexpr size_t kMaxValueBytesPerLabelAndEntry = size_t{8} << 20;

// Each is put into the last entry where it fits, else into a new one.
class EntryPlacer {
 public:
  explicit EntryPlacer(size_t leaves_per_entry)
      : leaves_per_entry_(leaves_per_entry) {}

  // The entry of `count` versions of `label`, whose values have `bytes`.
  size_t Place(const std::string& label, size_t count, size_t bytes) {
    const Used of_label = of_labels_[label];
    if (entries_ == 0 || leaves_ + count > leaves_per_entry_ ||
        of_label.leaves + count > kMaxVersionsPerLabelAndEntry ||
        of_label.bytes + bytes > kMaxValueBytesPerLabelAndEntry) {
      ++entries_;
      leaves_ = 0;
      of_labels_.clear();
    }
    leaves_ += count;
    of_labels_[label].leaves += count;
    of_labels_[label].bytes += bytes;
    return entries_ - 1;
  }

  // Whether the last entry has versions of `label`.
  bool Has(const std::string& label) const {
    return of_labels_.contains(label);
  }

  // Puts further versions of `label` into another entry.
  void Close(const std::string& label) {
    of_labels_[label].leaves = kMaxVersionsPerLabelAndEntry;
  }

  size_t entries() const { return entries_; }

 private:
  struct Used {
    size_t leaves = 0;
    size_t bytes = 0;
  };

  const size_t leaves_per_entry_;
  size_t entries_ = 0;
  // Of the last entry.
  size_t leaves_ = 0;
  absl::flat_hash_map<std::string, Used> of_labels_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_ENTRY_PLACER_H_

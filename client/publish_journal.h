// What a server has acknowledged, so that an interrupted `sealbook publish`
// goes on where it stopped. It only saves work: publishing is idempotent, and
// whoever loses the journal sends the same again.
//
// A text file: a line "sealbook publish journal 2 SERVER", then one line for
// each certificate: its SHA-256 in hexadecimal, a blank, and the size of the
// tree that holds it; where it was to be published under some addresses only, a
// blank and the SHA-256 of these. Lines are appended and not synced; a torn
// last line is ignored. Journals 1 did not tell addresses.
#ifndef SEALBOOK_CLIENT_PUBLISH_JOURNAL_H_
#define SEALBOOK_CLIENT_PUBLISH_JOURNAL_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/types.h"
#include "smime/types.h"

namespace sealbook::client {

// What was to be published. Reason and basis are none of it: they change
// nothing once a certificate is published under an address.
struct JournalKey {
  smime::CertificateHash certificate;
  // HashAddresses() of what it was to be published under; absent: all addresses
  // that the certificate names.
  std::optional<crypto::Hash> addresses;

  friend bool operator<(const JournalKey& a, const JournalKey& b) {
    return a.certificate != b.certificate ? a.certificate < b.certificate
                                          : a.addresses < b.addresses;
  }
};

// SHA-256 of the canonical addresses, sorted, each once and followed by a line
// feed.
crypto::Hash HashAddresses(const std::set<std::string>& labels);

// Not thread-safe.
class PublishJournal {
 public:
  // Reads the file, or makes a new one (mode 0600). FAILED_PRECONDITION: it is
  // no journal, of an earlier version, or of another server; it is left as it
  // is. Others: the file cannot be read or written.
  static absl::StatusOr<PublishJournal> Open(const std::string& path,
                                             const std::string& server);
  PublishJournal(PublishJournal&&) = default;
  PublishJournal& operator=(PublishJournal&&) = default;

  bool Contains(const JournalKey& key) const { return known_.count(key) > 0; }
  // Lines in it.
  size_t size() const { return known_.size(); }
  // The largest tree that a line names.
  uint64_t tree_size() const { return tree_size_; }
  const std::string& path() const { return path_; }

  absl::Status Add(const JournalKey& key, uint64_t tree_size);
  // Removes the file. Nothing more is to be added.
  void Remove();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  PublishJournal() = default;
  // Takes in what the lines of `contents` say; returns how many bytes of it are
  // whole lines.
  absl::StatusOr<size_t> Read(const std::string& contents,
                              const std::string& header);

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::set<JournalKey> known_;
  uint64_t tree_size_ = 0;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_PUBLISH_JOURNAL_H_

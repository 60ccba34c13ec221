#include "client/publish_journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "client/files.h"
#include "crypto/hash.h"

namespace sealbook::client {
namespace {

constexpr size_t kMaxJournalBytes = size_t{1} << 30;
constexpr absl::string_view kAnyHeader = "sealbook publish journal ";
constexpr absl::string_view kHeader = "sealbook publish journal 2 ";

absl::Status Failed(const std::string& path, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", what));
}

// What it says of a file that does not begin as it should.
absl::string_view WhatElse(const std::string& contents) {
  if (absl::StartsWith(contents, kHeader)) {
    return "this journal is of another server; name another file";
  }
  if (absl::StartsWith(contents, kAnyHeader)) {
    return "this journal is of another version of `sealbook`; remove the file "
           "and publish everything once more, which is always safe";
  }
  return "is no journal of `sealbook publish`; name another file, or one that "
         "does not exist yet";
}

// A hash in lower-case hexadecimal.
template <typename T>
std::optional<T> ParseHash(absl::string_view hex) {
  const auto hash = T::FromBytes(absl::HexStringToBytes(std::string(hex)));
  if (hex.size() != 64 || !hash.ok() || hash->ToHex() != hex) {
    return std::nullopt;
  }
  return *hash;
}

struct Line {
  JournalKey key;
  uint64_t tree_size = 0;
};

std::optional<Line> ParseLine(absl::string_view text) {
  const std::vector<absl::string_view> words = absl::StrSplit(text, ' ');
  const auto certificate = ParseHash<smime::CertificateHash>(words[0]);
  Line line;
  if (!certificate.has_value() || words.size() < 2 || words.size() > 3 ||
      !absl::SimpleAtoi(words[1], &line.tree_size)) {
    return std::nullopt;
  }
  line.key.certificate = *certificate;
  if (words.size() == 3) {
    line.key.addresses = ParseHash<crypto::Hash>(words[2]);
    if (!line.key.addresses.has_value()) return std::nullopt;
  }
  return line;
}

}  // namespace

crypto::Hash HashAddresses(const std::set<std::string>& labels) {
  std::string text;
  for (const std::string& label : labels) absl::StrAppend(&text, label, "\n");
  return crypto::Sha256(text);
}

absl::StatusOr<PublishJournal> PublishJournal::Open(const std::string& path,
                                                    const std::string& server) {
  PublishJournal journal;
  journal.path_ = path;
  const std::string header = absl::StrCat(kHeader, server, "\n");
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(path, std::strerror(errno));
  journal.file_.reset(fdopen(fd, "a"));
  // Two that publish the same at once would only do it twice, but their lines
  // must not mix.
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return Failed(path, "another `sealbook publish` uses this journal");
  }
  SEALBOOK_ASSIGN_OR_RETURN(const std::string contents,
                            ReadFile(path, kMaxJournalBytes));
  SEALBOOK_ASSIGN_OR_RETURN(const size_t whole, journal.Read(contents, header));
  if (ftruncate(fd, static_cast<off_t>(whole)) != 0) {
    return Failed(path, std::strerror(errno));
  }
  if (whole == 0 && (std::fwrite(header.data(), 1, header.size(),
                                 journal.file_.get()) != header.size() ||
                     std::fflush(journal.file_.get()) != 0)) {
    return Failed(path, std::strerror(errno));
  }
  return journal;
}

absl::StatusOr<size_t> PublishJournal::Read(const std::string& contents,
                                            const std::string& header) {
  if (contents.empty() || absl::StartsWith(header, contents)) return 0;
  if (!absl::StartsWith(contents, header)) {
    return Failed(path_, WhatElse(contents));
  }
  const size_t whole = contents.rfind('\n') + 1;
  const absl::string_view lines(contents.data() + header.size(),
                                whole - header.size());
  for (absl::string_view text :
       absl::StrSplit(lines, '\n', absl::SkipEmpty())) {
    const std::optional<Line> line = ParseLine(text);
    if (!line.has_value()) {
      return Failed(path_,
                    "a line of this journal is damaged; remove the file "
                    "and publish everything once more");
    }
    known_.insert(line->key);
    tree_size_ = std::max(tree_size_, line->tree_size);
  }
  return whole;
}

absl::Status PublishJournal::Add(const JournalKey& key, uint64_t tree_size) {
  if (!known_.insert(key).second) return absl::OkStatus();
  tree_size_ = std::max(tree_size_, tree_size);
  std::string line = absl::StrCat(key.certificate.ToHex(), " ", tree_size);
  if (key.addresses.has_value()) {
    absl::StrAppend(&line, " ", key.addresses->ToHex());
  }
  line += "\n";
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() ||
      std::fflush(file_.get()) != 0) {
    return Failed(path_, std::strerror(errno));
  }
  return absl::OkStatus();
}

void PublishJournal::Remove() {
  file_.reset();
  unlink(path_.c_str());
}

}  // namespace sealbook::client

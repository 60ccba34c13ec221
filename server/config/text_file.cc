#include "server/config/text_file.h"

#include <errno.h>
#include <stdio.h>

#include <memory>

#include "absl/strings/str_cat.h"

namespace sealbook::server {
namespace {

struct FileCloser {
  void operator()(FILE* file) const { fclose(file); }
};

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path,
                                         size_t max_bytes) {
  std::unique_ptr<FILE, FileCloser> file(fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  }
  // One byte more than allowed tells a full file from one that is too large.
  std::string text(max_bytes + 1, '\0');
  text.resize(fread(text.data(), 1, text.size(), file.get()));
  if (ferror(file.get())) {
    return absl::UnavailableError(absl::StrCat("cannot read ", path));
  }
  if (text.size() > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is larger than ", max_bytes, " bytes"));
  }
  return text;
}

}  // namespace sealbook::server

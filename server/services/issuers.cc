#include "server/services/issuers.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::server {
namespace {

constexpr size_t kCacheBytes = 8 << 20;

}  // namespace

Issuers::Issuers(const LogStore& store) : store_(store), cache_(kCacheBytes) {}

absl::StatusOr<std::vector<std::shared_ptr<const std::string>>> Issuers::Read(
    absl::Span<const smime::CertificateHash> hashes) {
  std::vector<std::shared_ptr<const std::string>> result(hashes.size());
  std::vector<smime::CertificateHash> missing;
  std::vector<size_t> places;
  for (size_t i = 0; i < hashes.size(); ++i) {
    if (auto hit = cache_.Get(hashes[i]); hit.has_value()) {
      result[i] = *std::move(hit);
    } else {
      missing.push_back(hashes[i]);
      places.push_back(i);
    }
  }
  if (missing.empty()) return result;

  SEALBOOK_ASSIGN_OR_RETURN(std::vector<std::optional<std::string>> read,
                            store_.ReadIssuers(missing));
  for (size_t i = 0; i < missing.size(); ++i) {
    if (!read[i].has_value()) {
      return absl::DataLossError(
          absl::StrCat("issuing certificate ", missing[i].ToHex(),
                       ", which a published entry names, is missing"));
    }
    auto der = std::make_shared<const std::string>(*std::move(read[i]));
    cache_.Put(missing[i], der, der->size());
    result[places[i]] = std::move(der);
  }
  return result;
}

}  // namespace sealbook::server

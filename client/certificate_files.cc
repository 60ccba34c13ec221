#include "client/certificate_files.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/files.h"
#include "client/words.h"

namespace sealbook::client {
namespace {

// The server takes no more with one certificate.
constexpr size_t kMaxIntermediates = 8;

using BySubject = std::multimap<std::string, const CertificateToPublish*>;

absl::Status InFile(const std::string& file, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(file, ": ", Printable(status.message())));
}

absl::Status ReadOne(const std::string& file,
                     std::set<smime::CertificateHash>& seen,
                     std::vector<CertificateToPublish>& certificates) {
  SEALBOOK_ASSIGN_OR_RETURN(std::string contents, ReadFile(file));
  auto ders = smime::ReadCertificates(contents);
  if (!ders.ok()) return InFile(file, ders.status());
  for (std::string& der : *ders) {
    auto facts = smime::ReadCertificateFacts(der);
    if (!facts.ok()) return InFile(file, facts.status());
    if (!seen.insert(facts->sha256).second) continue;
    certificates.push_back({.file = file,
                            .der = std::move(der),
                            .facts = *std::move(facts),
                            .intermediates = {}});
  }
  return absl::OkStatus();
}

// Regular files below `folder`, sorted.
absl::StatusOr<std::vector<std::string>> FilesBelow(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  std::filesystem::recursive_directory_iterator it(folder, error);
  for (; !error && it != std::filesystem::recursive_directory_iterator();
       it.increment(error)) {
    std::error_code unknown;
    if (it->is_regular_file(unknown)) files.push_back(it->path().string());
  }
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder, ": ", error.message()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

absl::Status ReadFolder(const std::string& folder,
                        std::set<smime::CertificateHash>& seen,
                        std::vector<CertificateToPublish>& certificates,
                        std::vector<std::string>& skipped) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<std::string> files,
                            FilesBelow(folder));
  size_t read = 0;
  for (const std::string& file : files) {
    const absl::Status status = ReadOne(file, seen, certificates);
    if (status.ok()) {
      ++read;
    } else {
      skipped.emplace_back(status.message());
    }
  }
  if (read > 0) return absl::OkStatus();
  if (files.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": there is no file in this folder"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      folder, ": none of its ", files.size(), " files holds certificates"));
}

bool IsSelfIssued(const CertificateToPublish& certificate) {
  return certificate.facts.subject == certificate.facts.issuer;
}

// What may have issued `certificate`: of its own file if that has any, since
// CAs of one name may differ from file to file.
std::vector<const CertificateToPublish*> IssuersOf(
    const CertificateToPublish& certificate, const BySubject& by_subject) {
  std::vector<const CertificateToPublish*> near;
  std::vector<const CertificateToPublish*> far;
  auto [begin, end] = by_subject.equal_range(certificate.facts.issuer);
  for (auto it = begin; it != end; ++it) {
    if (IsSelfIssued(*it->second)) continue;
    (it->second->file == certificate.file ? near : far).push_back(it->second);
  }
  return near.empty() ? far : near;
}

// Breadth first, so that the issuer comes first where several have one name.
std::vector<std::string> IntermediatesOf(
    const CertificateToPublish& certificate, const BySubject& by_subject) {
  std::vector<const CertificateToPublish*> path = {&certificate};
  std::set<smime::CertificateHash> taken = {certificate.facts.sha256};
  for (size_t i = 0; i < path.size(); ++i) {
    for (const CertificateToPublish* issuer : IssuersOf(*path[i], by_subject)) {
      if (path.size() <= kMaxIntermediates &&
          taken.insert(issuer->facts.sha256).second) {
        path.push_back(issuer);
      }
    }
  }
  std::vector<std::string> ders;
  for (size_t i = 1; i < path.size(); ++i) ders.push_back(path[i]->der);
  return ders;
}

}  // namespace

absl::StatusOr<CertificateFiles> ReadCertificateFiles(
    absl::Span<const std::string> paths) {
  CertificateFiles result;
  std::vector<CertificateToPublish> all;
  std::set<smime::CertificateHash> seen;
  for (const std::string& path : paths) {
    std::error_code unknown;
    if (std::filesystem::is_directory(path, unknown)) {
      SEALBOOK_RETURN_IF_ERROR(ReadFolder(path, seen, all, result.skipped));
    } else {
      SEALBOOK_RETURN_IF_ERROR(ReadOne(path, seen, all));
    }
  }
  BySubject by_subject;
  std::set<std::string> issuers;
  for (const CertificateToPublish& certificate : all) {
    by_subject.emplace(certificate.facts.subject, &certificate);
    if (!IsSelfIssued(certificate)) issuers.insert(certificate.facts.issuer);
  }
  for (const CertificateToPublish& certificate : all) {
    if (issuers.count(certificate.facts.subject) > 0) continue;
    result.certificates.push_back(certificate);
    result.certificates.back().intermediates =
        IntermediatesOf(certificate, by_subject);
  }
  return result;
}

}  // namespace sealbook::client

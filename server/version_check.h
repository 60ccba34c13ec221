// The part of a check of a whole store (server/store_check.h) that concerns
// what was published: versions and their values, labels, publications, issuers.
#ifndef SEALBOOK_SERVER_VERSION_CHECK_H_
#define SEALBOOK_SERVER_VERSION_CHECK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "proto/sealbook/v1/records.pb.h"
#include "server/certificate_check.h"
#include "server/store_check_run.h"

namespace sealbook::server {

// Not thread-safe. Errors of all: the storage's; damages go to the run, which
// has a head, and whose pages were checked.
class VersionCheck {
 public:
  // Both outlive this.
  VersionCheck(StoreCheckRun& run, CertificateCheck& certificates)
      : run_(run), certificates_(certificates) {}

  // Sets the run's issuers. The first of all.
  absl::Status CheckIssuers();
  absl::Status CheckVersions();
  // Labels without any version: every other one was compared with its versions.
  absl::Status CheckLabels();
  // Publications of versions that do not exist: every version's own one was
  // compared with it.
  absl::Status CheckPublications();

 private:
  struct StoredPublication {
    CertificateLabel key;
    uint32_t version = 0;
  };

  // These run on all of the pool's threads.
  void CheckVersion(const VersionToCheck& version);
  void CheckLeafOf(const VersionToCheck& version);
  void CheckValueOf(const VersionToCheck& version);
  void CheckPublicationOf(const VersionToCheck& version,
                          const v1::DirectoryEntry& entry);
  void CheckGreatest(const LabelVersion& last);
  void CheckLabel(const LabelVersion& greatest);
  void CheckPublication(const StoredPublication& publication);

  StoreCheckRun& run_;
  CertificateCheck& certificates_;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_VERSION_CHECK_H_

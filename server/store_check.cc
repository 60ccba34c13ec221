#include "server/store_check.h"

#include "base/status_macros.h"
#include "server/certificate_check.h"
#include "server/log_check.h"
#include "server/store_check_run.h"
#include "server/version_check.h"

namespace sealbook::server {

absl::StatusOr<StoreCheckSummary> CheckStore(
    Storage& storage, MarkKeeper* mark, const StoreCheckCallbacks& callbacks,
    size_t threads) {
  StoreCheckRun run(storage, callbacks, threads);
  LogCheck log(run);
  SEALBOOK_RETURN_IF_ERROR(log.CheckHeads(mark));
  if (!run.head.has_value()) return run.Summarize();
  run.summary.tree_size = run.head->tree_size;
  CertificateCheck certificates(run);
  VersionCheck versions(run, certificates);
  SEALBOOK_RETURN_IF_ERROR(run.GoOnAfter("log entries", log.CheckEntries()));
  SEALBOOK_RETURN_IF_ERROR(run.GoOnAfter("pages", log.CheckPages()));
  SEALBOOK_RETURN_IF_ERROR(
      run.GoOnAfter("issuing certificates", versions.CheckIssuers()));
  SEALBOOK_RETURN_IF_ERROR(run.GoOnAfter("versions", versions.CheckVersions()));
  SEALBOOK_RETURN_IF_ERROR(run.GoOnAfter("labels", versions.CheckLabels()));
  SEALBOOK_RETURN_IF_ERROR(
      run.GoOnAfter("publications", versions.CheckPublications()));
  SEALBOOK_RETURN_IF_ERROR(
      run.GoOnAfter("revocations", certificates.CheckRevocations()));
  SEALBOOK_RETURN_IF_ERROR(
      run.GoOnAfter("compromised keys", certificates.CheckCompromisedKeys()));
  SEALBOOK_RETURN_IF_ERROR(
      run.GoOnAfter("serial numbers", certificates.CheckSerials()));
  return run.Summarize();
}

}  // namespace sealbook::server

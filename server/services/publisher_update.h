// One call of sealbook.v1.Publisher.Update: new versions of a label as the
// draft's UpdateRequest asks for them.
#ifndef SEALBOOK_SERVER_SERVICES_PUBLISHER_UPDATE_H_
#define SEALBOOK_SERVER_SERVICES_PUBLISHER_UPDATE_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "keytrans/update_structures.h"
#include "proto/sealbook/v1/publisher.pb.h"
#include "server/log_store.h"
#include "server/services/publish_engine.h"
#include "smime/admission.h"

namespace sealbook::server {

// INVALID_ARGUMENT: malformed bytes, a label that is not canonical, more values
// than one log entry takes.
absl::StatusOr<keytrans::UpdateRequest> ReadPublisherUpdate(
    const v1::PublisherUpdateCall& call);

// What becomes of an update.
struct UpdateOutcome {
  keytrans::UpdateRequest request;
  // OK, or why nothing was created and there is nothing to be shown.
  absl::Status status;
  // Whether request.values are the versions after request.greatest_version.
  // Otherwise they are disregarded: there are such versions.
  bool created = false;
};

struct UpdateJob {
  v1::PublisherUpdateCall call;
  // ReadPublisherUpdate(call).
  keytrans::UpdateRequest request;
  std::shared_ptr<const smime::PublisherPolicy> publisher;
  // Called exactly once, on any thread.
  std::function<void(UpdateOutcome)> done;
};

// Looks where the label stands, and publishes the values where they follow it.
// Reads from the store: not for gRPC's threads. Both outlive the job.
void RunUpdate(const LogStore& records, PublishEngine& engine, UpdateJob job);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_PUBLISHER_UPDATE_H_

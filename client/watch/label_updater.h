// Creates versions of a label that the user owns and publishes for, by the
// draft's own UpdateRequest ([KT] "Updating a Label"): the log proves that just
// these versions were created.
//
//   LabelUpdater updater(state, publisher_endpoint, publisher_channel, clock,
//   0); auto update = updater.Create(fingerprint, "a@example.org", items);
#ifndef SEALBOOK_CLIENT_WATCH_LABEL_UPDATER_H_
#define SEALBOOK_CLIENT_WATCH_LABEL_UPDATER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/channel.h"
#include "client/search_calls.h"
#include "client/state.h"
#include "crypto/hash.h"
#include "proto/sealbook/v1/publisher.grpc.pb.h"

namespace sealbook::client {

struct LabelUpdate {
  struct Item {
    // An index into the items given.
    size_t index = 0;
    uint32_t version = 0;
    // Of a certificate that had been published under the label before: what
    // the directory says, which proves nothing. Then nothing was created.
    bool already_published = false;
  };
  // In the order of the items.
  std::vector<Item> items;
  // The log entry that holds the new versions; 0: none was created.
  uint64_t position = 0;
  // Size of the tree that this is proven in.
  uint64_t tree_size = 0;
};

// Not thread-safe. `state` outlives it.
class LabelUpdater {
 public:
  // `endpoint` is for the words of errors: `channel`, of the publishers' port,
  // is what is asked. `timeout_ms`: of a call.
  LabelUpdater(State& state, Endpoint endpoint,
               const std::shared_ptr<grpc::ChannelInterface>& channel,
               Clock clock, uint64_t timeout_ms);

  // Publishes `items` under `label`, which the state says is owned, and all of
  // whose versions it knows (MonitorClient::CheckOwned). What the directory
  // would write is asked for and looked at before it is asked for in earnest.
  // What was created counts as confirmed. All of it is created, or nothing:
  //   FAILED_PRECONDITION: an item was refused, or what the directory would
  //     write is not just that, or the user has not confirmed all versions, or
  //     somebody else was faster.
  //   UNAVAILABLE: it is not known whether something was created.
  //   A RefusalReason: the answer does not verify; it is kept as evidence.
  //   Others: as PublisherClient.
  absl::StatusOr<LabelUpdate> Create(const crypto::Hash& fingerprint,
                                     const std::string& label,
                                     absl::Span<const v1::PublishItem> items);

 private:
  struct Draft;

  // What the label's greatest version holds; nothing where it has none.
  absl::StatusOr<v1::DirectoryEntry> ReadNewest(const crypto::Hash& fingerprint,
                                                const OwnedAddress& owned);
  // `before`: ReadNewest.
  absl::StatusOr<Draft> AskForValues(const std::string& label,
                                     const OwnedAddress& owned,
                                     const v1::DirectoryEntry& before,
                                     absl::Span<const v1::PublishItem> items);
  // ABORTED: another process has moved the state. The same request may be made
  // again: the log shows then what it has created. `before`: as the request
  // says the label is.
  absl::Status AskAndKeep(const crypto::Hash& fingerprint,
                          const OwnedAddress& before, Draft& draft);
  // Where another process has learned of the new versions first.
  absl::Status AcceptIfMade(const crypto::Hash& fingerprint, Draft& draft);
  // An UpdateResponse.
  absl::StatusOr<std::string> AskForUpdate(const v1::PublisherUpdateCall& call);
  // Verifies it, and keeps what it proves.
  absl::Status Keep(const crypto::Hash& fingerprint, const LogRecord& log,
                    OwnedAddress owned, Draft& draft,
                    const std::string& response);

  State& state_;
  const Endpoint endpoint_;
  const std::unique_ptr<v1::Publisher::StubInterface> stub_;
  const Clock clock_;
  const uint64_t timeout_ms_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_WATCH_LABEL_UPDATER_H_

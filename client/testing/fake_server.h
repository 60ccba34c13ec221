// A server over a TestLog that answers as it is told, wrongly if need be.
//
//   FakeServer server(log);
//   server.tamper = [](v1::SearchAnswer& answer) { ... };
//   auto channel = server.InProcessChannel();
#ifndef SEALBOOK_CLIENT_TESTING_FAKE_SERVER_H_
#define SEALBOOK_CLIENT_TESTING_FAKE_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/update_structures.h"
#include "proto/sealbook/v1/directory.grpc.pb.h"
#include "proto/sealbook/v1/history.grpc.pb.h"
#include "proto/sealbook/v1/key_transparency.grpc.pb.h"
#include "proto/sealbook/v1/publisher.grpc.pb.h"

namespace sealbook::client {

// PEM texts.
struct FakeServerTls {
  std::string certificate;
  std::string private_key;
  // Not empty: clients need a certificate below it.
  std::string client_ca;
};

// Calls are answered one at a time. The hooks run in the server's threads, and
// are set while no call is under way.
class FakeServer : public v1::KeyTransparency::Service,
                   public v1::History::Service,
                   public v1::Directory::Service,
                   public v1::Publisher::Service {
 public:
  // Answers in process. `log` outlives it.
  explicit FakeServer(keytrans::TestLog& log);
  // Listens on loopback with TLS.
  FakeServer(keytrans::TestLog& log, const FakeServerTls& tls);
  ~FakeServer() override;

  std::shared_ptr<grpc::Channel> InProcessChannel();
  // "localhost:port".
  std::string target() const;

  // Called with the log before it answers a Search or a walk of distinguished
  // heads: it may append to it, or
  // choose another one.
  std::function<void(keytrans::TestLog*& log)> before_answer;
  // Asked before each answer of a Search, an OwnerInit, OwnerMonitor, Update or
  // ContactMonitor, each page of a history and each state as of a time: not 0
  // to refuse it as one too many, to be asked for again after so many
  // milliseconds.
  std::function<uint64_t()> limit;
  // Called with every answer of a Search.
  std::function<void(v1::SearchAnswer& answer)> tamper;
  // Called with every page of a history and every state as of a time.
  std::function<void(v1::HistoryPage& page)> tamper_history;
  std::function<void(v1::AsOfAnswer& answer)> tamper_as_of;
  // Called with every answer to a walk.
  std::function<void(v1::DistinguishedAnswer& answer)> tamper_distinguished;
  // Called before a ContactMonitor, OwnerInit, OwnerMonitor or Update, by its
  // name, is answered.
  std::function<void(const std::string& call)> before_monitoring;
  // Called with every answer to them.
  std::function<void(v1::ContactMonitorAnswer& answer)> tamper_contact_monitor;
  std::function<void(v1::OwnerInitAnswer& answer)> tamper_owner_init;
  std::function<void(v1::OwnerMonitorAnswer& answer)> tamper_owner_monitor;
  std::function<void(v1::UpdateAnswer& answer)> tamper_update;
  // Asked before each answer of an Update: whether it ends there.
  std::function<bool()> end_update;
  // With what it ends then.
  grpc::Status update_end;
  // Distinguished log entries that an OwnerMonitor shows at most.
  size_t max_ladders = 64;
  // Asked before each page: whether the history ends there.
  std::function<bool()> end_history;
  // With what it ends then.
  grpc::Status history_end;
  // Versions in a page of history.
  size_t page_size = 3;
  // Issuing certificates that go with every entry.
  std::vector<std::string> issuers;
  // What GetConfiguration sends; the log's own unless it is changed.
  std::string configuration;
  // What GetStatus says; absent: the truth.
  std::optional<uint64_t> status_tree_size;
  // What Search answers when it is not OK.
  grpc::Status search_status;
  // Answers a Publish, a Validate, and each message of a PublishStream (an
  // error ends it).
  std::function<grpc::Status(grpc::ServerContext&, const v1::PublishRequest&,
                             v1::PublishResponse&)>
      publish;
  std::function<grpc::Status(const v1::RevokeRequest&, v1::RevokeResponse&)>
      revoke;
  // Called with the publisher's Update before it is answered: true if it has
  // made the versions asked for; then the answers show that they were created.
  std::function<bool(const keytrans::UpdateRequest& request)> create;
  // Added to every number that a PublishStream acknowledges.
  uint64_t shift_sequences = 0;
  // How often each of the publisher's calls came.
  int publish_calls = 0;
  int streams = 0;
  int validations = 0;
  // The encoded SearchRequests and DistinguishedRequests, in order.
  std::vector<std::string> requests;
  // What else came, in order.
  std::vector<v1::ContactMonitorCall> contact_monitors;
  std::vector<v1::OwnerInitCall> owner_inits;
  std::vector<v1::OwnerMonitorCall> owner_monitors;
  std::vector<v1::UpdateCall> updates;
  std::vector<v1::PublisherUpdateCall> publisher_updates;

  grpc::Status Search(grpc::ServerContext* context, const v1::SearchCall* call,
                      v1::SearchAnswer* answer) override;
  // Each as by Search.
  grpc::Status SearchBatch(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::SearchAnswer, v1::SearchCall>* stream)
      override;
  grpc::Status Distinguished(grpc::ServerContext* context,
                             const v1::DistinguishedCall* call,
                             v1::DistinguishedAnswer* answer) override;
  grpc::Status ContactMonitor(grpc::ServerContext* context,
                              const v1::ContactMonitorCall* call,
                              v1::ContactMonitorAnswer* answer) override;
  grpc::Status OwnerInit(grpc::ServerContext* context,
                         const v1::OwnerInitCall* call,
                         v1::OwnerInitAnswer* answer) override;
  grpc::Status OwnerMonitor(grpc::ServerContext* context,
                            const v1::OwnerMonitorCall* call,
                            v1::OwnerMonitorAnswer* answer) override;
  // All in one tree.
  grpc::Status Update(grpc::ServerContext* context, const v1::UpdateCall* call,
                      grpc::ServerWriter<v1::UpdateAnswer>* writer) override;
  // The publisher's. As the other one, but for `create`.
  grpc::Status Update(grpc::ServerContext* context,
                      const v1::PublisherUpdateCall* call,
                      grpc::ServerWriter<v1::UpdateAnswer>* writer) override;
  grpc::Status ReadHistory(
      grpc::ServerContext* context, const v1::HistoryCall* call,
      grpc::ServerWriter<v1::HistoryPage>* writer) override;
  grpc::Status ReadAsOf(grpc::ServerContext* context, const v1::AsOfCall* call,
                        v1::AsOfAnswer* answer) override;
  grpc::Status GetConfiguration(
      grpc::ServerContext* context, const v1::GetConfigurationRequest* request,
      v1::GetConfigurationResponse* response) override;
  grpc::Status GetStatus(grpc::ServerContext* context,
                         const v1::GetStatusRequest* request,
                         v1::GetStatusResponse* response) override;
  grpc::Status Publish(grpc::ServerContext* context,
                       const v1::PublishRequest* request,
                       v1::PublishResponse* response) override;

  grpc::Status PublishStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::PublishStreamResponse,
                               v1::PublishStreamRequest>* stream) override;
  grpc::Status Validate(grpc::ServerContext* context,
                        const v1::PublishRequest* request,
                        v1::PublishResponse* response) override;
  grpc::Status Revoke(grpc::ServerContext* context,
                      const v1::RevokeRequest* request,
                      v1::RevokeResponse* response) override;

 private:
  void RegisterAll(grpc::ServerBuilder& builder);
  grpc::Status AnswerUpdates(grpc::ServerContext& context,
                             keytrans::UpdateRequest request, bool created,
                             grpc::ServerWriter<v1::UpdateAnswer>& writer);
  // As `limit` says.
  grpc::Status Limit(grpc::ServerContext& context);
  // Of the newest tree.
  keytrans::TreeHead Head() const;

  keytrans::TestLog& log_;
  Mutex mutex_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_TESTING_FAKE_SERVER_H_

// Calls of any method with raw bytes, for services whose generated code Debian
// does not ship (health, reflection), and for bytes that are no message.
#ifndef SEALBOOK_SERVER_SERVICES_TESTING_RAW_CALL_H_
#define SEALBOOK_SERVER_SERVICES_TESTING_RAW_CALL_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>

namespace sealbook::server::testing {

struct RawAnswer {
  grpc::Status status;
  // Empty unless an answer came.
  std::string bytes;
};

// Sends one message and takes the first answer, within ten seconds. `method`:
// "/package.Service/Method".
RawAnswer CallRaw(const std::shared_ptr<grpc::Channel>& channel,
                  const std::string& method, const std::string& request);

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_SERVICES_TESTING_RAW_CALL_H_

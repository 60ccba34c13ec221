// How publish and revoke reach the directory.
#ifndef SEALBOOK_CLIENT_CLI_PUBLISHER_CONNECTION_H_
#define SEALBOOK_CLIENT_CLI_PUBLISHER_CONNECTION_H_

#include "client/channel.h"
#include "client/cli/options.h"

namespace sealbook::client {

inline Endpoint EndpointOf(const PublisherConnection& connection) {
  return {
      .server = {.target = connection.server, .ca_file = connection.ca_file},
      .certificate_file = connection.certificate_file,
      .key_file = connection.key_file};
}

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_PUBLISHER_CONNECTION_H_

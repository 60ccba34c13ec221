// Says why an address cannot be listened on; gRPC only says that it cannot, and
// contents itself with one of a name's several addresses.
#ifndef SEALBOOK_SERVER_SERVICES_PORT_PROBE_H_
#define SEALBOOK_SERVER_SERVICES_PORT_PROBE_H_

#include "absl/status/status.h"
#include "server/config/host_port.h"

namespace sealbook::server {

// Tries each address of `where.host`. OK: all could be bound (those of a family
// that this machine does not have aside), and at least one. UNAVAILABLE: the
// message says which could not and why ("the port is taken", ...).
absl::Status ProbePort(const HostPort& where);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_SERVICES_PORT_PROBE_H_

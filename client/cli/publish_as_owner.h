// `sealbook publish --as-owner`.
#ifndef SEALBOOK_CLIENT_CLI_PUBLISH_AS_OWNER_H_
#define SEALBOOK_CLIENT_CLI_PUBLISH_AS_OWNER_H_

#include <vector>

#include "client/certificate_files.h"
#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/terminal.h"
#include "proto/sealbook/v1/publisher.pb.h"

namespace sealbook::client {

// Publishes `items`, made of `certificates` in their order, under the user's
// own addresses: those of options.addresses, or all of a certificate's. The
// versions of one address are created together, or not at all, and what is
// printed was proven. kItemsRefused when some were refused.
ExitCode RunPublishAsOwner(
    const PublishOptions& options,
    const std::vector<CertificateToPublish>& certificates,
    const std::vector<v1::PublishItem>& items, Terminal& terminal);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_CLI_PUBLISH_AS_OWNER_H_

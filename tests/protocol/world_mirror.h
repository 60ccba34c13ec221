// A TestLog with fake keys as tests/reference sees it, and what its users hold.
#ifndef SEALBOOK_TESTS_PROTOCOL_WORLD_MIRROR_H_
#define SEALBOOK_TESTS_PROTOCOL_WORLD_MIRROR_H_

#include <cstdint>

#include "crypto/types.h"
#include "keytrans/ladder_keys.h"
#include "keytrans/owner_state.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/tree_view.h"
#include "tests/reference/monitor_verifier.h"
#include "tests/reference/verifier.h"
#include "tests/reference/world.h"

namespace sealbook {

// The lists of what the log's entries added. `log` outlives it and grows no
// more. In thirdPartyAuditing mode, the auditor has signed now a larger, now a
// smaller tree, none of which lags too far behind.
reference::World MirrorOf(const keytrans::TestLog& log);

// The heads that n entries are shown under, in every mode.
keytrans::LogHead HeadOf(const keytrans::TestLog& log,
                         const reference::World& world, uint64_t n);

// The keys of keytrans/testing/fake_keys.h.
reference::PublicKeys FakePublicKeys(crypto::CipherSuite suite);

// What a user retains who saw the world's first n entries.
keytrans::TreeView ViewOf(const reference::World& world, uint64_t n);

keytrans::LadderKeys KeysOf(const reference::KnownVersions& known);
keytrans::OwnerState OwnerOf(const reference::OwnerState& owner);

}  // namespace sealbook

#endif  // SEALBOOK_TESTS_PROTOCOL_WORLD_MIRROR_H_

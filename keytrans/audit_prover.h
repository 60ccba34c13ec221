// What a log sends its auditor ([KT] "Auditing").
#ifndef SEALBOOK_KEYTRANS_AUDIT_PROVER_H_
#define SEALBOOK_KEYTRANS_AUDIT_PROVER_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/types.h"
#include "keytrans/audit_structures.h"
#include "keytrans/proof_source.h"

namespace sealbook::keytrans {

// The update for the log entry at `position`, which added the leaves with the
// search keys `added`, in any order. INVALID_ARGUMENT: more than 255 of them.
// DATA_LOSS: from the source; or one of them is not in the entry's tree.
absl::StatusOr<AuditorUpdate> MakeAuditorUpdate(
    ProofSource& log, uint64_t position, std::vector<crypto::VrfOutput> added);

}  // namespace sealbook::keytrans

#endif  // SEALBOOK_KEYTRANS_AUDIT_PROVER_H_

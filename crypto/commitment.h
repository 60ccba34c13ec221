// Commitments ([KT] "Commitment"): HMAC-SHA256 (RFC 2104) under the fixed key
// Kc (16 bytes) that both cipher suites share. Thread-safe; the keyed state is
// computed once.
#ifndef SEALBOOK_CRYPTO_COMMITMENT_H_
#define SEALBOOK_CRYPTO_COMMITMENT_H_

#include "absl/strings/string_view.h"
#include "crypto/types.h"

namespace sealbook::crypto {

// `commitment_value` is the TLS encoding of a CommitmentValue
// (keytrans/structures.h builds it).
Commitment ComputeCommitment(absl::string_view commitment_value);

}  // namespace sealbook::crypto

#endif  // SEALBOOK_CRYPTO_COMMITMENT_H_

// Changes of responses, of credentials and of what auditors are sent: what a
// log that lies, or a wire that breaks, could make of them.
#ifndef SEALBOOK_TESTS_PROTOCOL_RESPONSE_EDITS_H_
#define SEALBOOK_TESTS_PROTOCOL_RESPONSE_EDITS_H_

#include <cstdint>
#include <random>
#include <string>

#include "tests/reference/audit_structures.h"
#include "tests/reference/credential_structures.h"
#include "tests/reference/monitor_structures.h"
#include "tests/reference/own_structures.h"
#include "tests/reference/structures.h"
#include "tests/reference/update_structures.h"

namespace sealbook {

// One byte of `bytes` flipped, or a byte more or less.
std::string EditBytes(std::string bytes, std::mt19937_64& random);

// One part changed: an element of a vector left out, doubled or exchanged with
// another one; a number, a hash, a commitment or the head another one. Stays as
// it is where the part that is drawn is empty.
void Edit(reference::SearchResponse& response, std::mt19937_64& random);
void Edit(reference::FixedVersionResponse& response, std::mt19937_64& random);
void Edit(reference::AbsenceResponse& response, std::mt19937_64& random);
void Edit(reference::DistinguishedResponse& response, std::mt19937_64& random);
void Edit(reference::ContactMonitorResponse& response, std::mt19937_64& random);
void Edit(reference::OwnerInitResponse& response, std::mt19937_64& random);
void Edit(reference::OwnerMonitorResponse& response, std::mt19937_64& random);
void Edit(reference::UpdateResponse& response, std::mt19937_64& random);
void Edit(reference::Credential& credential, std::mt19937_64& random);
void Edit(reference::CredentialUpdate& update, std::mt19937_64& random);
void Edit(reference::AuditorUpdate& update, std::mt19937_64& random);

}  // namespace sealbook

#endif  // SEALBOOK_TESTS_PROTOCOL_RESPONSE_EDITS_H_

// Our structures as those of tests/reference, field by field. So it shows when
// both read the same bytes into different fields, which encoding them again
// cannot show.
#ifndef SEALBOOK_TESTS_PROTOCOL_STRUCTURE_MIRROR_H_
#define SEALBOOK_TESTS_PROTOCOL_STRUCTURE_MIRROR_H_

#include "keytrans/audit_structures.h"
#include "keytrans/credential_structures.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/structures.h"
#include "keytrans/update_structures.h"
#include "tests/reference/audit_structures.h"
#include "tests/reference/credential_structures.h"
#include "tests/reference/monitor_structures.h"
#include "tests/reference/structures.h"
#include "tests/reference/update_structures.h"

namespace sealbook {

void Mirror(const keytrans::Configuration& ours,
            reference::Configuration* theirs);
void Mirror(const keytrans::AuditorTreeHead& ours,
            reference::AuditorTreeHead* theirs);

void Mirror(const keytrans::SearchRequest& ours,
            reference::SearchRequest* theirs);
void Mirror(const keytrans::SearchResponse& ours,
            reference::SearchResponse* theirs);
void Mirror(const keytrans::SearchResponse& ours,
            reference::FixedVersionResponse* theirs);

void Mirror(const keytrans::ContactMonitorRequest& ours,
            reference::ContactMonitorRequest* theirs);
void Mirror(const keytrans::ContactMonitorResponse& ours,
            reference::ContactMonitorResponse* theirs);
void Mirror(const keytrans::OwnerInitRequest& ours,
            reference::OwnerInitRequest* theirs);
void Mirror(const keytrans::OwnerInitResponse& ours,
            reference::OwnerInitResponse* theirs);
void Mirror(const keytrans::OwnerMonitorRequest& ours,
            reference::OwnerMonitorRequest* theirs);
void Mirror(const keytrans::OwnerMonitorResponse& ours,
            reference::OwnerMonitorResponse* theirs);

void Mirror(const keytrans::UpdateRequest& ours,
            reference::UpdateRequest* theirs);
void Mirror(const keytrans::UpdateResponse& ours,
            reference::UpdateResponse* theirs);
void Mirror(const keytrans::ManagerUpdateRequest& ours,
            reference::ManagerUpdateRequest* theirs);

void Mirror(const keytrans::DistinguishedRequest& ours,
            reference::DistinguishedRequest* theirs);
void Mirror(const keytrans::DistinguishedResponse& ours,
            reference::DistinguishedResponse* theirs);
void Mirror(const keytrans::DistinguishedHead& ours,
            reference::DistinguishedHead* theirs);

void Mirror(const keytrans::Credential& ours, reference::Credential* theirs);
void Mirror(const keytrans::CredentialUpdate& ours,
            reference::CredentialUpdate* theirs);

void Mirror(const keytrans::AuditorUpdate& ours,
            reference::AuditorUpdate* theirs);

}  // namespace sealbook

#endif  // SEALBOOK_TESTS_PROTOCOL_STRUCTURE_MIRROR_H_

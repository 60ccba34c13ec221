#include "tests/reference/monitor_structures.h"

#include "tests/reference/codec.h"
#include "tests/reference/visit.h"

namespace sealbook::reference {

template <typename C>
void Visit(C& codec, MonitorMapEntry& s) {
  codec.Number(s.position, 8);
  codec.Number(s.version, 4);
}

template <typename C>
void Visit(C& codec, ContactMonitorRequest& s) {
  Visit64(codec, s.last);
  codec.Opaque(s.label, 1);
  codec.Vector(s.entries, 1,
               [&](MonitorMapEntry& entry) { Visit(codec, entry); });
}

template <typename C>
void Visit(C& codec, ContactMonitorResponse& s) {
  Visit(codec, s.full_tree_head);
  Visit(codec, s.monitor);
}

template <typename C>
void Visit(C& codec, OwnerInitRequest& s) {
  Visit64(codec, s.last);
  codec.Opaque(s.label, 1);
  codec.Number(s.start, 8);
}

template <typename C>
void Visit(C& codec, OwnerInitResponse& s) {
  Visit(codec, s.full_tree_head);
  codec.Vector(s.greatest_versions, 1,
               [&](uint32_t& version) { codec.Number(version, 4); });
  VisitLadder(codec, s.binary_ladder, 2);
  Visit(codec, s.init);
}

template <typename C>
void Visit(C& codec, OwnerMonitorRequest& s) {
  Visit64(codec, s.last);
  codec.Opaque(s.label, 1);
  codec.Vector(s.entries, 1,
               [&](MonitorMapEntry& entry) { Visit(codec, entry); });
  codec.Number(s.start, 8);
  Visit32(codec, s.greatest_version);
}

template <typename C>
void Visit(C& codec, OwnerMonitorResponse& s) {
  Visit(codec, s.full_tree_head);
  Visit(codec, s.monitor);
}

SEALBOOK_REFERENCE_STRUCTURE(MonitorMapEntry);
SEALBOOK_REFERENCE_STRUCTURE(ContactMonitorRequest);
SEALBOOK_REFERENCE_STRUCTURE(ContactMonitorResponse);
SEALBOOK_REFERENCE_STRUCTURE(OwnerInitRequest);
SEALBOOK_REFERENCE_STRUCTURE(OwnerInitResponse);
SEALBOOK_REFERENCE_STRUCTURE(OwnerMonitorRequest);
SEALBOOK_REFERENCE_STRUCTURE(OwnerMonitorResponse);

}  // namespace sealbook::reference

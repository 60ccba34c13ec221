// What the tests of monitoring and of updates share.
#ifndef SEALBOOK_TESTS_REFERENCE_MONITOR_TESTING_H_
#define SEALBOOK_TESTS_REFERENCE_MONITOR_TESTING_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/monitor_prover.h"
#include "tests/reference/monitor_verifier.h"
#include "tests/reference/testing.h"

namespace sealbook::reference {

inline World AliceWorldWithWindow(uint64_t window) {
  World world = AliceWorld(std::nullopt);
  world.config.reasonable_monitoring_window = window;
  return world;
}

inline std::vector<std::string> PrefixRootsOf(
    const World& world, const std::vector<uint64_t>& positions) {
  std::vector<std::string> out;
  for (uint64_t position : positions) {
    out.push_back(LogEntryAt(world, position).prefix_tree);
  }
  return out;
}

inline std::vector<std::string> NodesOf(const World& world,
                                        const std::vector<Range>& ranges) {
  std::vector<std::string> out;
  for (Range range : ranges) out.push_back(LogValue(world, range));
  return out;
}

// What the log honestly has in an entry.
inline std::vector<Leaf> HonestLeaves(const World& world, uint64_t position) {
  std::vector<Leaf> out;
  for (uint64_t x = 0; x <= position; ++x) {
    const std::vector<Leaf>& added = world.entries[x].added;
    out.insert(out.end(), added.begin(), added.end());
  }
  return out;
}

// In this entry alone: shows a leaf that is not there, or hides one that is.
inline void PlantLeaf(World* world, uint64_t position, const std::string& label,
                      uint32_t version) {
  std::vector<Leaf> leaves = HonestLeaves(*world, position);
  leaves.push_back(FakeLeaf(label, version));
  world->entries[position].instead = leaves;
  world->cache = {};
}
inline void HideLeaf(World* world, uint64_t position, const std::string& label,
                     uint32_t version) {
  std::vector<Leaf> leaves = HonestLeaves(*world, position);
  std::erase_if(leaves, [&](const Leaf& leaf) {
    return leaf.label == label && leaf.version == version;
  });
  world->entries[position].instead = leaves;
  world->cache = {};
}

// A log's user who monitors, as the draft wants it.
inline Verdict<AcceptedContactMonitor> MonitorAsContact(
    const World& world, uint64_t n, std::optional<uint64_t> last,
    const ContactState& contact) {
  const ContactMonitorRequest request = {last, contact.label,
                                         EntriesOf(contact.map)};
  return VerifyContactMonitor(
      world.config, FakeKeys(world.config.ciphersuite), Seen(world, last),
      contact, MakeContactMonitorRequest(last, contact.label, contact.map),
      MakeContactMonitorResponse(world, n, request, last == n),
      world.entries[n - 1].timestamp);
}

inline OwnerMonitorRequest RequestOf(const OwnerState& owner,
                                     std::optional<uint64_t> last) {
  return {last, owner.label, EntriesOf(owner.map), owner.start,
          GreatestKnown(owner)};
}

inline Verdict<AcceptedOwner> InitAsOwner(const World& world, uint64_t n,
                                          std::optional<uint64_t> last,
                                          const std::string& label,
                                          uint64_t start) {
  return VerifyOwnerInit(
      world.config, FakeKeys(world.config.ciphersuite), Seen(world, last),
      MakeOwnerInitRequest(last, label, start),
      MakeOwnerInitResponse(world, n, {last, label, start}, last == n),
      world.entries[n - 1].timestamp);
}

inline Verdict<AcceptedOwnerMonitor> MonitorAsOwner(
    const World& world, uint64_t n, std::optional<uint64_t> last,
    const OwnerState& owner, StopConditions stop = {}) {
  return VerifyOwnerMonitor(
      world.config, FakeKeys(world.config.ciphersuite), Seen(world, last),
      owner, Encode(RequestOf(owner, last)),
      MakeOwnerMonitorResponse(world, n, RequestOf(owner, last), last == n,
                               stop),
      world.entries[n - 1].timestamp);
}

// About the versions next after what the owner knows: as new ones, or as ones
// that exist already.
inline Verdict<AcceptedUpdate> UpdateAsOwner(const World& world, uint64_t n,
                                             std::optional<uint64_t> last,
                                             const OwnerState& owner,
                                             UpdateKind kind) {
  UpdateRequest request = {last, owner.label, GreatestKnown(owner), {}};
  if (kind == UpdateKind::kCreated) {
    for (uint32_t version : VersionsOf(
             NextVersions(world, n, owner.label, GreatestKnown(owner)))) {
      if (IsSkipped(world, n - 1, owner.label, version)) continue;
      request.values.push_back({world.open(owner.label, version).value});
    }
  }
  return VerifyUpdate(world.config, FakeKeys(world.config.ciphersuite),
                      Seen(world, last), owner, Encode(request),
                      MakeUpdateResponse(world, n, request, kind, last == n),
                      world.entries[n - 1].timestamp);
}

// Calls refusal(bytes) for the response with each byte changed, and cut.
template <typename Function>
void ExpectEveryByteMatters(std::string response, Function refusal) {
  ASSERT_EQ(refusal(response), "");
  for (size_t i = 0; i < response.size(); ++i) {
    response[i] ^= '\x01';
    ASSERT_NE(refusal(response), "") << "byte " << i;
    response[i] ^= '\x01';
    ASSERT_THAT(refusal(response.substr(0, i)),
                ::testing::HasSubstr("truncated"));
  }
  EXPECT_THAT(refusal(response + '\0'), ::testing::HasSubstr("trailing bytes"));
}

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_MONITOR_TESTING_H_

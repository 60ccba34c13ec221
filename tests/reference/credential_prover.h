// Credentials, as their senders make them ("Credentials").
#ifndef SEALBOOK_TESTS_REFERENCE_CREDENTIAL_PROVER_H_
#define SEALBOOK_TESTS_REFERENCE_CREDENTIAL_PROVER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tests/reference/credential_structures.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// Of the greatest version in the entry at `position`, which has the label, or
// of a claimed one.
Credential BuildStandardCredential(
    const World& world, const std::string& label, uint64_t position,
    std::optional<uint32_t> claim = std::nullopt);

// Of the greatest version in the tree of n > position entries, or of a claimed
// one. It is refused if the terminal entry is not right of `position`.
Credential BuildProvisionalCredential(
    const World& world, uint64_t n, const std::string& label, uint64_t position,
    std::optional<uint32_t> claim = std::nullopt);

// For a provisional credential of this version, in a tree of `tree_size`
// entries, whose search ended at `terminal`. `distinguished` is the first
// distinguished entry to the right of that, and not in that tree.
CredentialUpdate BuildCredentialUpdate(const World& world,
                                       const std::string& label,
                                       uint32_t version, uint64_t tree_size,
                                       uint64_t terminal,
                                       uint64_t distinguished);

// The first distinguished entry right of `terminal` in the tree of n entries;
// nothing also if `terminal` is distinguished itself.
std::optional<uint64_t> FirstDistinguishedAfter(const World& world, uint64_t n,
                                                uint64_t terminal);

// The same in TLS bytes.
std::string MakeStandardCredential(const World& world, const std::string& label,
                                   uint64_t position);
std::string MakeProvisionalCredential(const World& world, uint64_t n,
                                      const std::string& label,
                                      uint64_t position);
std::string MakeCredentialUpdate(const World& world, const std::string& label,
                                 uint32_t version, uint64_t tree_size,
                                 uint64_t terminal, uint64_t distinguished);

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_CREDENTIAL_PROVER_H_

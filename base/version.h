// What this build is, for people and for the wire.
#ifndef SEALBOOK_BASE_VERSION_H_
#define SEALBOOK_BASE_VERSION_H_

namespace sealbook {

inline constexpr char kSealbookVersion[] = "0.1.0";

// The commit of ietf-wg-keytrans/draft-protocol that the code follows.
inline constexpr char kDraftCommit[] = "526cc8a";

}  // namespace sealbook

#endif  // SEALBOOK_BASE_VERSION_H_

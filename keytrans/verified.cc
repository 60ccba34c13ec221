#include "keytrans/verified.h"

#include "merkle/log_tree.h"

namespace sealbook::keytrans {

crypto::Hash DistinguishedEntry::Root() const {
  return merkle::RootFromFullSubtrees(position + 1, full_subtrees);
}

}  // namespace sealbook::keytrans

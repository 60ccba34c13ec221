#include "smime/types.h"

namespace sealbook::smime {

absl::string_view RoleName(Role role) {
  switch (role) {
    case Role::kSign:
      return "sign";
    case Role::kEncrypt:
      return "encrypt";
    case Role::kSignAndEncrypt:
      return "sign and encrypt";
  }
  return "unknown";
}

}  // namespace sealbook::smime

// E-mail addresses are personal data: above level debug no log line holds one.
#ifndef SEALBOOK_SERVER_REDACTION_H_
#define SEALBOOK_SERVER_REDACTION_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sealbook::server {

// `text` with "<address>" for everything that looks like an e-mail address:
// what stands around an '@' up to a space, comma, semicolon, colon, bracket or
// quotation mark; of a quoted local part everything from the first quotation
// mark on. Rather too much is taken than too little.
std::string WithoutAddresses(absl::string_view text);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_REDACTION_H_

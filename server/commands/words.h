// Values in words, for the operator.
#ifndef SEALBOOK_SERVER_COMMANDS_WORDS_H_
#define SEALBOOK_SERVER_COMMANDS_WORDS_H_

#include <cstdint>
#include <string>

#include "keytrans/structures.h"

namespace sealbook::server {

// "1 minute", "24 hours", "90 seconds", "1500 milliseconds": in the largest
// unit up to hours that divides it.
std::string DurationText(uint64_t milliseconds);

// What a configuration means, one indented line for each of its fields.
std::string DescribeConfiguration(const keytrans::Configuration& configuration);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_COMMANDS_WORDS_H_

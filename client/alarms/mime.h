// Text in mail (RFC 2045, RFC 2047). Thread-safe.
#ifndef SEALBOOK_CLIENT_ALARMS_MIME_H_
#define SEALBOOK_CLIENT_ALARMS_MIME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sealbook::client {

// `text`, UTF-8, as the value of the header `Subject`: as it is where it is
// short printable ASCII, otherwise encoded-words on lines of at most 76
// characters. Whatever it holds, it stays one header that reads as `text`.
std::string EncodeSubject(absl::string_view text);

// `text`, whose lines end with a line feed, as quoted-printable: ASCII, lines
// of at most 76 characters that end with CRLF. No line begins with a dot or
// with "From ".
std::string EncodeQuotedPrintable(absl::string_view text);

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_MIME_H_

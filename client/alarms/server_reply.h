// What a mail server answered last (RFC 5321, 4.2). For Smtp only.
#ifndef SEALBOOK_CLIENT_ALARMS_SERVER_REPLY_H_
#define SEALBOOK_CLIENT_ALARMS_SERVER_REPLY_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sealbook::client {

// Not thread-safe.
class ServerReply {
 public:
  // A line that was sent. Whatever is answered to QUIT does not count.
  void Sent(absl::string_view line);
  // A line that was received, such as "550-5.7.1 no" and "550 relaying". The
  // first one after a reply's last line begins another reply.
  void Received(absl::string_view line);

  // 4yz: may pass by itself.
  bool IsTransient() const { return code_class_ == '4'; }
  // 5yz.
  bool IsPermanent() const { return code_class_ == '5'; }
  // `; it said "550-5.7.1 no | 550 relaying"`, cut where it is long; empty: it
  // did not refuse anything.
  std::string InWords() const;

 private:
  std::string text_;
  char code_class_ = '\0';
  bool complete_ = true;
  bool taking_leave_ = false;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_SERVER_REPLY_H_

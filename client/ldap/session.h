// One client's conversation: what is answered to each of its messages.
//
//   Session session(lookups, clock, {});
//   while (session.Answer(bytes, send)) ...
//
// Searches are answered one after the other, nothing before all of it is
// proven. An error of one address leaves all of a search without entries: a
// client that shows no errors must not take a part for the whole. What has been
// proven stays in the cache, so that asking again goes further.
#ifndef SEALBOOK_CLIENT_LDAP_SESSION_H_
#define SEALBOOK_CLIENT_LDAP_SESSION_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/ldap/gateway.h"
#include "client/ldap/issuers.h"
#include "client/ldap/message.h"
#include "client/ldap/question.h"
#include "client/ldap/usable.h"
#include "client/search_calls.h"

namespace sealbook::client::ldap {

struct SessionOptions {
  // How long a search waits for the directories. dirmngr gives up after 15 s.
  std::chrono::milliseconds patience{13'000};
};

// Not thread-safe.
class Session {
 public:
  // Sends one message; an error ends the session.
  using Send = std::function<absl::Status(absl::string_view message)>;

  // `lookups`, `judge` and `issuers` outlive this.
  Session(Lookups& lookups, CertificateJudge& judge, Issuers& issuers,
          Clock clock, SessionOptions options)
      : lookups_(lookups),
        judge_(judge),
        issuers_(issuers),
        clock_(std::move(clock)),
        options_(options) {}

  // Answers one whole message. False: the connection is to be closed.
  [[nodiscard]] bool Answer(absl::string_view bytes, const Send& send);
  // Answers a message of `size` bytes of which only the `start` was kept.
  [[nodiscard]] bool AnswerTooLarge(absl::string_view start, size_t size,
                                    const Send& send);

 private:
  absl::Status Handle(const Message& message, const Send& send);
  absl::Status HandleBind(int32_t id, const BindRequest& bind,
                          const Send& send);
  absl::Status HandleExtended(int32_t id, const ExtendedRequest& request,
                              const Send& send);
  absl::Status HandleSearch(int32_t id, const SearchRequest& search,
                            const Send& send);
  // The entries, and what the search ends with.
  Result LookUp(const SearchRequest& search, const Question& question,
                std::vector<Entry>& entries);
  std::vector<Entry> EntriesOf(const smime::Address& address,
                               const Proven& proven, absl::string_view base);
  Deadline DeadlineOf(const SearchRequest& search) const;

  Lookups& lookups_;
  CertificateJudge& judge_;
  Issuers& issuers_;
  const Clock clock_;
  const SessionOptions options_;
};

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_SESSION_H_

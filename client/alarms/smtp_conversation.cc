#include "client/alarms/smtp_conversation.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "client/alarms/server_reply.h"
#include "client/words.h"

namespace sealbook::client {
namespace {

struct CurlCleanup {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlPtr = std::unique_ptr<CURL, CurlCleanup>;
using ListPtr = std::unique_ptr<curl_slist, CurlCleanup>;

// Writing to a connection that its other side closed raises SIGPIPE in the
// thread that writes. Blocks it there, and swallows what came.
class SigpipeBlocked {
 public:
  SigpipeBlocked() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  SigpipeBlocked(const SigpipeBlocked&) = delete;
  SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;
  ~SigpipeBlocked() {
    const timespec now = {};
    if (sigismember(&before_, SIGPIPE) == 0) {
      sigtimedwait(&sigpipe_, nullptr, &now);
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t sigpipe_;
  sigset_t before_;
};

size_t GiveMessage(char* buffer, size_t size, size_t count, void* data) {
  auto& rest = *static_cast<absl::string_view*>(data);
  const size_t given = std::min(rest.size(), size * count);
  std::memcpy(buffer, rest.data(), given);
  rest.remove_prefix(given);
  return given;
}

int TakeLine(CURL*, curl_infotype type, char* text, size_t size, void* data) {
  auto& reply = *static_cast<ServerReply*>(data);
  const absl::string_view line(text, size);
  if (type == CURLINFO_HEADER_OUT) reply.Sent(line);
  if (type == CURLINFO_HEADER_IN) reply.Received(line);
  return 0;
}

void SetServer(CURL* curl, const SmtpConversation& conversation) {
  const bool clear = !conversation.url.smtps && conversation.url.loopback &&
                     conversation.ca_file.empty();
  curl_easy_setopt(curl, CURLOPT_URL, conversation.url.text.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_USE_SSL,
                   clear ? CURLUSESSL_NONE : CURLUSESSL_ALL);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!conversation.ca_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, conversation.ca_file.c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  if (!conversation.user.empty()) {
    std::string password(conversation.password.view());
    curl_easy_setopt(curl, CURLOPT_USERNAME, conversation.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, password.c_str());
    crypto::Wipe(password);
  }
}

void SetLimits(CURL* curl, uint64_t time_limit_ms) {
  const long limit = static_cast<long>(time_limit_ms);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, limit);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, limit);
  // Taking leave has this limit only, which is in seconds.
  curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, limit / 1000 + 1);
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  // Signals are the process's, which may have other threads.
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

// `rest` and `to` outlive the conversation.
void SetMessage(CURL* curl, const std::string& from, curl_slist* to,
                absl::string_view& rest) {
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM,
                   absl::StrCat("<", from, ">").c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
                   static_cast<curl_off_t>(rest.size()));
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, GiveMessage);
  curl_easy_setopt(curl, CURLOPT_READDATA, &rest);
}

struct Verdict {
  absl::StatusCode code;
  absl::string_view words;
};

// Without a word from the server.
std::optional<Verdict> OfConnection(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Verdict{absl::StatusCode::kDeadlineExceeded,
                     "did not take the message in time"};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return Verdict{absl::StatusCode::kUnavailable,
                     "cannot be reached; check host and port of --smtp, and "
                     "whether it runs"};
    case CURLE_USE_SSL_FAILED:
      return Verdict{absl::StatusCode::kFailedPrecondition,
                     "does not encrypt, so nothing was sent; use smtps://, or "
                     "a port or server that offers STARTTLS"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return Verdict{absl::StatusCode::kFailedPrecondition,
                     "its certificate is not trusted, so nothing was sent; "
                     "check the host in --smtp, and name the CA with --smtp-ca "
                     "if the system does not know it"};
    case CURLE_SSL_CONNECT_ERROR:
      return Verdict{absl::StatusCode::kFailedPrecondition,
                     "cannot agree on TLS; smtps:// is for ports that encrypt "
                     "from the beginning (465), smtp:// for others (587)"};
    default:
      return std::nullopt;
  }
}

Verdict OfReply(CURLcode code, const ServerReply& reply) {
  if (reply.IsTransient()) {
    return {absl::StatusCode::kUnavailable,
            "does not take the message for now"};
  }
  if (code == CURLE_LOGIN_DENIED) {
    return {absl::StatusCode::kFailedPrecondition,
            "refuses user or password; check --smtp-user and the file of "
            "--smtp-password-file"};
  }
  if (reply.IsPermanent()) {
    return {absl::StatusCode::kFailedPrecondition, "refuses the message"};
  }
  return {absl::StatusCode::kUnavailable, "the conversation broke off"};
}

absl::Status Failed(const SmtpUrl& url, CURLcode code, absl::string_view why,
                    const ServerReply& reply) {
  const Verdict verdict = OfConnection(code).value_or(OfReply(code, reply));
  return absl::Status(
      verdict.code, absl::StrCat("mail server ", url.text, ": ", verdict.words,
                                 " (", Printable(why), reply.InWords(), ")"));
}

}  // namespace

absl::Status HoldConversation(const SmtpConversation& conversation) {
  const SigpipeBlocked blocked;
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  const CurlPtr curl(initialized == CURLE_OK ? curl_easy_init() : nullptr);
  const ListPtr to(curl_slist_append(
      nullptr, absl::StrCat("<", conversation.to, ">").c_str()));
  if (curl == nullptr || to == nullptr) {
    return absl::UnavailableError("libcurl cannot be started");
  }
  absl::string_view rest = conversation.message;
  ServerReply reply;
  std::array<char, CURL_ERROR_SIZE> why = {};
  SetServer(curl.get(), conversation);
  SetLimits(curl.get(), conversation.time_limit_ms);
  SetMessage(curl.get(), conversation.from, to.get(), rest);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, why.data());
  curl_easy_setopt(curl.get(), CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_DEBUGFUNCTION, TakeLine);
  curl_easy_setopt(curl.get(), CURLOPT_DEBUGDATA, &reply);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OK) return absl::OkStatus();
  return Failed(conversation.url, code,
                why[0] != '\0' ? why.data() : curl_easy_strerror(code), reply);
}

}  // namespace sealbook::client

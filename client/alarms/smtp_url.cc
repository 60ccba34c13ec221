#include "client/alarms/smtp_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/words.h"

namespace sealbook::client {
namespace {

struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlPtr = std::unique_ptr<CURLU, UrlCleanup>;

// Empty where the URL has no such part.
std::string Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  std::string result = text;
  curl_free(text);
  return result;
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4;
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
  }
  in6_addr v6;
  const std::string address = absl::StrReplaceAll(host, {{"[", ""}, {"]", ""}});
  return inet_pton(AF_INET6, address.c_str(), &v6) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&v6);
}

bool HasMore(CURLU* url) {
  const std::string path = Part(url, CURLUPART_PATH);
  return !(path.empty() || path == "/") ||
         !Part(url, CURLUPART_QUERY).empty() ||
         !Part(url, CURLUPART_FRAGMENT).empty();
}

absl::Status Refused(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("--smtp \"", Printable(text), "\": ", why));
}

}  // namespace

absl::StatusOr<SmtpUrl> SmtpUrl::Parse(absl::string_view text) {
  const UrlPtr url(curl_url());
  const bool parsed = curl_url_set(url.get(), CURLUPART_URL,
                                   std::string(text).c_str(), 0) == CURLUE_OK;
  const std::string scheme = Part(url.get(), CURLUPART_SCHEME);
  const std::string host =
      absl::AsciiStrToLower(Part(url.get(), CURLUPART_HOST));
  if (!Part(url.get(), CURLUPART_USER).empty() ||
      !Part(url.get(), CURLUPART_PASSWORD).empty()) {
    // Not shown again: it may hold the password.
    return absl::InvalidArgumentError(
        "--smtp: other users of this machine can see what stands on a command "
        "line; take user and password out of the URL, give the user with "
        "--smtp-user and the password in a file with --smtp-password-file");
  }
  if (!parsed || (scheme != "smtp" && scheme != "smtps") || host.empty() ||
      HasMore(url.get())) {
    return Refused(text,
                   "give smtps://HOST, or smtp://HOST for STARTTLS, with :PORT "
                   "behind it where it is not 465 or 587");
  }
  SmtpUrl result;
  result.smtps = scheme == "smtps";
  result.loopback = IsLoopback(host);
  std::string port = Part(url.get(), CURLUPART_PORT);
  if (port.empty()) port = result.smtps ? "465" : "587";
  result.text = absl::StrCat(scheme, "://", host, ":", port);
  return result;
}

}  // namespace sealbook::client

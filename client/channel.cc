#include "client/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/files.h"
#include "client/words.h"
#include "crypto/key_file.h"

namespace sealbook::client {
namespace {

// gRPC takes whatever PEM it gets and fails much later, without a name.
absl::StatusOr<std::string> ReadPem(const std::string& path,
                                    absl::string_view what) {
  SEALBOOK_ASSIGN_OR_RETURN(std::string pem, ReadFile(path, 8 << 20));
  if (!absl::StrContains(pem, "-----BEGIN CERTIFICATE-----")) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": holds no PEM certificate (-----BEGIN CERTIFICATE-----); ",
        what, " is expected"));
  }
  return pem;
}

absl::StatusOr<grpc::SslCredentialsOptions> ReadCredentials(
    const Endpoint& endpoint) {
  grpc::SslCredentialsOptions options;
  if (!endpoint.server.ca_file.empty()) {
    SEALBOOK_ASSIGN_OR_RETURN(options.pem_root_certs,
                              ReadPem(endpoint.server.ca_file,
                                      "the CAs of the server's certificate"));
  }
  if (endpoint.certificate_file.empty() && endpoint.key_file.empty()) {
    return options;
  }
  SEALBOOK_ASSIGN_OR_RETURN(
      options.pem_cert_chain,
      ReadPem(endpoint.certificate_file, "the publisher's certificate"));
  SEALBOOK_ASSIGN_OR_RETURN(crypto::SecretText key,
                            crypto::ReadKeyFile(endpoint.key_file));
  if (!absl::StrContains(key.view(), "PRIVATE KEY-----")) {
    return absl::InvalidArgumentError(absl::StrCat(
        endpoint.key_file, ": holds no PEM private key; the key of ",
        endpoint.certificate_file, " is expected"));
  }
  // gRPC keeps copies of its own: this one cannot be wiped.
  options.pem_private_key = std::string(key.view());
  return options;
}

// Case does not count. `parts` are in lower case.
bool ContainsAny(absl::string_view text,
                 std::initializer_list<absl::string_view> parts) {
  std::string lower = absl::AsciiStrToLower(text);
  for (absl::string_view part : parts) {
    if (absl::StrContains(lower, part)) return true;
  }
  return false;
}

std::string CaInWords(const Endpoint& endpoint) {
  return endpoint.server.ca_file.empty()
             ? "the CAs that this system trusts (name the server's own with "
               "--ca FILE)"
             : endpoint.server.ca_file;
}

std::string AdviceForHandshake(const std::string& text,
                               const Endpoint& endpoint) {
  if (ContainsAny(text,
                  {"is not in peer certificate", "hostname verification"})) {
    return absl::StrCat(
        "The server's certificate is not for the name in ",
        endpoint.server.target,
        ": use the name that the certificate has, or the right server");
  }
  if (ContainsAny(text, {"certificate verify failed", "certificate_verify"})) {
    return absl::StrCat(
        "The server's certificate does not come from a CA in ",
        CaInWords(endpoint),
        ", or has expired: wrong CA bundle, or not the server that you mean");
  }
  if (ContainsAny(text, {"wrong version number", "wrong_version_number"})) {
    return absl::StrCat(endpoint.server.target,
                        " does not speak TLS: is it the right port?");
  }
  if (!endpoint.certificate_file.empty()) {
    return absl::StrCat("The TLS handshake with ", endpoint.server.target,
                        " failed: it may not accept the certificate ",
                        endpoint.certificate_file,
                        ", which may not fit its key, or ", CaInWords(endpoint),
                        " may not be the server's CA");
  }
  return absl::StrCat(
      "The TLS handshake failed: either the server's certificate does not "
      "come from a CA in ",
      CaInWords(endpoint), " or is for another name than ",
      endpoint.server.target,
      ", or this port wants a client certificate (publishing has a port of "
      "its own)");
}

// What gRPC says when it cannot make TLS of the files that it was given.
std::string AdviceForCredentials(const Endpoint& endpoint) {
  if (endpoint.certificate_file.empty()) {
    return absl::StrCat(CaInWords(endpoint), " cannot be used: is it damaged?");
  }
  return absl::StrCat(endpoint.key_file, " is not the key of ",
                      endpoint.certificate_file, ", or one of them, or ",
                      CaInWords(endpoint), ", is damaged");
}

std::string AdviceForUnavailable(const std::string& text,
                                 const Endpoint& endpoint) {
  if (ContainsAny(text, {"empty address list"})) {
    return AdviceForCredentials(endpoint);
  }
  if (ContainsAny(text, {"refused"})) {
    return absl::StrCat("Nothing listens on ", endpoint.server.target,
                        ": is the server running, and is this its port?");
  }
  if (ContainsAny(text,
                  {"dns resolution", "domain name not found", "resolve"})) {
    return absl::StrCat("The name in ", endpoint.server.target,
                        " cannot be resolved: check the name and the network");
  }
  if (ContainsAny(
          text, {"handshake", "ssl", "tls", "peer certificate", "peer name"})) {
    return AdviceForHandshake(text, endpoint);
  }
  // With TLS 1.3 a server refuses a client's certificate after the handshake.
  if (!endpoint.certificate_file.empty() &&
      ContainsAny(text, {"closed", "reset"})) {
    return absl::StrCat(
        endpoint.server.target,
        " closed the connection: it may not accept the certificate ",
        endpoint.certificate_file,
        " (is it for TLS clients, and from a CA that the server asks for?)");
  }
  if (ContainsAny(text, {"connect", "socket", "transport", "reset", "closed",
                         "unreachable", "timeout"})) {
    return absl::StrCat(endpoint.server.target,
                        " cannot be reached: check the network, or try again");
  }
  return absl::StrCat(endpoint.server.target,
                      " cannot answer at the moment: try again later");
}

std::string Advice(const grpc::Status& status, const Endpoint& endpoint) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return AdviceForUnavailable(status.error_message(), endpoint);
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::StrCat(endpoint.server.target,
                          " did not answer in time: try again, or allow more "
                          "with --timeout SECONDS");
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::StrCat(endpoint.server.target,
                          " does not offer this: is it the right port (public "
                          "and publishing differ), and a Sealbook server?");
    case grpc::StatusCode::UNAUTHENTICATED:
      return "The server does not know this publisher: check --cert, or ask "
             "the operator to register its key";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      if (absl::StrContains(status.error_message(), "larger than max")) {
        return absl::StrCat("The answer is larger than ", kMaxAnswerBytes,
                            " bytes and was not read: ", endpoint.server.target,
                            " misbehaves or is no Sealbook server");
      }
      return "The server is busy: try again later";
    case grpc::StatusCode::ABORTED:
      return "It is not known whether this was done: do the same again";
    default:
      return "";
  }
}

}  // namespace

absl::Status CheckTarget(const std::string& target) {
  size_t colon = target.rfind(':');
  uint32_t port = 0;
  bool bracketed = !target.empty() && target[0] == '[';
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(target.substr(colon + 1), &port) || port == 0 ||
      port > 65535 || (bracketed && target[colon - 1] != ']') ||
      (!bracketed && target.find(':') != colon) ||
      target.find('/') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", Printable(target),
                     "\" is no server address: HOST:PORT is expected, such as "
                     "directory.example.org:8443 or [2001:db8::1]:8443"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const Endpoint& endpoint, const Route& route) {
  SEALBOOK_RETURN_IF_ERROR(CheckTarget(endpoint.server.target));
  SEALBOOK_ASSIGN_OR_RETURN(grpc::SslCredentialsOptions options,
                            ReadCredentials(endpoint));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  if (route.own_connection) {
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  }
  if (!route.unix_socket.empty()) {
    const std::string& target = endpoint.server.target;
    std::string host = target.substr(0, target.rfind(':'));
    if (host[0] == '[') host = host.substr(1, host.size() - 2);
    arguments.SetSslTargetNameOverride(host);
    // As over the network: a name of its own would tell who comes this way.
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, target);
    return grpc::CreateCustomChannel("unix:" + route.unix_socket,
                                     grpc::SslCredentials(options), arguments);
  }
  // "dns:" keeps a name such as unix:... from being taken for another scheme.
  return grpc::CreateCustomChannel("dns:///" + endpoint.server.target,
                                   grpc::SslCredentials(options), arguments);
}

absl::Status ExplainRpc(const grpc::Status& status, const Endpoint& endpoint) {
  std::string advice = Advice(status, endpoint);
  std::string said = Printable(status.error_message());
  if (!advice.empty() && !said.empty()) said = absl::StrCat(" (", said, ")");
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      absl::StrCat(advice, said));
}

}  // namespace sealbook::client

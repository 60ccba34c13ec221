// A mail server on loopback that answers as it is told: smtp_server.py, in a
// process of its own.
//
//   SmtpServer server({.answers = {{"RCPT", {"550 5.1.1 nobody"}}}});
//   ... server.Url("smtp") ...
//   server.Log();
#ifndef SEALBOOK_CLIENT_ALARMS_TESTING_SMTP_SERVER_H_
#define SEALBOOK_CLIENT_ALARMS_TESTING_SMTP_SERVER_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "client/testing/temp_folder.h"
#include "nlohmann/json.hpp"

namespace sealbook::client {

// As smtp_server.py says.
struct SmtpServerSettings {
  std::string tls = "none";
  // PEM texts.
  std::string certificate;
  std::string private_key;
  std::string user;
  std::string password;
  std::map<std::string, std::vector<std::string>> answers;
  std::vector<std::string> hang;
  std::vector<std::string> drop;
};

// Listens once it is made, until it goes.
class SmtpServer {
 public:
  explicit SmtpServer(const SmtpServerSettings& settings);
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;
  ~SmtpServer();

  // "smtp://localhost:PORT"
  std::string Url(const std::string& scheme,
                  const std::string& host = "localhost") const;

  // What happened so far.
  std::vector<nlohmann::json> Log() const;
  // The commands of Log(), without arguments.
  std::vector<std::string> Commands() const;
  // The messages of Log().
  std::vector<nlohmann::json> Messages() const;

 private:
  TempFolder folder_;
  pid_t pid_ = 0;
  std::string port_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_TESTING_SMTP_SERVER_H_

#include "client/alarms/testing/smtp_server.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/files.h"

namespace sealbook::client {
namespace {

constexpr char kProgram[] = "client/alarms/testing/smtp_server.py";

pid_t Start(std::string settings) {
  std::string python = "/usr/bin/python3";
  std::string program = kProgram;
  char* argv[] = {python.data(), program.data(), settings.data(), nullptr};
  pid_t pid = 0;
  EXPECT_EQ(posix_spawn(&pid, python.c_str(), nullptr, nullptr, argv, environ),
            0);
  return pid;
}

}  // namespace

SmtpServer::SmtpServer(const SmtpServerSettings& settings) {
  nlohmann::json json = {
      {"folder", folder_.path()},    {"tls", settings.tls},
      {"answers", settings.answers}, {"hang", settings.hang},
      {"drop", settings.drop},
  };
  if (!settings.certificate.empty()) {
    json["certificate"] = folder_.path("certificate.pem");
    json["key"] = folder_.path("key.pem");
    EXPECT_TRUE(WriteNewFile(json["certificate"], settings.certificate).ok());
    EXPECT_TRUE(WriteNewFile(json["key"], settings.private_key).ok());
  }
  if (!settings.user.empty()) {
    json["user"] = settings.user;
    json["password"] = settings.password;
  }
  pid_ = Start(json.dump());
  for (int i = 0; i < 3000 && port_.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    port_ = ReadFile(folder_.path("port")).value_or("");
  }
  EXPECT_FALSE(port_.empty()) << "the mail server does not start";
}

SmtpServer::~SmtpServer() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string SmtpServer::Url(const std::string& scheme,
                            const std::string& host) const {
  return absl::StrCat(scheme, "://", host, ":", port_);
}

std::vector<nlohmann::json> SmtpServer::Log() const {
  std::vector<nlohmann::json> log;
  const std::string text = ReadFile(folder_.path("log")).value_or("");
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    log.push_back(nlohmann::json::parse(line));
  }
  return log;
}

std::vector<std::string> SmtpServer::Commands() const {
  std::vector<std::string> commands;
  for (const nlohmann::json& entry : Log()) {
    if (!entry.contains("command")) continue;
    const std::vector<std::string> words =
        absl::StrSplit(entry["command"].get<std::string>(), ' ');
    commands.push_back(words[0]);
  }
  return commands;
}

std::vector<nlohmann::json> SmtpServer::Messages() const {
  std::vector<nlohmann::json> messages;
  for (const nlohmann::json& entry : Log()) {
    if (entry.contains("message")) messages.push_back(entry);
  }
  return messages;
}

}  // namespace sealbook::client

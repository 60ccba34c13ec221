#include "client/ldap/gateway.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sealbook::client::ldap {

absl::Status Gateway::Add(const std::string& domain,
                          std::shared_ptr<Directory> directory) {
  if (directories_.emplace(domain, std::move(directory)).second) {
    return absl::OkStatus();
  }
  return absl::AlreadyExistsError(
      domain.empty()
          ? std::string("there are two states for all other mail domains")
          : absl::StrCat("there are two states for the mail domain ", domain));
}

Directory* Gateway::Find(const smime::Address& address) const {
  auto found = directories_.find(std::string(address.domain()));
  if (found == directories_.end()) found = directories_.find(std::string());
  return found == directories_.end() ? nullptr : found->second.get();
}

bool Gateway::Serves(const smime::Address& address) const {
  return Find(address) != nullptr;
}

Directory::Answers Gateway::LookUp(absl::Span<const smime::Address> addresses,
                                   Deadline deadline) {
  struct Part {
    std::vector<std::string> labels;
    std::vector<size_t> places;
    Directory::Ticket ticket;
  };
  std::map<Directory*, Part> parts;
  for (size_t i = 0; i < addresses.size(); ++i) {
    Part& part = parts[Find(addresses[i])];
    part.labels.push_back(addresses[i].label());
    part.places.push_back(i);
  }
  // All at once, so that the slowest is waited for, not the sum.
  for (auto& [directory, part] : parts) {
    part.ticket = directory->Ask(part.labels);
  }
  Directory::Answers answers(addresses.size(), absl::UnknownError(""));
  for (auto& [directory, part] : parts) {
    Directory::Answers of_one = directory->Wait(part.ticket, deadline);
    for (size_t i = 0; i < of_one.size(); ++i) {
      answers[part.places[i]] = std::move(of_one[i]);
    }
  }
  return answers;
}

}  // namespace sealbook::client::ldap

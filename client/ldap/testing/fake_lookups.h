// Look-ups that are answered at once, for tests.
#ifndef SEALBOOK_CLIENT_LDAP_TESTING_FAKE_LOOKUPS_H_
#define SEALBOOK_CLIENT_LDAP_TESTING_FAKE_LOOKUPS_H_

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "client/ldap/gateway.h"
#include "crypto/hash.h"
#include "smime/testing/test_ca.h"

namespace sealbook::client::ldap {

// Serves example.org alone. Thread-safe once everything is published.
class FakeLookups : public Lookups {
 public:
  static constexpr uint64_t kNow = smime::testing::kNowMs;

  FakeLookups()
      : root_(smime::testing::TestCa::Root({.common_name = "Root"})),
        issuing_(root_.IssueCa({.common_name = "Issuing"})) {}

  // Adds a certificate for the address, another one each time.
  void Publish(const std::string& address) {
    Add(address, issuing_.Issue({.emails = {address}}).der);
  }
  void PublishExpired(const std::string& address) {
    Add(address, issuing_
                     .Issue({.emails = {address},
                             .not_after_ms = smime::testing::kNowMs -
                                             smime::testing::kDayMs})
                     .der);
  }
  // The newest certificate of an address.
  std::string leaf(const std::string& address) {
    return entries_[address].certificates().rbegin()->certificate();
  }
  const smime::testing::TestCa& issuing() const { return issuing_; }

  bool Serves(const smime::Address& address) const override {
    return address.domain() == "example.org";
  }

  Directory::Answers LookUp(absl::Span<const smime::Address> addresses,
                            Deadline deadline) override {
    ++calls;
    last_patience = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    Directory::Answers answers;
    for (const smime::Address& address : addresses) {
      answers.push_back(Answer(address.label()));
    }
    return answers;
  }

  std::map<std::string, absl::Status> failures;
  std::atomic<int> calls = 0;
  std::atomic<std::chrono::milliseconds> last_patience;

 private:
  void Add(const std::string& address, const std::string& der) {
    v1::DirectoryEntry& entry = entries_[address];
    v1::CertificateInForce* listed = entry.add_certificates();
    listed->set_certificate(der);
    listed->set_role(v1::ROLE_SIGN_AND_ENCRYPT);
    listed->add_issuer_sha256(crypto::Sha256(issuing_.der()).ToString());
    listed->add_issuer_sha256(crypto::Sha256(root_.der()).ToString());
    auto proven = std::make_shared<Proven>();
    proven->label = address;
    proven->entry = entry;
    proven->issuers = {issuing_.der(), root_.der()};
    proven_[address] = std::move(proven);
  }

  absl::StatusOr<ProvenPtr> Answer(const std::string& label) const {
    const auto failure = failures.find(label);
    if (failure != failures.end()) return failure->second;
    const auto found = proven_.find(label);
    if (found != proven_.end()) return found->second;
    auto absent = std::make_shared<Proven>();
    absent->label = label;
    return ProvenPtr(absent);
  }

  smime::testing::TestCa root_;
  smime::testing::TestCa issuing_;
  std::map<std::string, v1::DirectoryEntry> entries_;
  // The same answer each time, as from memory.
  std::map<std::string, ProvenPtr> proven_;
};

}  // namespace sealbook::client::ldap

#endif  // SEALBOOK_CLIENT_LDAP_TESTING_FAKE_LOOKUPS_H_

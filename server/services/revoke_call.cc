#include "server/services/revoke_call.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "server/published_certificates.h"
#include "server/revocation_state.h"
#include "server/services/grpc_status.h"
#include "server/services/publish_call.h"
#include "smime/certificate.h"

namespace sealbook::server {
namespace {

using Certificate = std::shared_ptr<const smime::AdmittedCertificate>;

absl::StatusOr<smime::CertificateHash> BySerial(const v1::SerialNumber& number,
                                                const LogStore& records) {
  const auto issuer = smime::KeyHash::FromBytes(number.issuer_key_sha256());
  if (!issuer.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("issuer_key_sha256: ", issuer.status().message()));
  }
  const std::string hex = absl::BytesToHexString(number.serial());
  SEALBOOK_ASSIGN_OR_RETURN(
      const std::vector<smime::CertificateHash> found,
      records.ReadSerial(SerialNumber::FromHex(*issuer, hex)));
  const std::string name = absl::StrCat(
      "the serial number ", hex, " of the issuing key ", issuer->ToHex());
  if (found.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no certificate with ", name, " was published here"));
  }
  // Any of them stands for all: the number is what is revoked.
  return found[0];
}

absl::StatusOr<smime::CertificateHash> HashOf(const v1::RevokeItem& item,
                                              const LogStore& records) {
  switch (item.certificate_case()) {
    case v1::RevokeItem::kDer:
      return smime::HashCertificate(item.der());
    case v1::RevokeItem::kSha256: {
      const auto hash = smime::CertificateHash::FromBytes(item.sha256());
      if (hash.ok()) return *hash;
      return absl::InvalidArgumentError(
          absl::StrCat("sha256: ", hash.status().message()));
    }
    case v1::RevokeItem::kSerialNumber:
      return BySerial(item.serial_number(), records);
    default:
      return absl::InvalidArgumentError("the item names no certificate");
  }
}

absl::StatusOr<Certificate> Find(const v1::RevokeItem& item,
                                 const smime::PublisherPolicy& publisher,
                                 const LogStore& records) {
  if (!v1::CrlReason_IsValid(item.reason())) {
    return absl::InvalidArgumentError(
        absl::StrCat("reason ", item.reason(), " is not a CRLReason"));
  }
  SEALBOOK_ASSIGN_OR_RETURN(const smime::CertificateHash hash,
                            HashOf(item, records));
  SEALBOOK_ASSIGN_OR_RETURN(Certificate certificate,
                            ReadPublishedCertificate(records, hash));
  if (!publisher.issuer_keys.contains(certificate->issuer_key_sha256())) {
    return absl::PermissionDeniedError(
        absl::StrCat("publisher-issuer (publisher record): ", publisher.id,
                     " does not speak for the issuing key ",
                     certificate->issuer_key_sha256().ToHex(),
                     " of the certificate ", hash.ToHex()));
  }
  return certificate;
}

// Why one of the certificates with the number of `named` would not be admitted
// now, under the addresses that it was published under: bringing it back is
// publishing it.
absl::Status Readmit(const smime::AdmittedCertificate& named,
                     const RevokeParts& parts, const RevokeJob& job) {
  SEALBOOK_ASSIGN_OR_RETURN(const std::vector<smime::CertificateHash> hashes,
                            parts.records->ReadSerial(SerialNumberOf(named)));
  for (const smime::CertificateHash& hash : hashes) {
    SEALBOOK_ASSIGN_OR_RETURN(const Certificate certificate,
                              ReadPublishedCertificate(*parts.records, hash));
    smime::Submission submission;
    submission.certificate = certificate->der;
    const smime::Chain& chain = *certificate->chain;
    for (size_t i = 0; i + 1 < chain.size(); ++i) {
      submission.intermediates.push_back(chain[i].der);
    }
    for (const smime::CertificateAddress& address : certificate->addresses) {
      submission.addresses.push_back(address.label);
    }
    const absl::Status admitted = parts.admission
                                      ->Admit(submission, *job.publisher,
                                              static_cast<int64_t>(job.now_ms))
                                      .status();
    if (admitted.ok()) continue;
    return absl::Status(absl::IsInvalidArgument(admitted)
                            ? absl::StatusCode::kFailedPrecondition
                            : admitted.code(),
                        absl::StrCat("removeFromCRL: ", admitted.message()));
  }
  return absl::OkStatus();
}

PublishRequest RevocationOf(Certificate certificate, v1::CrlReason reason,
                            const RevokeParts& parts, const RevokeJob& job) {
  Submission revocation;
  revocation.cause = reason == v1::CRL_REASON_REMOVE_FROM_CRL
                         ? PublishCause::kRestored
                         : PublishCause::kRevoked;
  if (revocation.cause == PublishCause::kRestored) {
    revocation.readmission = Readmit(*certificate, parts, job);
  }
  revocation.certificate = std::move(certificate);
  revocation.reason = reason;
  revocation.publisher = job.publisher->id;
  return {std::move(revocation)};
}

void SetRefusal(const absl::Status& refusal, v1::RevokeResult& result) {
  const grpc::Status status = ToGrpcStatus(refusal);
  result.set_code(status.error_code());
  result.set_message(status.error_message());
}

// Gathers the outcomes of the items.
class Gathering {
 public:
  using Done = std::function<void(const absl::StatusOr<v1::RevokeResponse>&)>;

  Gathering(int items, Done done) : done_(std::move(done)), left_(items) {
    for (int i = 0; i < items; ++i) response_.add_results();
  }

  void Refuse(int item, const absl::Status& refusal) {
    SetRefusal(refusal, *response_.mutable_results(item));
    Count(absl::OkStatus());
  }

  void Found(int item, const smime::CertificateHash& hash) {
    response_.mutable_results(item)->set_certificate_sha256(hash.ToString());
  }

  void Finish(int item, const absl::StatusOr<PublishOutcome>& outcome) {
    if (!outcome.ok()) {
      Count(outcome.status());
      return;
    }
    v1::RevokeResult& result = *response_.mutable_results(item);
    for (const absl::StatusOr<Publication>& one : outcome->results) {
      if (one.ok()) {
        ToMessage(*one, *result.add_publications());
      } else if (result.code() == 0) {
        LogWithoutAddress(result, one.status());
        SetRefusal(one.status(), result);
      }
    }
    {
      MutexLock lock(mutex_);
      response_.set_tree_size(
          std::max(response_.tree_size(), outcome->tree_size));
    }
    Count(absl::OkStatus());
  }

 private:
  // The message of a damaged record names the address.
  static void LogWithoutAddress(const v1::RevokeResult& result,
                                const absl::Status& status) {
    LogFailure(
        "Revoke", "",
        absl::Status(
            status.code(),
            absl::StrCat("certificate ",
                         absl::BytesToHexString(result.certificate_sha256()),
                         ": an address could not be changed")));
  }

  void Count(const absl::Status& status) {
    absl::Status failed;
    {
      MutexLock lock(mutex_);
      failure_.Update(status);
      if (--left_ > 0) return;
      failed = failure_;
    }
    if (failed.ok()) {
      done_(response_);
    } else {
      done_(failed);
    }
  }

  const Done done_;
  // Each result is written by whoever answers its item; the rest under mutex_.
  v1::RevokeResponse response_;
  Mutex mutex_;
  int left_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::Status CheckRevokeLimits(const v1::RevokeRequest& request) {
  if (request.items_size() == 0) {
    return absl::InvalidArgumentError("the request has no items");
  }
  if (request.items_size() > kMaxPublishItems) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the request has ", request.items_size(), " items; the limit is ",
        kMaxPublishItems, ": revoke them in several requests"));
  }
  return absl::OkStatus();
}

namespace {

// One call, from its items to their results.
class Revoking : public std::enable_shared_from_this<Revoking> {
 public:
  Revoking(const RevokeParts& parts, RevokeJob job)
      : parts_(parts),
        job_(std::move(job)),
        gathering_(std::make_shared<Gathering>(job_.request.items_size(),
                                               job_.done)) {}

  void Run() {
    std::vector<int> missing;
    for (int i = 0; i < job_.request.items_size(); ++i) {
      if (!FindItem(i, /*last=*/false)) missing.push_back(i);
    }
    if (missing.empty()) {
      Submit();
      return;
    }
    // What was submitted for publication before this call may be on its way.
    parts_.sequencer->Submit(
        {}, [self = shared_from_this(),
             missing](const absl::StatusOr<PublishOutcome>& written) {
          self->GoOnWith(missing, written.status());
        });
  }

 private:
  // False: it was not found, and may be yet.
  bool FindItem(int i, bool last) {
    const v1::RevokeItem& item = job_.request.items(i);
    absl::StatusOr<Certificate> found =
        Find(item, *job_.publisher, *parts_.records);
    if (absl::IsNotFound(found.status()) && !last) return false;
    if (!found.ok()) {
      LogFailure("Revoke", "",
                 absl::Status(found.status().code(),
                              "a certificate was not found as it must be"));
      gathering_->Refuse(i, found.status());
      return true;
    }
    gathering_->Found(i, (*found)->sha256);
    items_.push_back(i);
    requests_.push_back(
        RevocationOf(*std::move(found), item.reason(), parts_, job_));
    return true;
  }

  // On the sequencer's thread, which must not read from the store.
  void GoOnWith(const std::vector<int>& missing, const absl::Status& written) {
    auto task = [self = shared_from_this(), missing, written] {
      for (const int i : missing) {
        if (written.ok()) {
          self->FindItem(i, /*last=*/true);
        } else {
          self->gathering_->Finish(i, written);
        }
      }
      self->Submit();
    };
    parts_.queue->GoOn(job_.publisher->id, std::move(task));
  }

  void Submit() {
    SubmitJob job;
    job.publisher = job_.publisher->id;
    job.requests = std::move(requests_);
    job.abandoned = job_.abandoned;
    job.done = [self = shared_from_this()](
                   size_t i, const absl::StatusOr<PublishOutcome>& outcome) {
      self->gathering_->Finish(self->items_[i], outcome);
    };
    parts_.submitter->Submit(std::move(job));
  }

  const RevokeParts parts_;
  const RevokeJob job_;
  const std::shared_ptr<Gathering> gathering_;
  // What is to be revoked, and the items that it answers.
  std::vector<PublishRequest> requests_;
  std::vector<int> items_;
};

}  // namespace

void RevokeAll(const RevokeParts& parts, RevokeJob job) {
  std::make_shared<Revoking>(parts, std::move(job))->Run();
}

}  // namespace sealbook::server

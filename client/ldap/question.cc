#include "client/ldap/question.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/words.h"

namespace sealbook::client::ldap {
namespace {

bool IsAnyOf(absl::string_view text,
             std::initializer_list<absl::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](absl::string_view name) {
    return absl::EqualsIgnoreCase(text, name);
  });
}

// With or without an option, such as in `userCertificate;binary`.
bool IsHeld(absl::string_view attribute) {
  attribute = attribute.substr(0, attribute.find(';'));
  return IsMail(attribute) ||
         IsAnyOf(attribute, {"objectClass", "cn", "sn", "userCertificate"});
}

bool IsOurClass(absl::string_view name) {
  return IsAnyOf(name,
                 {"top", "person", "organizationalPerson", "inetOrgPerson"});
}

bool HasSubstrings(const Filter& filter) {
  return filter.kind == Filter::Kind::kSubstrings ||
         std::any_of(filter.parts.begin(), filter.parts.end(), HasSubstrings);
}

// The value of `(ATTRIBUTE=*value*)`.
std::optional<std::string> WithinValue(const Filter& filter,
                                       absl::string_view attribute) {
  if (filter.kind != Filter::Kind::kSubstrings || !filter.within ||
      !absl::EqualsIgnoreCase(filter.attribute, attribute)) {
    return std::nullopt;
  }
  return filter.value;
}

bool IsOrOfTwo(const Filter& filter) {
  return filter.kind == Filter::Kind::kOr && filter.parts.size() == 2;
}

// The address of `(|(sn=*a@x*)(|(cn=*a@x*)(mail=*a@x*)))`.
std::optional<smime::Address> AskedByGpgsm(const Filter& filter) {
  if (!IsOrOfTwo(filter) || !IsOrOfTwo(filter.parts[1])) return std::nullopt;
  const auto sn = WithinValue(filter.parts[0], "sn");
  const auto cn = WithinValue(filter.parts[1].parts[0], "cn");
  const auto mail = WithinValue(filter.parts[1].parts[1], "mail");
  if (!sn.has_value() || sn != cn || sn != mail) return std::nullopt;
  absl::StatusOr<smime::Address> address = smime::Address::Parse(*mail);
  if (!address.ok()) return std::nullopt;
  return *std::move(address);
}

// Which of all possible entries a filter holds for.
struct Matches {
  // All of them; else those of `labels`.
  bool all = false;
  std::set<std::string> labels;
};

class Evaluator {
 public:
  Matches Evaluate(const Filter& filter) {
    switch (filter.kind) {
      case Filter::Kind::kAnd:
        return EvaluateAnd(filter);
      case Filter::Kind::kOr:
        return EvaluateOr(filter);
      case Filter::Kind::kNot:
        return EvaluateNot(filter);
      case Filter::Kind::kEqual:
        return EvaluateEqual(filter);
      case Filter::Kind::kPresent:
        return {.all = IsHeld(filter.attribute)};
      default:
        return {};
    }
  }

  // Those of `labels`, in the order of the filter.
  Question Take(const std::set<std::string>& labels) && {
    Question question;
    for (smime::Address& address : addresses_) {
      if (labels.count(address.label()) > 0) {
        question.addresses.push_back(std::move(address));
      }
    }
    question.not_addresses = std::move(not_addresses_);
    return question;
  }

 private:
  Matches EvaluateAnd(const Filter& filter) {
    Matches result{.all = true};
    for (const Filter& part : filter.parts) {
      Matches other = Evaluate(part);
      if (other.all) continue;
      if (result.all) {
        result = std::move(other);
        continue;
      }
      std::erase_if(result.labels, [&](const std::string& label) {
        return other.labels.count(label) == 0;
      });
    }
    return result;
  }

  Matches EvaluateOr(const Filter& filter) {
    Matches result;
    for (const Filter& part : filter.parts) {
      Matches other = Evaluate(part);
      result.all = result.all || other.all;
      result.labels.merge(other.labels);
    }
    return result;
  }

  // All but some cannot be listed. Only a class is known not to be ours.
  Matches EvaluateNot(const Filter& filter) {
    const Filter& part = filter.parts[0];
    const bool other_class =
        part.kind == Filter::Kind::kEqual &&
        absl::EqualsIgnoreCase(part.attribute, "objectClass") &&
        !IsOurClass(part.value);
    return {.all = other_class};
  }

  Matches EvaluateEqual(const Filter& filter) {
    if (absl::EqualsIgnoreCase(filter.attribute, "objectClass")) {
      return {.all = IsOurClass(filter.value)};
    }
    if (!IsMail(filter.attribute)) return {};
    absl::StatusOr<smime::Address> address =
        smime::Address::Parse(filter.value);
    if (!address.ok()) {
      NoteNoAddress(filter.value, address.status());
      return {};
    }
    if (seen_.insert(address->label()).second) addresses_.push_back(*address);
    return {.labels = {address->label()}};
  }

  void NoteNoAddress(const std::string& value, const absl::Status& why) {
    const bool is_name =
        std::none_of(value.begin(), value.end(), [](unsigned char byte) {
          return byte == '@' || byte < 0x20 || byte == 0x7f;
        });
    if (!is_name) not_addresses_.push_back(Printable(why.message()));
  }

  std::vector<smime::Address> addresses_;
  std::set<std::string> seen_;
  std::vector<std::string> not_addresses_;
};

}  // namespace

bool IsMail(absl::string_view attribute) {
  return IsAnyOf(attribute,
                 {"mail", "rfc822Mailbox", "0.9.2342.19200300.100.1.3"});
}

absl::StatusOr<Question> QuestionOf(const Filter& filter) {
  if (HasSubstrings(filter)) {
    Question question;
    auto address = AskedByGpgsm(filter);
    if (address.has_value()) question.addresses.push_back(*std::move(address));
    return question;
  }
  Evaluator evaluator;
  const Matches matches = evaluator.Evaluate(filter);
  Question question = std::move(evaluator).Take(
      matches.all ? std::set<std::string>() : matches.labels);
  if (question.addresses.size() > kMaxAddresses) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the filter names ", question.addresses.size(), " addresses, at most ",
        kMaxAddresses, " are looked up at once"));
  }
  return question;
}

}  // namespace sealbook::client::ldap

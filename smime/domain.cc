#include "smime/domain.h"

#include <idn2.h>
#include <unicase.h>
#include <unistr.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "smime/refusal.h"

namespace sealbook::smime {
namespace {

// RFC 1035, 2.3.4.
constexpr size_t kMaxDnsLabelBytes = 63;
constexpr size_t kMaxDomainBytes = 253;
constexpr absl::string_view kAcePrefix = "xn--";

absl::Status Refused(absl::string_view domain, absl::string_view section,
                     absl::string_view why) {
  return Refusal("address-domain", section,
                 absl::StrCat(why, ": ", Quoted(domain)));
}

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isascii(c); });
}

struct IdnFree {
  void operator()(uint8_t* text) const { idn2_free(text); }
};

// `domain` as A-labels by the rules of IDNA2008 alone: without the mappings of
// UTS 46, so that "ss" never stands for U+00DF and nothing compatible is
// equated.
absl::StatusOr<std::string> ToALabels(const std::string& domain) {
  uint8_t* raw = nullptr;
  int code = idn2_lookup_u8(reinterpret_cast<const uint8_t*>(domain.c_str()),
                            &raw, IDN2_NO_TR46);
  std::unique_ptr<uint8_t, IdnFree> out(raw);
  if (code != IDN2_OK) {
    return Refused(domain, "RFC 5891, 5", idn2_strerror(code));
  }
  return std::string(reinterpret_cast<const char*>(out.get()));
}

// Lowers ASCII letters, and others where upper and lower case are one to one.
// The Kelvin sign and U+0130 lower to ASCII letters, U+212B and U+1E9E to
// letters whose upper case is another: they stay, and IDNA2008 refuses them.
absl::StatusOr<std::string> Lower(absl::string_view domain) {
  std::string lowered;
  const auto* bytes = reinterpret_cast<const uint8_t*>(domain.data());
  for (size_t i = 0; i < domain.size();) {
    ucs4_t c = 0;
    int length = u8_mbtoucr(&c, bytes + i, domain.size() - i);
    if (length <= 0) return Refused(domain, "RFC 6531, 3.3", "not UTF-8");
    ucs4_t low = uc_tolower(c);
    if (low < 0x80 ? c < 0x80 : uc_toupper(low) == c) c = low;
    uint8_t buffer[6];
    int written = u8_uctomb(buffer, c, sizeof(buffer));
    lowered.append(reinterpret_cast<const char*>(buffer), written);
    i += length;
  }
  return lowered;
}

// RFC 1123, 2.1 (letters, digits, hyphens) and RFC 1035 lengths; A-labels must
// be what IDNA2008 makes of their own decoding.
absl::Status CheckDnsLabel(const std::string& label, absl::string_view domain) {
  if (label.empty()) return Refused(domain, "RFC 1035, 2.3.1", "empty label");
  if (label.size() > kMaxDnsLabelBytes) {
    return Refused(
        domain, "RFC 1035, 2.3.4",
        absl::StrCat("label of ", label.size(), " octets, at most 63"));
  }
  for (char c : label) {
    if (!absl::ascii_islower(c) && !absl::ascii_isdigit(c) && c != '-') {
      return Refused(domain, "RFC 1123, 2.1",
                     absl::StrCat("character that no host name has (",
                                  Quoted(absl::string_view(&c, 1)), ")"));
    }
  }
  if (label.front() == '-' || label.back() == '-') {
    return Refused(domain, "RFC 1123, 2.1", "hyphen at the edge of a label");
  }
  if (absl::StartsWith(label, kAcePrefix)) {
    SEALBOOK_ASSIGN_OR_RETURN(std::string again, ToALabels(label));
    if (again != label) {
      return Refused(domain, "RFC 5890, 2.3.2.1", "not an A-label");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> CanonicalizeDomain(absl::string_view domain) {
  if (absl::StartsWith(domain, "[")) {
    return Refused(domain, "RFC 5321, 4.1.3", "domain literal");
  }
  absl::string_view name = domain;
  if (absl::EndsWith(name, ".")) name.remove_suffix(1);
  if (name.empty()) return Refused(domain, "RFC 5321, 4.1.2", "empty domain");

  std::string canonical;
  if (IsAscii(name)) {
    canonical = absl::AsciiStrToLower(name);
  } else {
    if (name.find('\0') != name.npos) {
      return Refused(domain, "RFC 1123, 2.1", "control character");
    }
    SEALBOOK_ASSIGN_OR_RETURN(std::string lowered, Lower(name));
    SEALBOOK_ASSIGN_OR_RETURN(canonical, ToALabels(lowered));
  }
  if (canonical.size() > kMaxDomainBytes) {
    return Refused(
        domain, "RFC 1035, 2.3.4",
        absl::StrCat("domain of ", canonical.size(), " octets, at most 253"));
  }
  std::vector<std::string> labels = absl::StrSplit(canonical, '.');
  for (const std::string& label : labels) {
    SEALBOOK_RETURN_IF_ERROR(CheckDnsLabel(label, domain));
  }
  // "192.0.2.1" is an address literal without its brackets.
  if (std::all_of(labels.back().begin(), labels.back().end(),
                  absl::ascii_isdigit)) {
    return Refused(domain, "RFC 5321, 4.1.3", "IP address for a domain");
  }
  return canonical;
}

}  // namespace sealbook::smime

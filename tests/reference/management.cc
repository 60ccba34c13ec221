#include "tests/reference/management.h"

#include "tests/reference/added.h"
#include "tests/reference/request_checks.h"

namespace sealbook::reference {
namespace {

// As in request_checks.cc.
constexpr uint64_t kVersionsOfOneEntry = 128;
constexpr uint64_t kVersions = uint64_t{1} << 32;

std::optional<uint32_t> Greatest(const World& world, uint64_t n,
                                 const std::string& label) {
  return GreatestAt(GreatestAdded(world, n, label), n - 1);
}

// The next greatest version of the label to be created.
uint64_t Next(std::optional<uint32_t> greatest) {
  return greatest.has_value() ? *greatest + uint64_t{1} : 0;
}

std::string TbsOf(const Configuration& config, const std::string& label,
                  uint64_t version, const std::string& value) {
  return Encode(
      UpdateTBS{config, label, static_cast<uint32_t>(version), value});
}

}  // namespace

ManagerUpdateRequest ForwardUpdate(
    const Configuration& config, const UpdateRequest& request,
    uint32_t signed_version,
    const std::function<std::string(const std::string& update_tbs)>& sign) {
  ManagerUpdateRequest out = {
      request.last, request.label, request.greatest_version, {}, 0};
  if (request.values.empty()) return out;
  out.signed_version = signed_version;
  for (const LabelValue& value : request.values) {
    const uint64_t version = uint64_t{signed_version} + out.values.size();
    out.values.push_back(
        {value.value,
         {sign(TbsOf(config, request.label, version, value.value))}});
  }
  return out;
}

std::optional<std::string> RefuseManagerUpdate(
    const World& world, uint64_t n, const ManagerUpdateRequest& request,
    const std::function<bool(const std::string& update_tbs,
                             const std::string& signature)>& verify) {
  if (request.values.empty() && request.signed_version != 0) {
    return "signed version: not 0 without values";
  }
  const std::optional<uint32_t> greatest = Greatest(world, n, request.label);
  const uint64_t next = Next(greatest);
  if (!request.values.empty() && request.signed_version < next) {
    return "signed version: less than the next version";
  }
  UpdateRequest update = {
      request.last, request.label, request.greatest_version, {}};
  for (const UpdateValue& value : request.values) {
    update.values.push_back({value.value});
  }
  const auto refusal = RefuseUpdate(world, n, update);
  // With another greatest version the values are disregarded.
  if (refusal.has_value() || request.greatest_version != greatest) {
    return refusal;
  }
  const uint64_t end = request.signed_version + request.values.size();
  if (end > kVersions) return "values: versions above 2^32 - 1";
  if (end - next > kVersionsOfOneEntry) {
    return "values: too many for one log entry, with those to skip";
  }
  for (size_t i = 0; i < request.values.size(); ++i) {
    const auto& [value, suffix] = request.values[i];
    if (!verify(TbsOf(world.config, request.label, request.signed_version + i,
                      value),
                suffix.signature)) {
      return "values: signature is not valid";
    }
  }
  return std::nullopt;
}

VersionsToAdd PlanUpdate(const World& world, uint64_t n,
                         const ManagerUpdateRequest& request) {
  VersionsToAdd out;
  uint64_t version = Next(Greatest(world, n, request.label));
  for (; version < request.signed_version; ++version) {
    out.skipped.push_back(static_cast<uint32_t>(version));
  }
  for (size_t i = 0; i < request.values.size(); ++i) {
    out.made.push_back(static_cast<uint32_t>(request.signed_version + i));
  }
  return out;
}

}  // namespace sealbook::reference

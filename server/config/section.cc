#include "server/config/section.h"

#include <google/protobuf/descriptor.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace sealbook::server {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::TextFormat;

std::string Name(const std::string& field, int index) {
  return index < 0 ? field : absl::StrCat(field, "[", index, "]");
}

}  // namespace

Section::Section(const Message& message,
                 const TextFormat::ParseInfoTree& locations, std::string file,
                 std::vector<std::string>& problems)
    : message_(&message),
      locations_(&locations),
      file_(std::move(file)),
      problems_(&problems) {}

void Section::Problem(const std::string& field, absl::string_view words,
                      int index) const {
  const FieldDescriptor* descriptor =
      message_->GetDescriptor()->FindFieldByName(field);
  int line = line_;
  // A repeated field as a whole stands in no line of its own.
  if (locations_ != nullptr && descriptor->is_repeated() == (index >= 0)) {
    const int found = locations_->GetLocation(descriptor, index).line;
    if (found >= 0) line = found + 1;
  }
  problems_->push_back(
      absl::StrCat(file_, line > 0 ? absl::StrCat(":", line) : "", ": ",
                   prefix_, Name(field, index), ": ", words));
}

Section Section::Nested(const std::string& field, int index) const {
  const FieldDescriptor* descriptor =
      message_->GetDescriptor()->FindFieldByName(field);
  const google::protobuf::Reflection& reflection = *message_->GetReflection();
  Section nested;
  nested.message_ =
      index < 0 ? &reflection.GetMessage(*message_, descriptor)
                : &reflection.GetRepeatedMessage(*message_, descriptor, index);
  nested.file_ = file_;
  nested.prefix_ = absl::StrCat(prefix_, Name(field, index), ".");
  nested.line_ = line_;
  nested.problems_ = problems_;
  if (locations_ != nullptr) {
    nested.locations_ = locations_->GetTreeForNested(descriptor, index);
    const int line = locations_->GetLocation(descriptor, index).line;
    if (line >= 0) nested.line_ = line + 1;
  }
  return nested;
}

}  // namespace sealbook::server

// One message of a configuration file with the lines that its fields stand in,
// so that every problem is reported as "<file>:<line>: <field>: <words>".
//
//   std::vector<std::string> problems;
//   Section top(config, locations, path, problems);
//   top.Problem("queue_limit", "0 is too small");
//   top.Nested("publishers", 2).Problem("id", "is missing");
//
// Thread-compatible; refers to the message, the locations and the problems.
#ifndef SEALBOOK_SERVER_CONFIG_SECTION_H_
#define SEALBOOK_SERVER_CONFIG_SECTION_H_

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sealbook::server {

class Section {
 public:
  Section(const google::protobuf::Message& message,
          const google::protobuf::TextFormat::ParseInfoTree& locations,
          std::string file, std::vector<std::string>& problems);

  // Records a problem with `field`; with its element `index` where the field is
  // repeated. A field that the file does not have is reported with the line of
  // the message that lacks it, if that has one.
  void Problem(const std::string& field, absl::string_view words,
               int index = -1) const;

  // The section of a message field; `index` where the field is repeated.
  Section Nested(const std::string& field, int index = -1) const;

 private:
  Section() = default;

  const google::protobuf::Message* message_ = nullptr;
  // Null: the file does not have this message.
  const google::protobuf::TextFormat::ParseInfoTree* locations_ = nullptr;
  std::string file_;
  // "publishers[2]." or empty.
  std::string prefix_;
  // 1-based; 0: unknown.
  int line_ = 0;
  std::vector<std::string>* problems_ = nullptr;
};

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_CONFIG_SECTION_H_

// Assertions on a status: its code and a word of its message.
#ifndef SEALBOOK_SERVER_STORAGE_TESTING_STATUS_MATCHERS_H_
#define SEALBOOK_SERVER_STORAGE_TESTING_STATUS_MATCHERS_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"

namespace sealbook::server::testing {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status) {
  return status.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return arg.ok();
}

MATCHER_P2(Refuses, code, word,
           absl::StatusCodeToString(code) + " with \"" + word + "\"") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code &&
         std::string(StatusOf(arg).message()).find(word) != std::string::npos;
}

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_STORAGE_TESTING_STATUS_MATCHERS_H_

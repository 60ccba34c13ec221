// A folder that goes with its test.
#ifndef SEALBOOK_SERVER_COMMANDS_TESTING_TEMP_DIR_H_
#define SEALBOOK_SERVER_COMMANDS_TESTING_TEMP_DIR_H_

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace sealbook::server::testing {

class TempDir {
 public:
  TempDir() : path_(::testing::TempDir() + "/sealbook.XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr) << path_;
  }
  ~TempDir() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string File(absl::string_view name) const {
    return path_ + "/" + std::string(name);
  }

 private:
  std::string path_;
};

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_COMMANDS_TESTING_TEMP_DIR_H_

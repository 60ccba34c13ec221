// A folder that goes when the test ends.
#ifndef SEALBOOK_CLIENT_TESTING_TEMP_FOLDER_H_
#define SEALBOOK_CLIENT_TESTING_TEMP_FOLDER_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace sealbook::client {

class TempFolder {
 public:
  TempFolder() : path_(::testing::TempDir() + "sealbook-XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_TESTING_TEMP_FOLDER_H_

// A new empty directory on the machine's file system, removed with all that is
// in it at the end of its life.
#ifndef SEALBOOK_SERVER_STORAGE_TESTING_TEMPORARY_DIRECTORY_H_
#define SEALBOOK_SERVER_STORAGE_TESTING_TEMPORARY_DIRECTORY_H_

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "gtest/gtest.h"

namespace sealbook::server::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_(::testing::TempDir() + "/storage-XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr) << path_;
  }
  ~TemporaryDirectory() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
    EXPECT_FALSE(error) << path_ << ": " << error.message();
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_STORAGE_TESTING_TEMPORARY_DIRECTORY_H_

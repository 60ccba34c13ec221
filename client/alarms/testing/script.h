// Programs for tests, written into their folders.
#ifndef SEALBOOK_CLIENT_ALARMS_TESTING_SCRIPT_H_
#define SEALBOOK_CLIENT_ALARMS_TESTING_SCRIPT_H_

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "absl/strings/string_view.h"

namespace sealbook::client {

// A shell script that may be run; returns `path`.
inline std::string WriteScript(const std::string& path,
                               absl::string_view lines) {
  std::ofstream(path) << "#!/bin/sh\n" << lines << "\n";
  EXPECT_EQ(chmod(path.c_str(), 0755), 0) << path;
  return path;
}

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_ALARMS_TESTING_SCRIPT_H_

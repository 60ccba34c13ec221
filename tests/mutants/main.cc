// Runs tests, and writes to the file that SEALBOOK_FIRED names which checks
// refused something in which test: suite.name and the checks' numbers, a line
// each, separated by tabs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/mutants/switch.h"

namespace {

class FiredListener : public testing::EmptyTestEventListener {
 public:
  explicit FiredListener(const char* path) : out_(path) {}

  void OnTestStart(const testing::TestInfo&) override {
    sealbook::mutants::TakeFired();
  }

  void OnTestEnd(const testing::TestInfo& test) override {
    out_ << test.test_suite_name() << '.' << test.name();
    for (int check : sealbook::mutants::TakeFired()) out_ << '\t' << check;
    out_ << std::endl;
  }

 private:
  std::ofstream out_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  if (const char* path = std::getenv("SEALBOOK_FIRED")) {
    // gtest owns it.
    testing::UnitTest::GetInstance()->listeners().Append(
        new FiredListener(path));
  }
  return RUN_ALL_TESTS();
}

#include "server/storage/mapped_file.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/storage/testing/temporary_directory.h"

namespace sealbook::server {
namespace {

class MappedFileTest : public ::testing::Test {
 protected:
  // Opens a file of these bytes.
  std::unique_ptr<MappedFile> Open(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    std::unique_ptr<MappedFile> file;
    EXPECT_TRUE(MappedFile::Open(path_, file).ok());
    return file;
  }

  static std::string Bytes(size_t size) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 >> 3);
    return bytes;
  }

  const testing::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/table";
};

std::string Read(const MappedFile& file, uint64_t offset, size_t n) {
  leveldb::Slice result;
  const leveldb::Status status = file.Read(offset, n, &result, nullptr);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return result.ToString();
}

TEST_F(MappedFileTest, ReadsWhatIsThere) {
  const std::string bytes = Bytes(10'000);
  const auto file = Open(bytes);
  EXPECT_EQ(Read(*file, 0, bytes.size()), bytes);
  EXPECT_EQ(Read(*file, 4095, 2), bytes.substr(4095, 2));
  EXPECT_EQ(Read(*file, bytes.size(), 0), "");
  EXPECT_EQ(Read(*Open(""), 0, 0), "");
}

TEST_F(MappedFileTest, RefusesWhatIsNotWithinTheFile) {
  const auto file = Open(Bytes(5000));
  leveldb::Slice result("old");
  for (const auto& [offset, n] :
       std::vector<std::pair<uint64_t, size_t>>{{0, 5001},
                                                {4999, 2},
                                                {5001, 0},
                                                {~uint64_t{0}, 1},
                                                {1, ~size_t{0}}}) {
    EXPECT_TRUE(file->Read(offset, n, &result, nullptr).IsIOError())
        << offset << ", " << n;
    EXPECT_TRUE(result.empty());
  }
}

TEST_F(MappedFileTest, TellsAMissingFileFromOneThatCannotBeRead) {
  std::unique_ptr<MappedFile> file;
  EXPECT_TRUE(MappedFile::Open(path_, file).IsNotFound());
  EXPECT_TRUE(MappedFile::Open(directory_.path(), file).IsIOError());
  EXPECT_EQ(file, nullptr);
}

// Blocks in order, with reads here and there by another thread: what is read
// ahead changes nothing of what is read.
TEST_F(MappedFileTest, ReadsInOrderAndHereAndThereAtOnce) {
  const std::string bytes = Bytes(9 << 20);
  const auto file = Open(bytes);
  std::thread other([&] {
    for (uint64_t i = 0; i < 2000; ++i) {
      const uint64_t offset = i * 7919 * 4096 % (bytes.size() - 4096);
      EXPECT_EQ(Read(*file, offset, 4096), bytes.substr(offset, 4096));
    }
  });
  constexpr size_t kBlock = 4101;
  for (uint64_t offset = 0; offset < bytes.size(); offset += kBlock) {
    const size_t n = std::min(kBlock, bytes.size() - offset);
    ASSERT_EQ(Read(*file, offset, n), bytes.substr(offset, n));
  }
  other.join();
}

}  // namespace
}  // namespace sealbook::server

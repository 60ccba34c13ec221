#include "server/storage/disk_space.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/testing/status_matchers.h"
#include "server/storage/testing/temporary_directory.h"

namespace sealbook::server {
namespace {

using testing::IsOk;
using testing::Refuses;
using testing::TemporaryDirectory;

TEST(DiskSpaceTest, TellsTheRoomOnAFileSystem) {
  const TemporaryDirectory directory;
  const absl::StatusOr<DiskSpace> space =
      FileSystemSpaceProbe(directory.path())();
  ASSERT_THAT(space, IsOk());
  EXPECT_GT(space->free_bytes, 0);
  EXPECT_GE(space->total_bytes, space->free_bytes);
  // Counted in bytes, not in blocks: no machine that builds this has less.
  EXPECT_GT(space->total_bytes, uint64_t{100} << 20);
}

TEST(DiskSpaceTest, NamesAPathThatIsNotThere) {
  const TemporaryDirectory directory;
  EXPECT_THAT(FileSystemSpaceProbe(directory.path() + "/missing")(),
              Refuses(absl::StatusCode::kNotFound, "/missing"));
}

}  // namespace
}  // namespace sealbook::server

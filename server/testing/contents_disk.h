// A disk for a TestLog that is opened with given records.
//
//   TestLog log(std::make_unique<ContentsDisk>(contents));
//   log.mark_disk() = mark;
//   log.Open();
#ifndef SEALBOOK_SERVER_TESTING_CONTENTS_DISK_H_
#define SEALBOOK_SERVER_TESTING_CONTENTS_DISK_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/memory_storage.h"
#include "server/storage/storage.h"
#include "server/storage/testing/contents.h"
#include "server/testing/test_log.h"

namespace sealbook::server::testing {

// Holds `contents` each time it is opened; what was written since is gone.
class ContentsDisk final : public TestDisk {
 public:
  explicit ContentsDisk(Contents contents) : contents_(std::move(contents)) {}

  absl::StatusOr<std::unique_ptr<Storage>> Create() override {
    return MemoryStorage::Create(std::make_shared<MemoryDisk>());
  }
  absl::StatusOr<std::unique_ptr<Storage>> Open() override {
    auto storage = MemoryStorage::Create(std::make_shared<MemoryDisk>());
    if (!storage.ok()) return storage;
    CommitRequest request;
    for (const auto& [key, value] : contents_) {
      if (key.first == Table::kHead) {
        request.new_head = value;
      } else {
        request.puts.push_back({key.first, key.second, value});
      }
    }
    const absl::Status status = (*storage)->Commit(request);
    if (!status.ok()) return status;
    return storage;
  }

 private:
  const Contents contents_;
};

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_TESTING_CONTENTS_DISK_H_

// A check that LevelDB itself does not make on its logs and manifests.
//
// LevelDB takes a last record that claims more bytes than the file holds for
// one that a crash cut short, and drops it without a word. That is right after
// a crash; but a flipped bit in the record's length field (its checksum does
// not cover it) looks the same and would drop commits that were acknowledged,
// or table files from the manifest. The two can be told apart: the bytes of a
// damaged record still match its checksum at its true length, those of a record
// cut short match it at no length.
#ifndef SEALBOOK_SERVER_STORAGE_LOG_TAIL_H_
#define SEALBOOK_SERVER_STORAGE_LOG_TAIL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "leveldb/env.h"

namespace sealbook::server {

// Checks the last block (at most 32 KiB) of every log and manifest in
// `directory`, a LevelDB database that nobody writes meanwhile. DATA_LOSS: a
// record's length field is damaged; the message names the file. Other errors
// as FromLevelDb.
absl::Status CheckLogTails(leveldb::Env& env, const std::string& directory);

// The same for one last block, which starts at a block boundary of the file.
// DATA_LOSS as above.
absl::Status CheckLastBlock(absl::string_view block);

}  // namespace sealbook::server

#endif  // SEALBOOK_SERVER_STORAGE_LOG_TAIL_H_

// A file system in memory that knows what a power cut would leave of it.
//
// POSIX's promises and no more: a file's bytes survive if the file was synced
// after they were written; a name survives if its directory was synced after
// the name was made; syncing a file does nothing for its name. Not thread-safe.
#ifndef SEALBOOK_SERVER_STORAGE_TESTING_FAULT_FILESYSTEM_H_
#define SEALBOOK_SERVER_STORAGE_TESTING_FAULT_FILESYSTEM_H_

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace sealbook::server::testing {

// What a power cut leaves of that which was not synced.
enum class Survives {
  kNothing,
  // Of each file a part from its beginning; any subset of a directory's
  // changes.
  kRandomPart,
  // As if only the process had died.
  kEverything,
};

class FaultFilesystem {
 public:
  struct File {
    std::string data;
    // What is on the disk for certain.
    std::string durable;
  };
  using FilePtr = std::shared_ptr<File>;

  // One empty durable directory: "/".
  FaultFilesystem() : root_(std::make_shared<Node>()) {}

  // False, and nothing happens, where the path or its directory does not exist
  // or (MakeDirectory) exists already.
  bool IsDirectory(const std::string& path) const;
  bool MakeDirectory(const std::string& path);
  bool SyncDirectory(const std::string& path);
  bool Rename(const std::string& from, const std::string& to);
  bool Remove(const std::string& path);

  // Null: no such file.
  FilePtr Find(const std::string& path) const;
  // The file, empty; made or cut off. Null: no such directory.
  FilePtr Create(const std::string& path);
  // Absent directory: empty.
  std::vector<std::string> List(const std::string& path) const;
  // Paths of all files.
  std::vector<std::string> AllFiles() const;

  void PowerCut(Survives survives, std::mt19937_64& random);

  // A copy that shares nothing; everything in it is durable.
  FaultFilesystem DurableCopy() const;

 private:
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  using Entries = std::map<std::string, NodePtr>;
  // A change of a directory: the name `gone` (unless empty) goes, `name`
  // (unless empty) stands for `node` from now on.
  struct Change {
    std::string gone;
    std::string name;
    NodePtr node;
  };
  struct Node {
    FilePtr file;  // Null for a directory.
    Entries entries;
    Entries durable_entries;
    std::vector<Change> unsynced;
  };

  static void Apply(const Change& change, Entries& entries);
  static void PowerCutNode(Node& node, Survives survives,
                           std::mt19937_64& random);
  static NodePtr CopyNode(const Node& node);
  static void ListFiles(const Node& node, const std::string& path,
                        std::vector<std::string>& paths);

  NodePtr FindNode(const std::string& path) const;
  // Makes a change of the directory that holds `path`; false if there is none.
  bool ChangeParentOf(const std::string& path, Change change);

  NodePtr root_;
};

}  // namespace sealbook::server::testing

#endif  // SEALBOOK_SERVER_STORAGE_TESTING_FAULT_FILESYSTEM_H_

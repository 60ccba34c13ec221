// SQLite behind absl::Status: the only file that calls sqlite3_*.
//
//   SEALBOOK_ASSIGN_OR_RETURN(Database db, Database::Open(path));
//   SEALBOOK_ASSIGN_OR_RETURN(Transaction change, Transaction::Begin(db));
//   SEALBOOK_ASSIGN_OR_RETURN(Statement put,
//                             db.Prepare("INSERT INTO t VALUES (?1)"));
//   put.BindBytes(1, bytes);
//   SEALBOOK_RETURN_IF_ERROR(put.Run());
//   SEALBOOK_RETURN_IF_ERROR(change.Commit());
//
// Errors name the file. UNAVAILABLE: another process holds it. DATA_LOSS: the
// file is damaged or no SQLite database. RESOURCE_EXHAUSTED: the disk is full.
// FAILED_PRECONDITION: the file or its folder may not be opened or written.
// INTERNAL: anything else. Thread-compatible.
#ifndef SEALBOOK_CLIENT_SQLITE_H_
#define SEALBOOK_CLIENT_SQLITE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sealbook::client {

// A prepared statement. Parameters and columns are numbered as SQLite does:
// parameters from 1, columns from 0. Does not outlive its Database.
class Statement {
 public:
  // The bytes are copied. A failure to bind is reported by the next Step.
  void BindBytes(int parameter, absl::string_view bytes);
  void BindText(int parameter, absl::string_view text);
  void BindInteger(int parameter, int64_t value);

  // True: a row is there. False: no further row.
  absl::StatusOr<bool> Step();
  // Steps to the end, ignoring rows.
  absl::Status Run();

  // Of the row that Step found.
  std::string Bytes(int column) const;
  int64_t Integer(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  void Remember(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_error_ = 0;
};

class Database {
 public:
  enum class Mode { kReadOnly, kReadWrite };

  // Opens a file that exists; an empty file is an empty database. Waits up to
  // five seconds for a lock before UNAVAILABLE.
  static absl::StatusOr<Database> Open(const std::string& path, Mode mode);

  // Runs statements that give no rows.
  absl::Status Execute(const std::string& sql);
  absl::StatusOr<Statement> Prepare(absl::string_view sql);
  // The first column of the only row, such as of a PRAGMA.
  absl::StatusOr<int64_t> ReadInteger(absl::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}

  std::unique_ptr<sqlite3, Close> database_;
};

// A transaction that holds the write lock from its beginning, so that what it
// read cannot change before it writes. Rolled back unless committed.
class Transaction {
 public:
  // `database` outlives it.
  static absl::StatusOr<Transaction> Begin(Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  absl::Status Commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  // Null once committed or moved from.
  Database* database_;
};

}  // namespace sealbook::client

#endif  // SEALBOOK_CLIENT_SQLITE_H_

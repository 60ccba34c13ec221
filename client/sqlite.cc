#include "client/sqlite.h"

#include <sqlite3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sealbook::client {
namespace {

constexpr int kBusyTimeoutMs = 5000;

absl::StatusCode CodeOf(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status ErrorOf(sqlite3* database, int code) {
  const char* path = sqlite3_db_filename(database, "main");
  // The connection's text is about its last call, which a failed bind is not.
  const char* text = sqlite3_extended_errcode(database) == code
                         ? sqlite3_errmsg(database)
                         : sqlite3_errstr(code);
  return absl::Status(CodeOf(code),
                      absl::StrCat(path == nullptr ? "" : path, ": ", text,
                                   " (SQLite error ", code, ")"));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Statement::Remember(int code) {
  if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
}

void Statement::BindBytes(int parameter, absl::string_view bytes) {
  // A null pointer would bind NULL instead of no bytes.
  const char* data = bytes.empty() ? "" : bytes.data();
  Remember(sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(),
                               SQLITE_TRANSIENT));
}

void Statement::BindText(int parameter, absl::string_view text) {
  const char* data = text.empty() ? "" : text.data();
  Remember(sqlite3_bind_text64(statement_.get(), parameter, data, text.size(),
                               SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::BindInteger(int parameter, int64_t value) {
  Remember(sqlite3_bind_int64(statement_.get(), parameter, value));
}

absl::StatusOr<bool> Statement::Step() {
  sqlite3* database = sqlite3_db_handle(statement_.get());
  if (bind_error_ != SQLITE_OK) return ErrorOf(database, bind_error_);
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return ErrorOf(database, code);
}

absl::Status Statement::Run() {
  bool row = true;
  while (row) {
    SEALBOOK_ASSIGN_OR_RETURN(row, Step());
  }
  return absl::OkStatus();
}

std::string Statement::Bytes(int column) const {
  // The size is asked for after the bytes: SQLite converts on the first call.
  const void* data = sqlite3_column_blob(statement_.get(), column);
  int size = sqlite3_column_bytes(statement_.get(), column);
  if (data == nullptr) return std::string();
  return std::string(static_cast<const char*>(data), size);
}

int64_t Statement::Integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

absl::StatusOr<Database> Database::Open(const std::string& path, Mode mode) {
  int flags =
      mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &handle,
                             flags | SQLITE_OPEN_EXRESCODE, nullptr);
  // SQLite hands out a connection to be closed even when opening failed.
  Database database(handle);
  if (handle == nullptr) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": out of memory"));
  }
  if (code != SQLITE_OK) {
    return absl::Status(CodeOf(code),
                        absl::StrCat(path, ": ", sqlite3_errmsg(handle)));
  }
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

absl::Status Database::Execute(const std::string& sql) {
  int code =
      sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return ErrorOf(database_.get(), code);
  return absl::OkStatus();
}

absl::StatusOr<Statement> Database::Prepare(absl::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int code =
      sqlite3_prepare_v2(database_.get(), sql.data(),
                         static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return ErrorOf(database_.get(), code);
  return Statement(statement);
}

absl::StatusOr<int64_t> Database::ReadInteger(absl::string_view sql) {
  SEALBOOK_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  SEALBOOK_ASSIGN_OR_RETURN(bool row, statement.Step());
  if (!row) return absl::InternalError(absl::StrCat(sql, ": no row"));
  return statement.Integer(0);
}

absl::StatusOr<Transaction> Transaction::Begin(Database& database) {
  SEALBOOK_RETURN_IF_ERROR(database.Execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  // A failure leaves nothing to do: the journal rolls back at the next open.
  (void)database_->Execute("ROLLBACK");
}

absl::Status Transaction::Commit() {
  SEALBOOK_RETURN_IF_ERROR(database_->Execute("COMMIT"));
  database_ = nullptr;
  return absl::OkStatus();
}

}  // namespace sealbook::client

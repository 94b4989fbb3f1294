#include "state/store_db.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <limits>
#include <sqlite3.h>

#include "core/unique_fd.hpp"
#include "state/durable_file.hpp"

namespace integrityd {

static_assert(damaged_code == EUCLEAN);

namespace {

// The cache is small because the daemon's memory is counted in single MiB; what does not fit in it goes to the disk
// early. With EXCLUSIVE the log's index is in private memory and a second daemon is refused.
constexpr const char* setup =
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA cache_size=-256;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON;";
// The log may grow to 8 MiB, so that a burst is not copied into the database after each batch; more would make opening
// after a crash slow.
constexpr const char* setup_log =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA wal_autocheckpoint=2000;";
// auto_vacuum must come before anything else is written, and is itself a write.
constexpr const char* setup_memory =
    "PRAGMA journal_mode=MEMORY;"
    "PRAGMA auto_vacuum=INCREMENTAL;";

int errno_of(int result, int system_errno) {
    switch (result & 0xff) {
        case SQLITE_FULL:
            return system_errno == EDQUOT ? EDQUOT : ENOSPC;
        case SQLITE_READONLY:
            return EROFS;
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return EACCES;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return EBUSY;
        case SQLITE_NOMEM:
            return ENOMEM;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_FORMAT:
            return EUCLEAN;
        default:
            return system_errno != 0 ? system_errno : EIO;
    }
}

}  // namespace

bool is_full(const Error& error) {
    return error.code == ENOSPC || error.code == EDQUOT;
}

void Database::Closer::operator()(sqlite3* handle) const {
    sqlite3_close_v2(handle);
}

Error Database::error(int result) const {
    const std::string text = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(result);
    return {"store: " + text, errno_of(result, handle_ ? sqlite3_system_errno(handle_.get()) : 0)};
}

Result<void> Database::open(const std::string& path, Journal journal) {
    // Created here, so that it is nobody else's to read (SQLite gives its log the same mode). Closed
    // before SQLite locks it: closing a descriptor drops all of the process's locks on the file.
    UniqueFd created(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!created) return file_error("cannot open", path, errno);
    created.reset();
    // SQLite's NOFOLLOW is about every part of the path; a state directory behind a link (/var on a data partition) is
    // the operator's decision, the file itself must be none.
    std::error_code failure;
    const std::filesystem::path named(path);
    const auto directory = std::filesystem::canonical(named.parent_path(), failure);
    if (failure) return file_error("cannot open", path, failure.value());
    const std::string real = (directory / named.filename()).string();
    sqlite3* handle = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
    const int result = sqlite3_open_v2(real.c_str(), &handle, flags, nullptr);
    handle_.reset(handle);
    if (result != SQLITE_OK) return error(result);
    if (auto done = execute(setup); !done) return done;
    return execute(journal == Journal::log ? setup_log : setup_memory);
}

Result<void> Database::execute(const char* sql) {
    const int result = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) return error(result);
    return {};
}

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Statement::Statement(Database& database, const char* sql) : database_(&database) {
    sqlite3_stmt* statement = nullptr;
    failure_ = sqlite3_prepare_v2(database.handle(), sql, -1, &statement, nullptr);
    statement_.reset(statement);
}

// A failed bind (out of memory) leaves NULL, which the tables refuse; step() then says so.
// SQLite's integers are signed: what a caller made up must not become "after -1", which is everything.
Statement& Statement::bind(int index, std::uint64_t number) {
    constexpr std::uint64_t largest = std::numeric_limits<sqlite3_int64>::max();
    sqlite3_bind_int64(statement_.get(), index, static_cast<sqlite3_int64>(std::min(number, largest)));
    return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
    sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind_blob(int index, std::string_view blob) {
    sqlite3_bind_blob64(statement_.get(), index, blob.data(), blob.size(), SQLITE_STATIC);
    return *this;
}

Statement& Statement::bind_null(int index) {
    sqlite3_bind_null(statement_.get(), index);
    return *this;
}

Result<bool> Statement::step() {
    if (failure_ != SQLITE_OK) return database_->error(failure_);
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) {
        sqlite3_reset(statement_.get());
        return false;
    }
    const Error error = database_->error(result);
    sqlite3_reset(statement_.get());
    return error;
}

Result<void> Statement::run() {
    const Result<bool> stepped = step();
    if (!stepped) return stepped.error();
    return {};
}

std::uint64_t Statement::number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_.get(), column));
}

std::string_view Statement::bytes(int column) const {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    if (data == nullptr || size <= 0) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Transaction::~Transaction() {
    // SQLite rolls back by itself after some errors (a full disk); then there is nothing left to do.
    if (begun_ && !committed_ && sqlite3_get_autocommit(database_.handle()) == 0)
        (void)database_.execute("ROLLBACK").ok();
}

Result<void> Transaction::commit() {
    Result<void> done = database_.execute("COMMIT");
    committed_ = done.ok();
    return done;
}

}  // namespace integrityd

// A database connection and its statements: SQLite's C interface with owners, and with its errors as
// Error. Statements are made from texts in this folder only; values are always bound.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace integrityd {

// Error.code of a damaged database ("structure needs cleaning").
constexpr int damaged_code = 117;  // EUCLEAN
// There is no room: a reserve may be given up for it.
[[nodiscard]] bool is_full(const Error& error);

enum class Journal {
    log,     // a log beside the file: what a store is used with
    memory,  // none on the disk: for a file that is thrown away unless it is finished
};

class Database {
public:
    // Opens or creates the file and sets the connection up; one process at a time (else EBUSY).
    Result<void> open(const std::string& path, Journal journal);
    void close() { handle_.reset(); }
    // Statements without values and without an answer.
    Result<void> execute(const char* sql);
    // The error of the last call.
    [[nodiscard]] Error error(int result) const;
    [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

private:
    struct Closer {
        void operator()(sqlite3* handle) const;
    };
    std::unique_ptr<sqlite3, Closer> handle_;
};

// One prepared statement. A failed preparation is told by the first step().
class Statement {
public:
    Statement() = default;
    Statement(Database& database, const char* sql);

    // `text` and `blob` must live until the statement was stepped.
    Statement& bind(int index, std::uint64_t number);
    Statement& bind(int index, std::string_view text);
    Statement& bind_blob(int index, std::string_view blob);
    Statement& bind_null(int index);

    // True: there is a row. False: done; the statement starts anew.
    [[nodiscard]] Result<bool> step();
    // For statements without rows.
    Result<void> run();

    [[nodiscard]] std::uint64_t number(int column) const;
    // Text or blob; valid until the next step. NULL is empty.
    [[nodiscard]] std::string_view bytes(int column) const;

private:
    struct Finalizer {
        void operator()(sqlite3_stmt* statement) const;
    };
    Database* database_ = nullptr;
    std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
    int failure_ = 0;
};

// Begins a transaction; rolls it back unless commit() succeeded.
class Transaction {
public:
    explicit Transaction(Database& database) : database_(database), begun_(database.execute("BEGIN IMMEDIATE")) {}
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    [[nodiscard]] const Result<void>& begun() const { return begun_; }
    Result<void> commit();

private:
    Database& database_;
    Result<void> begun_;
    bool committed_ = false;
};

}  // namespace integrityd

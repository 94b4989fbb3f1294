// The files beside the database: what must be known even when the database is not readable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.hpp"

namespace integrityd {

// Where the chain ends and which id comes next.
struct ChainHead {
    std::string stream;
    std::uint64_t sequence = 0;
    std::string hash = std::string(32, '\0');  // raw
    std::uint64_t next_id = 1;
};

// `highwater`: the head, in one line of its own, so that a new chain starts above it when the
// database is lost. Written after each commit without a sync of its own (it shall not double the
// cost of a commit): it survives the end of the process at any moment, and a power cut as far as
// the kernel had written it. What follows from that: a head in the database may be above it, never
// below, unless the database lost something.
class Highwater {
public:
    explicit Highwater(std::string path) : path_(std::move(path)) {}
    // None: there is no such file, or it does not hold what was written.
    [[nodiscard]] std::optional<ChainHead> read() const;
    // Best effort: a failure costs nothing as long as the database is sound.
    void write(const ChainHead& head) const;
    void sync() const;

private:
    std::string path_;
};

// `reserve`: room that is given up when the disk is full, so that what is being told then (that it
// is full, who filled it) still finds place.
class Reserve {
public:
    explicit Reserve(std::string path) : path_(std::move(path)) {}
    // Takes the room (again), where the disk has at least four times as much to give.
    void take() const;
    // Gives it up; false: there was none.
    [[nodiscard]] bool give_up() const;

private:
    std::string path_;
};

// The name (without directory) that set_store_aside() will give the database, or its log where that is all there is;
// empty: there is neither.
[[nodiscard]] std::string name_aside(const std::string& directory);
// Renames the database and its log to store.damaged-N and store.damaged-N-wal, a log alone to store.damaged-N.
Result<void> set_store_aside(const std::string& directory);

}  // namespace integrityd

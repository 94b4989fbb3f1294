// One file of the audit log: read once from a place to its end, and compared again with what was read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>

#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"
#include "sources/audit_log_blocks.hpp"
#include "sources/audit_log_cursor.hpp"

namespace integrityd {

struct AuditLogIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const AuditLogIdentity&) const = default;
};

// A file of the log as it was found.
struct OpenedLog {
    std::shared_ptr<const UniqueFd> fd;  // shared with jobs of the disk lane
    struct stat status {};

    [[nodiscard]] AuditLogIdentity identity() const { return {status.st_dev, status.st_ino}; }
    [[nodiscard]] std::uint64_t size() const { return static_cast<std::uint64_t>(status.st_size); }
};

// A part of a file, in bytes.
struct AuditLogRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool operator==(const AuditLogRange&) const = default;
};

struct AuditLogRead {
    enum class End : std::uint8_t {
        more,       // there may be more
        at_end,     // all that is there was read
        truncated,  // it is shorter than what was read of it
        failed,     // errno in `code`
    };
    End end = End::more;
    std::string_view bytes;                  // in the caller's buffer
    std::optional<AuditLogRange> rewritten;  // the last bytes before are not those that were read
    int code = 0;
};

class AuditLogFile {
public:
    // Reads from the beginning of the block that holds `offset` (`from()`).
    AuditLogFile(std::uint64_t number, OpenedLog log, const BlockKey& key, std::uint64_t offset);

    [[nodiscard]] std::uint64_t number() const { return number_; }
    [[nodiscard]] AuditLogIdentity identity() const { return log_.identity(); }
    [[nodiscard]] const std::shared_ptr<const UniqueFd>& fd() const { return log_.fd; }
    // Everything before was delivered.
    [[nodiscard]] std::uint64_t offset() const { return offset_; }
    // What is before is not new: it was told before, or it was there when we came.
    [[nodiscard]] std::uint64_t history_end() const { return history_end_; }
    void set_history_end(std::uint64_t offset) { history_end_ = offset; }
    // As last looked at.
    [[nodiscard]] const struct stat& status() const { return log_.status; }
    // Looks at owner, mode and size.
    bool look();

    // The next bytes, at most as many as the buffer holds.
    [[nodiscard]] AuditLogRead read(std::span<char> buffer);
    // Passes over everything that is there now: it was read before. Only the last block, which is not whole, is read.
    void skip_to_end(std::span<char> buffer);
    // Whether the file, which has become shorter, still begins as it did: then its end was cut off, else it was emptied
    // and has begun anew.
    [[nodiscard]] bool begins_as_before() const;

    // Compares the last blocks, the one that is not whole included, with what was read; the first part that is not the
    // same, which is then taken as it is.
    [[nodiscard]] std::optional<AuditLogRange> compare_recent(std::span<char> buffer);
    // The same of one whole block.
    [[nodiscard]] std::optional<AuditLogRange> compare_block(std::size_t block, std::span<char> buffer);
    // Whether a file that is no longer written to was written to all the same; true once.
    [[nodiscard]] bool take_growth();

    [[nodiscard]] BlockTags& tags() { return tags_; }

    // How many blocks are in the chain of AuditLogCursor::seal, and the chain.
    [[nodiscard]] std::size_t sealed_blocks() const { return sealed_blocks_; }
    [[nodiscard]] const Sha256Digest& seal() const { return seal_; }
    void set_seal(std::size_t blocks, const Sha256Digest& seal);
    // The chain that there was before a restart: when so many blocks are sealed they must give this.
    void expect_seal(std::size_t blocks, const Sha256Digest& seal);
    // How many blocks have to be sealed for that; none: nothing is expected.
    [[nodiscard]] std::optional<std::size_t> expected_blocks() const;
    // Whether the chain is the expected one; it is expected no more.
    [[nodiscard]] bool take_expected(const Sha256Digest& seal);

    [[nodiscard]] AuditLogCursor cursor(std::uint64_t offset) const;

private:
    void remember_head();
    [[nodiscard]] std::optional<AuditLogRange> compare_open(std::span<char> buffer);

    struct Expected {
        std::size_t blocks = 0;
        Sha256Digest seal{};
    };

    std::uint64_t number_;
    OpenedLog log_;
    BlockKey key_;
    BlockTags tags_;
    std::uint64_t offset_;
    std::uint64_t history_end_ = 0;
    bool growth_taken_ = false;
    std::string head_;  // the first bytes
    std::string tail_;  // the last bytes before offset_
    std::size_t sealed_blocks_ = 0;
    Sha256Digest seal_{};
    std::optional<Expected> expected_;
};

// The whole range, or an error; EIO also where it is not there (any more).
[[nodiscard]] Result<void> read_exactly(int fd, std::uint64_t offset, std::span<char> into);
// The tagger of a range, read through `buffer`.
[[nodiscard]] Result<BlockTagger> tag_range(int fd, AuditLogRange range, const BlockKey& key, std::span<char> buffer);

// Whether the cursor's place is in this file.
enum class CursorMatch : std::uint8_t {
    none,
    here,
    copied,     // the same bytes in another file
    rewritten,  // the same file, but not the same bytes before the place
    truncated,  // the same file, but shorter than the place
};
[[nodiscard]] CursorMatch match_cursor(const OpenedLog& log, const AuditLogCursor& cursor);

}  // namespace integrityd

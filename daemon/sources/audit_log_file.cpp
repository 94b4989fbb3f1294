#include "sources/audit_log_file.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <vector>

namespace integrityd {

namespace {

// Compared again with each read, so that a log that was emptied and filled with something else is noticed at once.
constexpr std::size_t longest_tail = 64;
// Of what was read last is compared at once when the log was written to without growing. On the loop: 256 KiB that were
// just read are in memory, and take less than a millisecond.
constexpr std::uint64_t recent_size = 256U << 10;
// A copy shows itself by so many bytes at least; fewer may be the same by chance.
constexpr std::uint64_t least_copied = 64;

std::uint64_t block_begin(std::uint64_t offset) {
    return audit_log_block(audit_log_blocks_before(offset)).begin;
}

std::int64_t nanoseconds(const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

// SHA-256 of a small range; of what is there where there is less.
std::optional<Sha256Digest> digest_of(int fd, std::uint64_t begin, std::uint64_t size) {
    std::vector<char> bytes(static_cast<std::size_t>(size));
    if (!read_exactly(fd, begin, bytes)) return std::nullopt;
    return sha256({bytes.data(), bytes.size()});
}

bool same(int fd, std::uint64_t begin, std::uint64_t size, const Sha256Digest& digest) {
    return digest_of(fd, begin, size) == digest;
}

}  // namespace

Result<void> read_exactly(int fd, std::uint64_t offset, std::span<char> into) {
    while (!into.empty()) {
        const ssize_t size = pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
        if (size <= 0) return Error{"cannot be read", size < 0 ? errno : EIO};
        into = into.subspan(static_cast<std::size_t>(size));
        offset += static_cast<std::uint64_t>(size);
    }
    return {};
}

Result<BlockTagger> tag_range(int fd, AuditLogRange range, const BlockKey& key, std::span<char> buffer) {
    BlockTagger tagger(key);
    while (range.begin < range.end) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(range.end - range.begin, buffer.size()));
        if (auto done = read_exactly(fd, range.begin, buffer.first(size)); !done) return done.error();
        tagger.update({buffer.data(), size});
        range.begin += size;
    }
    return tagger;
}

AuditLogFile::AuditLogFile(std::uint64_t number, OpenedLog log, const BlockKey& key, std::uint64_t offset)
    : number_(number),
      log_(std::move(log)),
      key_(key),
      tags_(key, audit_log_blocks_before(offset)),
      offset_(block_begin(offset)) {
    tail_.reserve(longest_tail);
}

bool AuditLogFile::look() {
    return fstat(log_.fd->get(), &log_.status) == 0;
}

AuditLogRead AuditLogFile::read(std::span<char> buffer) {
    assert(buffer.size() > longest_tail);
    AuditLogRead result;
    const auto end_with = [&result](AuditLogRead::End end, int code = 0) {
        result.end = end;
        result.code = code;
        return result;
    };
    if (!look()) return end_with(AuditLogRead::End::failed, errno);
    if (log_.size() < offset_) return end_with(AuditLogRead::End::truncated);
    if (log_.size() == offset_) return end_with(AuditLogRead::End::at_end);
    const std::uint64_t wanted = std::min<std::uint64_t>(buffer.size(), tail_.size() + log_.size() - offset_);
    const ssize_t got = pread(log_.fd->get(), buffer.data(), static_cast<std::size_t>(wanted),
                              static_cast<off_t>(offset_ - tail_.size()));
    if (got < 0) return end_with(AuditLogRead::End::failed, errno);
    const auto size = static_cast<std::size_t>(got);
    if (size <= tail_.size()) return end_with(AuditLogRead::End::truncated);  // between the two calls
    if (std::memcmp(buffer.data(), tail_.data(), tail_.size()) != 0)
        result.rewritten = AuditLogRange{offset_ - tail_.size(), offset_};
    result.bytes = {buffer.data() + tail_.size(), size - tail_.size()};
    const std::size_t kept = std::min(size, longest_tail);
    tags_.add(result.bytes);
    offset_ += result.bytes.size();
    tail_.assign(buffer.data() + size - kept, kept);
    if (head_.size() < longest_cursor_head) remember_head();
    return result;
}

void AuditLogFile::skip_to_end(std::span<char> buffer) {
    offset_ = block_begin(log_.size());
    tail_.clear();
    tags_ = BlockTags(key_, audit_log_blocks_before(offset_));
    const std::uint64_t end = log_.size();
    while (offset_ < end && !read(buffer).bytes.empty()) {
    }
    history_end_ = offset_;
}

bool AuditLogFile::begins_as_before() const {
    if (head_.empty() || log_.size() < head_.size()) return false;
    std::string now(head_.size(), '\0');
    return read_exactly(log_.fd->get(), 0, now) && now == head_;
}

void AuditLogFile::remember_head() {
    std::string head(static_cast<std::size_t>(std::min(offset_, longest_cursor_head)), '\0');
    if (read_exactly(log_.fd->get(), 0, head)) head_ = std::move(head);
}

std::optional<AuditLogRange> AuditLogFile::compare_recent(std::span<char> buffer) {
    auto changed = tags_.open_block().size <= recent_size ? compare_open(buffer) : std::nullopt;
    std::size_t block = tags_.whole();
    while (!changed && block > 0) {
        --block;
        const AuditLogBlock range = audit_log_block(block);
        if (range.begin + recent_size < offset_ || range.size > recent_size) break;
        changed = compare_block(block, buffer);
    }
    return changed;
}

std::optional<AuditLogRange> AuditLogFile::compare_open(std::span<char> buffer) {
    const AuditLogRange range{tags_.open_block().begin, tags_.open_block().end()};
    auto now = tag_range(log_.fd->get(), range, key_, buffer);
    if (!now || now->so_far() == tags_.open_tag()) return std::nullopt;
    tags_.set_open(std::move(*now));
    // What was read last is taken as it is, too.
    if (!read_exactly(log_.fd->get(), offset_ - tail_.size(), tail_)) tail_.clear();
    return range;
}

std::optional<AuditLogRange> AuditLogFile::compare_block(std::size_t block, std::span<char> buffer) {
    const AuditLogRange range{audit_log_block(block).begin, audit_log_block(block).end()};
    auto now = tag_range(log_.fd->get(), range, key_, buffer);
    if (!now || !tags_.tag(block)) return std::nullopt;
    const BlockTag tag = now->finish();
    if (tag == tags_.tag(block)) return std::nullopt;
    tags_.set(block, tag);
    return range;
}

bool AuditLogFile::take_growth() {
    return log_.size() > offset_ && !std::exchange(growth_taken_, true);
}

void AuditLogFile::set_seal(std::size_t blocks, const Sha256Digest& seal) {
    sealed_blocks_ = blocks;
    seal_ = seal;
}

void AuditLogFile::expect_seal(std::size_t blocks, const Sha256Digest& seal) {
    if (blocks > 0) expected_ = Expected{blocks, seal};
}

std::optional<std::size_t> AuditLogFile::expected_blocks() const {
    if (!expected_) return std::nullopt;
    return expected_->blocks;
}

bool AuditLogFile::take_expected(const Sha256Digest& seal) {
    const bool same_seal = expected_ && expected_->seal == seal;
    expected_.reset();
    return same_seal;
}

AuditLogCursor AuditLogFile::cursor(std::uint64_t offset) const {
    AuditLogCursor cursor;
    cursor.device = identity().device;
    cursor.inode = identity().inode;
    cursor.offset = offset;
    cursor.modified = nanoseconds(log_.status.st_mtim);
    const int fd = log_.fd->get();
    cursor.head_size = std::min(offset, longest_cursor_head);
    cursor.head = digest_of(fd, 0, cursor.head_size).value_or(Sha256Digest{});
    cursor.block_size = std::min(offset, longest_cursor_block);
    cursor.block = digest_of(fd, offset - cursor.block_size, cursor.block_size).value_or(Sha256Digest{});
    // A seal that reaches beyond the place is that of the file, too.
    cursor.sealed_blocks = sealed_blocks_;
    cursor.seal = seal_;
    return cursor;
}

CursorMatch match_cursor(const OpenedLog& log, const AuditLogCursor& cursor) {
    const int fd = log.fd->get();
    const bool same_inode = log.identity().inode == cursor.inode;
    const bool long_enough = log.size() >= cursor.offset;
    const bool same_block = long_enough && same(fd, cursor.offset - cursor.block_size, cursor.block_size, cursor.block);
    // The number of a device may be another after a boot.
    if (same_inode && same_block) return CursorMatch::here;
    if (same_block && cursor.block_size >= least_copied) return CursorMatch::copied;
    // Without the same beginning it is a new file with an inode that had become free.
    if (!same_inode || cursor.head_size == 0 || !same(fd, 0, cursor.head_size, cursor.head)) return CursorMatch::none;
    return long_enough ? CursorMatch::rewritten : CursorMatch::truncated;
}

}  // namespace integrityd

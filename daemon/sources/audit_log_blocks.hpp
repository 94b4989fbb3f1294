// What a log said when it was read, kept as a keyed tag per block, so that a later change of it is noticed.
//
// A tag is Poly1305 (RFC 8439 2.5) under a key that is drawn at random at start and never leaves this process, nor do
// the tags: who cannot read our memory cannot make other bytes with the same tag, as little as with SHA-256, and it
// costs a fraction of it where the processor has no instructions for SHA. What is kept over a restart is SHA-256.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace integrityd {

// A log is cut into blocks of 64 KiB; after each 512 blocks they are twice as long. So 16 MB of table would be needed
// for more than a million times a million bytes, and 16 KiB do for auditd's default of 8 MB.
struct AuditLogBlock {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    [[nodiscard]] std::uint64_t end() const { return begin + size; }
};
[[nodiscard]] AuditLogBlock audit_log_block(std::size_t index);
// How many whole blocks there are before this offset.
[[nodiscard]] std::size_t audit_log_blocks_before(std::uint64_t offset);

using BlockTag = std::array<std::uint8_t, 16>;
using BlockKey = std::array<std::uint8_t, 32>;

// Random bytes of the kernel. Throws std::system_error where it gives none: cannot start.
[[nodiscard]] BlockKey make_block_key();

class BlockTagger {
public:
    explicit BlockTagger(const BlockKey& key);
    ~BlockTagger();
    BlockTagger(BlockTagger&&) noexcept;
    BlockTagger& operator=(BlockTagger&&) noexcept;
    void update(std::string_view bytes);
    // Of what it was given until now; more may follow.
    [[nodiscard]] BlockTag so_far() const;
    // As so_far(); the tagger starts anew.
    [[nodiscard]] BlockTag finish();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

// The tags of one log. What was never read has none until somebody sets it.
class BlockTags {
public:
    // Reading begins at the beginning of block `first`.
    BlockTags(const BlockKey& key, std::size_t first);

    // The next bytes of the log.
    void add(std::string_view bytes);
    // How many blocks are whole, with a tag or without.
    [[nodiscard]] std::size_t whole() const { return tags_.size(); }
    [[nodiscard]] const std::optional<BlockTag>& tag(std::size_t block) const { return tags_[block]; }
    void set(std::size_t block, const BlockTag& tag) { tags_[block] = tag; }

    // The block that is not whole yet: where it begins and ends until now, and its tag.
    [[nodiscard]] AuditLogBlock open_block() const { return {audit_log_block(whole()).begin, open_size_}; }
    [[nodiscard]] BlockTag open_tag() const { return open_.so_far(); }
    // It reads otherwise now.
    void set_open(BlockTagger tagger) { open_ = std::move(tagger); }

private:
    std::vector<std::optional<BlockTag>> tags_;
    BlockTagger open_;
    std::uint64_t open_size_ = 0;
};

}  // namespace integrityd

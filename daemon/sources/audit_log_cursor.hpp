// The place in the audit log where reading is to go on after a restart, as a text of at most 1 KiB.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/digest.hpp"

namespace integrityd {

struct AuditLogCursor {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t offset = 0;
    std::int64_t modified = 0;  // mtime of the file in ns: where the place is lost, older files were read before

    // The first bytes of the file: whether another file has got its inode.
    std::uint64_t head_size = 0;
    Sha256Digest head{};
    // The last bytes before `offset`.
    std::uint64_t block_size = 0;
    Sha256Digest block{};
    // The first blocks (audit_log_blocks.hpp) as a chain: SHA-256 of the chain before and the SHA-256 of the block; the
    // first chain is of zeros. So what was rewritten while nobody watched is noticed.
    std::uint64_t sealed_blocks = 0;
    Sha256Digest seal{};

    bool operator==(const AuditLogCursor&) const = default;
};

inline constexpr std::uint64_t longest_cursor_head = 256;
inline constexpr std::uint64_t longest_cursor_block = 4096;

// One line of words with single spaces; the first is the form's version.
[[nodiscard]] std::string to_text(const AuditLogCursor& cursor);
// None for everything that to_text() does not write.
[[nodiscard]] std::optional<AuditLogCursor> parse_audit_log_cursor(std::string_view text);

[[nodiscard]] Sha256Digest extend_seal(const Sha256Digest& seal, const Sha256Digest& block);

}  // namespace integrityd

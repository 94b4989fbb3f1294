// AuditLineReader: cuts a stream of bytes, in chunks of any size, into lines.
//
// A line inside one chunk is a view of the chunk; only a line that two chunks share is copied. Views stay valid until
// the next feed(): whoever needs them longer copies them before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace integrityd {

struct AuditLine {
    std::string_view text;         // without the line feed
    std::uint64_t end_offset = 0;  // of the stream, behind the line feed: the place to go on from
    bool cut = false;              // longer than a line may be; the rest was skipped
    bool may_be_enriched = true;   // false: there is no mark of auditd's names in it (scan_audit_record)
};

struct AuditLineCounters {
    std::uint64_t lines = 0;
    std::uint64_t malformed = 0;  // blank, or with NUL or CR bytes
    std::uint64_t cut = 0;
    std::uint64_t skipped_bytes = 0;  // of the lines that were cut
};

class AuditLineReader {
public:
    // The kernel's longest message is 8970 bytes, and enriching adds names; the rest is headroom.
    static constexpr std::size_t max_line = 64U << 10;

    explicit AuditLineReader(std::uint64_t offset = 0) : offset_(offset) {}

    // `chunk` must stay until the next feed(); lines that next() has not given yet are lost.
    void feed(std::string_view chunk);
    // The next line, or nothing when the chunk is used up. A line with a NUL or CR in it is counted and skipped (the
    // kernel writes such bytes as hex), but for NULs in front: these are what a power loss leaves before the next line.
    [[nodiscard]] std::optional<AuditLine> next();

    // Of the stream, behind the last line given or skipped. What comes after it begins a line.
    [[nodiscard]] std::uint64_t offset() const { return offset_; }
    // Bytes of a line that has no end yet.
    [[nodiscard]] std::uint64_t pending() const { return partial_bytes_; }
    // Forgets an unfinished line and goes on at `offset` (another file, or another place).
    void restart(std::uint64_t offset);
    [[nodiscard]] const AuditLineCounters& counters() const { return counters_; }

private:
    void keep_partial(std::string_view piece);
    // Takes NULs off the front.
    [[nodiscard]] bool is_usable(std::string_view& text);
    [[nodiscard]] bool take_line(AuditLine& line);
    [[nodiscard]] bool tell(std::string_view text, std::uint64_t length, AuditLine& line);

    std::string_view chunk_;
    std::string partial_;              // the begin of a line that has no end yet
    std::string joined_;               // a line out of two chunks or more, while the caller looks at it
    std::uint64_t partial_bytes_ = 0;  // how long partial_ would be without the limit
    std::uint64_t offset_ = 0;
    bool suspect_ = false;   // NUL or CR in the chunk, or in the begin of the unfinished line
    bool enriched_ = false;  // the mark of auditd's names, likewise
    AuditLineCounters counters_;
};

}  // namespace integrityd

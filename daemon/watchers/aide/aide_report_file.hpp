// Reading a report file: which of the reports in it are news.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sources/aide_report.hpp"

namespace integrityd {

// The same file with the same content, as far as its inode tells.
struct AideFileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0;  // ns, the later of content and inode
    bool operator==(const AideFileStamp&) const = default;
};
[[nodiscard]] AideFileStamp stamp_of(int fd);

struct AideFileReports {
    // The whole ones that came after the one last taken, the oldest first.
    std::vector<std::shared_ptr<const AideReport>> reports;
    std::string last_identity;  // of the last of them
    // What stands at the end and is not finished: still being written, or cut off.
    std::shared_ptr<const AideReport> unfinished;
    AideReadResult read;
};

// A report of a million entries with details has some 900 MB; more is no report.
constexpr std::uint64_t max_report_file = std::uint64_t{2} << 30;

// Reads the descriptor to its end. `taken`: identity of the report taken last; empty: none, then
// only the newest is news, because who was there before us is history. Blocks: for a worker.
[[nodiscard]] AideFileReports read_report_file(int fd, std::size_t max_entries, const std::string& taken);

}  // namespace integrityd

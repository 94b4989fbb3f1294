#include "watchers/aide/aide_report_file.hpp"

#include <algorithm>
#include <sys/stat.h>

namespace integrityd {

namespace {

// Reports that were appended between two looks; each can hold 32 MiB of paths.
constexpr std::size_t max_news = 4;

// Nothing more will come: what stands there is all that there is of it.
bool is_over(const AideReport& report) {
    return report.wrapper ? report.wrapper->ended : report.ended;
}

}  // namespace

AideFileStamp stamp_of(int fd) {
    struct stat status {};
    if (fstat(fd, &status) < 0) return {};
    constexpr std::int64_t second = 1'000'000'000;
    const std::int64_t content = status.st_mtim.tv_sec * second + status.st_mtim.tv_nsec;
    const std::int64_t inode = status.st_ctim.tv_sec * second + status.st_ctim.tv_nsec;
    return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size), std::max(content, inode)};
}

AideFileReports read_report_file(int fd, std::size_t max_entries, const std::string& taken) {
    AideFileReports found;
    AideReportReader reader(max_entries, [&](AideReport report) {
        const auto shared = std::make_shared<const AideReport>(std::move(report));
        found.unfinished = is_over(*shared) ? nullptr : shared;
        if (found.unfinished) return;
        found.last_identity = identity(*shared);
        if (found.last_identity == taken) return found.reports.clear();
        const std::size_t room = taken.empty() ? 1 : max_news;
        if (found.reports.size() == room) found.reports.erase(found.reports.begin());
        found.reports.push_back(shared);
    });
    found.read = read_aide_reports(fd, reader, max_report_file);
    return found;
}

}  // namespace integrityd

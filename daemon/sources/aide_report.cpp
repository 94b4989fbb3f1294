#include "sources/aide_report.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <unistd.h>

#include "core/digest.hpp"
#include "sources/aide_handler.hpp"

namespace integrityd {

namespace {

// Reads exactly `size` digits at `at`; negative for anything else.
int digits(std::string_view text, std::size_t at, std::size_t size) {
    int number = 0;
    for (std::size_t i = at; i < at + size; ++i) {
        if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

bool all_of(std::string_view text, char c) {
    return std::all_of(text.begin(), text.end(), [c](char each) { return each == c; });
}

void update(Sha256& digest, std::string_view text) {
    digest.update(text);
    digest.update(std::string_view("\0", 1));
}

}  // namespace

std::optional<WallTime> parse_aide_time(std::string_view text) {
    constexpr std::string_view form = "0000-00-00 00:00:00 +0000";
    if (text.size() != form.size() || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' ||
        text[16] != ':' || text[19] != ' ' || (text[20] != '+' && text[20] != '-')) {
        return std::nullopt;
    }
    std::tm time{};
    time.tm_year = digits(text, 0, 4) - 1900;
    time.tm_mon = digits(text, 5, 2) - 1;
    time.tm_mday = digits(text, 8, 2);
    time.tm_hour = digits(text, 11, 2);
    time.tm_min = digits(text, 14, 2);
    time.tm_sec = digits(text, 17, 2);
    const int zone_hours = digits(text, 21, 2);
    const int zone_minutes = digits(text, 23, 2);
    if (time.tm_year < 70 || time.tm_mon < 0 || time.tm_mon > 11 || time.tm_mday < 1 || time.tm_mday > 31 ||
        time.tm_hour < 0 || time.tm_hour > 23 || time.tm_min < 0 || time.tm_min > 59 || time.tm_sec < 0 ||
        time.tm_sec > 60 || zone_hours < 0 || zone_minutes < 0) {
        return std::nullopt;
    }
    const std::int64_t zone = (text[20] == '-' ? -1 : 1) * (zone_hours * 3600 + zone_minutes * 60);
    const std::int64_t seconds = timegm(&time) - zone;
    if (seconds < 0) return std::nullopt;
    return static_cast<WallTime>(seconds) * 1'000'000;
}

std::optional<AideRowKind> row_kind(std::string_view flags) {
    if (flags == "added") return AideRowKind::added;
    if (flags == "removed") return AideRowKind::removed;
    if (flags == "changed") return AideRowKind::changed;
    // 0.16: 16 or 17 columns; 0.20: 19.
    if (flags.size() < 15 || flags.size() > 20) return std::nullopt;
    if (all_of(flags.substr(1), '+')) return AideRowKind::added;
    if (all_of(flags.substr(1), '-')) return AideRowKind::removed;
    return AideRowKind::changed;
}

std::uint32_t aide_version_number(std::string_view version) {
    std::uint32_t number = 0;
    for (int part = 0; part < 3; ++part) {
        std::uint32_t value = 0;
        const auto [stopped, error] = std::from_chars(version.data(), version.data() + version.size(), value);
        if (error != std::errc() || value > 999) value = 0;
        number = number * 1000 + value;
        version.remove_prefix(static_cast<std::size_t>(stopped - version.data()));
        if (!version.empty() && version.front() == '.')
            version.remove_prefix(1);
        else
            version = {};
    }
    return number;
}

std::string identity(const AideReport& report) {
    Sha256 digest;
    update(digest, report.outline);
    update(digest, report.start_text);
    update(digest, report.end_text);
    update(digest, report.limit);
    update(digest, report.root_prefix);
    update(digest, report.report_level);
    update(digest, std::to_string(report.stated.total.value_or(0)));
    for (const std::uint64_t seen : report.seen)
        update(digest, std::to_string(seen));
    for (std::size_t i = 0; i < report.paths.size(); ++i)
        update(digest, report.paths.entry(i));
    return to_hex(digest.finish());
}

AideReadResult read_aide_reports(int fd, AideReportReader& reader, std::uint64_t limit) {
    AideReadResult result;
    std::string buffer(64U << 10, '\0');
    while (result.bytes < limit) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) result.error = errno;
        if (got <= 0) break;
        result.bytes += static_cast<std::uint64_t>(got);
        reader.feed(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
    }
    result.limit_reached = result.bytes >= limit;
    reader.finish();
    return result;
}

}  // namespace integrityd

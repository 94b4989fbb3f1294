// What holds for any bytes that are read as AIDE reports.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sources/aide_report.hpp"

namespace integrityd::fuzz {

inline std::vector<std::string> read_in_pieces(std::string_view text, std::size_t chunk) {
    constexpr std::size_t max_entries = 8;
    std::vector<std::string> told;
    AideReportReader reader(max_entries, [&told](AideReport report) {
        if (report.rows.size() > max_entries || report.rows.size() > report.rows_seen()) std::abort();
        if (report.paths.size() > report.rows_seen()) std::abort();
        for (const auto& row : report.rows) {
            if (!report.paths.full() && !report.paths.contains(row.kind, row.path)) std::abort();
        }
        told.push_back(identity(report) + (report.whole() ? " whole " : " ") + std::to_string(report.rows.size()));
    });
    for (std::size_t i = 0; i < text.size(); i += chunk)
        reader.feed(text.substr(i, chunk));
    reader.finish();
    return told;
}

// The bytes mean the same in whatever pieces they come.
inline void check_report(std::string_view text) {
    if (read_in_pieces(text, 4096) != read_in_pieces(text, 3)) std::abort();
}

}  // namespace integrityd::fuzz
